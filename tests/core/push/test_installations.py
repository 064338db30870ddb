from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import (
    AccessDenied,
    DocumentTooLarge,
    InstallationNotFound,
    InvalidInput,
    InvalidUpdate,
    RequestConflict,
)
from chalicelib.core.push.installations import ATTEMPTS
from chalicelib.core.push.stored import MAX_INSTALLATION_BYTES
from tests.core.push.devices import Site, form


def test_nobody_can_tell_one_installations_id_from_anothers(site: Site) -> None:
    ids = [site.register(f"token{number}").id for number in range(20)]
    assert all(len(one) == 24 for one in ids)
    assert len({one[:16] for one in ids}) == len({one[16:] for one in ids}) == 20


def test_registering_at_once_makes_one_installation(site: Site) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: site.register("shared", age=number), range(40)))
    assert len({one.id for one in made}) == 1
    (stored,) = site.stored()
    assert stored["age"] in range(40)


def test_a_registration_that_comes_between_is_overwritten(site: Site) -> None:
    between: list[Any] = []
    site.watched.before("insert", lambda: between.append(site.register(age=1)))
    assert site.register(age=2).id == between[0].id
    assert [document["age"] for document in site.stored()] == [2]


def test_an_installation_deleted_in_between_is_registered_anew(site: Site) -> None:
    first = site.register()
    site.watched.before("replace_one", lambda: site.core.push.installations.delete(site.caller(), first.id))
    again = site.register(age=2)
    assert again.id != first.id
    assert [document["_id"] for document in site.stored()] == [again.id]


def test_a_token_that_another_took_in_between_is_registered_anew(site: Site) -> None:
    first = site.register("t1")
    move = {"_deviceToken": "t2"}
    site.watched.before("replace_one", lambda: site.core.push.installations.update(site.caller(), first.id, move))
    assert site.register("t1").id != first.id
    assert sorted(document["_deviceToken"] for document in site.stored()) == ["t1", "t2"]


def test_when_it_was_first_registered_is_kept(site: Site) -> None:
    site.register()
    (before,) = site.stored()
    site.clock.advance(days=1)
    site.register()
    (after,) = site.stored()
    assert after["_server"]["createdAt"] == before["_server"]["createdAt"]
    assert after["_server"]["updatedAt"] == site.clock.now()
    assert after["_server"]["etag"] != before["_server"]["etag"]


def test_changes_that_come_between_are_not_lost(site: Site) -> None:
    made = site.register(count=0)
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda _: site.core.push.installations.update(site.caller(), made.id, {"$inc": {"count": 1}}), "ab"
            )
        )
    assert site.core.push.installations.get(site.caller(), made.id).fields["count"] == 2


def test_a_change_that_would_delete_is_looked_at_again_when_another_came_between(site: Site) -> None:
    made = site.register("aa", _pushType="apns")
    installations = site.core.push.installations
    move = {"_pushType": "gcm"}
    site.watched.before("delete_one", lambda: installations.update(site.caller(), made.id, move))
    changed = installations.update(site.caller(), made.id, {"_deviceToken": "no hex digits"})
    assert (changed.fields["_pushType"], changed.fields["_deviceToken"]) == ("gcm", "no hex digits")


def test_writing_against_somebody_who_never_stops_gives_up(site: Site) -> None:
    made = site.register()
    installations = site.core.push.installations

    def write() -> None:
        installations.update(site.caller(), made.id, {"age": 1})

    operations: list[Callable[[], Any]] = [
        lambda: installations.update(site.caller(), made.id, {"age": 2}),
        lambda: installations.overwrite(site.caller(), made.id, form(age=2)),
    ]
    meanwhile: list[Callable[[], Any]] = [write, lambda: None]
    for operation in operations:
        # Before every second call, because the other one's call is one too.
        site.watched.before("replace_one", *meanwhile * ATTEMPTS)
        with pytest.raises(RequestConflict):
            operation()
        assert site.stored()[0]["age"] == 1


def test_registering_against_somebody_who_never_stops_gives_up(site: Site) -> None:
    site.register()

    def vanish() -> None:
        site.core.push.installations.delete(site.caller(), site.stored()[0]["_id"])

    site.watched.before("replace_one", *[vanish] * ATTEMPTS)
    meanwhile: list[Callable[[], Any]] = [site.register, lambda: None]
    site.watched.before("insert", *meanwhile * ATTEMPTS)
    with pytest.raises(RequestConflict):
        site.register(age=2)


def test_an_installation_belongs_to_an_app(site: Site) -> None:
    operator = Caller(site.tenant, is_master=True)
    with pytest.raises(AccessDenied):
        site.register(by=operator)
    site.register("t1")
    site.register("t1", by=site.caller(site.second))
    apps = [one.app for one in site.core.push.installations.list(operator)]
    assert sorted(apps) == sorted([site.first.id, site.second.id])


def test_the_application_key_lists_nothing(site: Site) -> None:
    with pytest.raises(AccessDenied):
        site.core.push.installations.list(site.caller())


def test_texts_of_installations_hide_tokens_and_passwords(site: Site) -> None:
    made = site.register("secret-token", _pushType="sse")
    assert made.credentials is not None
    assert "secret-token" not in repr(made)
    assert made.credentials.password not in repr(made)


def test_what_is_unknown_is_not_found(site: Site) -> None:
    installations, caller = site.core.push.installations, site.caller()
    operations: list[Callable[[], Any]] = [
        lambda: installations.get(caller, "x"),
        lambda: installations.update(caller, "x", {}),
        lambda: installations.overwrite(caller, "x", form()),
        lambda: installations.delete(caller, "x"),
    ]
    for operation in operations:
        with pytest.raises(InstallationNotFound):
            operation()


def test_a_mistake_in_a_change_is_found_before_anything_is_deleted(site: Site) -> None:
    made = site.register()
    with pytest.raises(InvalidUpdate):
        site.core.push.installations.update(site.caller(), made.id, {"_osType": "bad", "$inc": {"_osVersion": 1}})
    with pytest.raises(InvalidInput):
        site.core.push.installations.overwrite(site.caller(), made.id, form(_osType="bad"))
    assert site.core.push.installations.get(site.caller(), made.id) == made


@pytest.mark.parametrize(
    "fields",
    [{"_osType": None}, {"_pushType": "sasp"}, {"_channels": "news"}, {"_pushType": "apns", "_deviceToken": "xyz"}],
)
def test_a_form_with_a_field_missing_or_wrong_registers_nothing(site: Site, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        site.register(**fields)
    assert site.stored() == []


def test_an_installation_has_a_largest_size(site: Site) -> None:
    with pytest.raises(DocumentTooLarge):
        site.register(text="x" * MAX_INSTALLATION_BYTES)
    assert site.stored() == []


def test_a_change_that_leaves_no_valid_installation_deletes_it(site: Site) -> None:
    made = site.register()
    with pytest.raises(InstallationNotFound):
        site.core.push.installations.update(site.caller(), made.id, {"$unset": {"_osType": 1}})
    assert site.stored() == []


def test_overwriting_replaces_every_field_but_the_owner(site: Site) -> None:
    made = site.register(by=site.caller(None, "ann"), age=1)
    after = site.core.push.installations.overwrite(site.caller(None, "bob"), made.id, form(size=2))
    assert (after.id, after.owner) == (made.id, "ann")
    assert after.fields == form(size=2)


def test_a_client_may_send_back_what_it_was_shown_but_not_change_the_servers_fields(site: Site) -> None:
    made = site.register(by=site.caller(None, "ann"))
    installations = site.core.push.installations
    shown = {"_id": made.id, "_owner": "bob", "_server": {"app": "x"}, "_server.app": "x", "age": 7}
    changed = installations.update(site.caller(), made.id, shown)
    assert (changed.owner, changed.app, changed.fields["age"]) == ("ann", site.first.id, 7)
    wrong: list[dict[str, Any]] = [
        {"_id": "another"},
        {"$unset": {"_owner": 1}},
        {"$set": {"age": 1}, "$rename": {"age": "_owner"}},
        {"$rename": {"_server.app": "age"}},
    ]
    for change in wrong:
        with pytest.raises(InvalidUpdate):
            installations.update(site.caller(), made.id, change)
    assert installations.get(site.caller(), made.id) == changed
