from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.accounts.stored import CONFIRMATIONS, GROUPS
from chalicelib.core.core import Core
from chalicelib.core.errors import (
    AppNotFound,
    DuplicateTenant,
    InvalidInput,
    InvalidName,
    RequestConflict,
    TenantNotFound,
)
from chalicelib.core.objects.replays import REQUEST_TOKENS
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.stats.stored import SLOTS
from chalicelib.core.tenants.model import CorsPolicy, LockPolicy, MailPolicy, PasswordPolicy, Tenant
from chalicelib.core.tenants.stored import ACCOUNTS, TENANT_RECORD
from tests.core.site import FixedClock, Site, WatchedDocuments

NOBODY = "0" * 24


def test_a_new_tenant_is_found_by_id_and_by_name(core: Core, clock: FixedClock) -> None:
    tenant = core.tenants.create("acme 株式会社")
    assert (tenant.created_at, tenant.enabled, tenant.apps) == (clock.now(), True, ())
    assert core.tenants.get(tenant.id) == tenant == core.tenants.get("acme 株式会社")


@pytest.mark.parametrize("name", ["", " a", "a ", "a/b", "_a", "x" * 101, "a\n", "0123456789abcdef01234567", "\ud800"])
def test_a_wrong_name_makes_no_tenant(core: Core, name: str) -> None:
    with pytest.raises(InvalidName):
        core.tenants.create(name)
    with pytest.raises(TenantNotFound):
        core.tenants.get(name)


@pytest.mark.parametrize("name", ["a", "x" * 100, "a b", "0123456789ABCDEF01234567", "日本"])
def test_other_names_make_tenants(core: Core, name: str) -> None:
    assert core.tenants.create(name).name == name


def test_a_name_is_taken_once_and_the_loser_leaves_nothing_behind(core: Core) -> None:
    first = core.tenants.create("acme")
    with pytest.raises(DuplicateTenant):
        core.tenants.create("acme")
    assert core.tenants.list() == [first]


def test_a_new_tenant_has_its_indexes(core: Core) -> None:
    tenant = core.tenants.create("acme")
    made = {index.name for collection in (ACCOUNTS, GROUPS) for index in core.documents.indexes(tenant.id, collection)}
    assert made >= {"username_key", "email_key", "kind_created", "session_expiry", "name_key", "member_users"}


def test_tenants_are_listed_oldest_first(core: Core, clock: FixedClock) -> None:
    names = ["c", "a", "b"]
    for name in names:
        core.tenants.create(name)
        clock.advance(seconds=1)
    assert [tenant.name for tenant in core.tenants.list()] == names


def test_a_half_deleted_tenant_is_not_listed(core: Core) -> None:
    core.tenants.create("a")
    gone = core.tenants.create("b")
    core.documents.drop_tenant(gone.id)
    assert [tenant.name for tenant in core.tenants.list()] == ["a"]


def test_a_name_is_remembered_for_a_while(
    core: Core, documents: WatchedDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = core.tenants.create("acme")
    core.tenants.get("acme")
    documents.calls.clear()
    assert core.tenants.id_of("acme") == tenant.id
    assert documents.calls == []
    monkeypatch.setattr(time, "monotonic", lambda: 1e12)
    core.tenants.id_of("acme")
    assert documents.calls == ["find_one"]


def test_a_deleted_tenant_is_gone_and_its_name_free(core: Core) -> None:
    core.tenants.create("acme")
    core.tenants.delete("acme")
    for reference in ("acme", NOBODY):
        with pytest.raises(TenantNotFound):
            core.tenants.delete(reference)
    assert core.tenants.create("acme").name == "acme"


def test_settings_change_from_what_is_stored(core: Core) -> None:
    core.tenants.create("acme")
    core.tenants.change_settings("acme", lambda settings: replace(settings, session_hours=1))
    changed = core.tenants.change_settings("acme", lambda settings: replace(settings, rate_limit_per_minute=9))
    assert (changed.settings.session_hours, changed.settings.rate_limit_per_minute) == (1, 9)
    assert core.tenants.get("acme") == changed


def test_settings_stored_before_there_were_newer_ones_can_be_changed(core: Core) -> None:
    tenant = core.tenants.create("acme")
    older = parse_update({"$unset": {"settings.mail": "", "settings.maxStorageBytes": ""}})
    core.documents.update_one(tenant.id, ACCOUNTS, parse_filter({"_id": TENANT_RECORD}), older)
    core.tenants.change_settings("acme", lambda settings: replace(settings, session_hours=1))
    assert core.tenants.get("acme").settings == replace(tenant.settings, session_hours=1)


def test_settings_changed_by_two_at_once_are_changed_by_one(core: Core) -> None:
    core.tenants.create("acme")

    def late(settings: Any) -> Any:
        core.tenants.change_settings("acme", lambda found: replace(found, session_hours=1))
        return replace(settings, session_hours=2)

    with pytest.raises(RequestConflict):
        core.tenants.change_settings("acme", late)
    assert core.tenants.get("acme").settings.session_hours == 1


def test_a_tenant_is_switched_off_and_on(core: Core) -> None:
    core.tenants.create("acme")
    assert not core.tenants.set_enabled("acme", False).enabled
    assert not core.tenants.get("acme").enabled
    assert core.tenants.set_enabled("acme", True).enabled


def test_each_change_of_groups_and_buckets_is_counted(core: Core) -> None:
    tenant = core.tenants.create("acme")
    core.tenants.count_group_change(tenant.id)
    core.tenants.count_bucket_change(tenant.id)
    core.tenants.count_bucket_change(tenant.id)
    found = core.tenants.get(tenant.id)
    assert (found.groups_version, found.buckets_version) == (1, 2)


def test_the_keys_of_an_app_are_seen_once_and_kept_as_hashes(site: Site) -> None:
    stored = repr(site.stored(ACCOUNTS))
    assert site.app.key not in stored
    assert site.app.master_key not in stored
    assert site.tenant.apps == (site.app.app,)


@pytest.mark.parametrize("name", ["", "x" * 101])
def test_a_wrong_name_makes_no_app(site: Site, name: str) -> None:
    with pytest.raises(InvalidName):
        site.core.tenants.create_app(site.tenant_id, name)


def test_reissued_keys_replace_those_of_one_app_only(site: Site) -> None:
    other = site.core.tenants.create_app(site.tenant_id, "other")
    again = site.core.tenants.reissue_keys(site.tenant_id, other.app.id)
    assert {again.key, again.master_key}.isdisjoint({other.key, other.master_key})
    assert site.tenant.apps == (site.app.app, again.app)


def test_client_push_is_off_until_allowed(site: Site) -> None:
    assert not site.app.app.allows_client_push
    assert site.core.tenants.allow_client_push(site.tenant_id, site.app.app.id, True).allows_client_push
    assert site.tenant.apps[0].allows_client_push


def test_a_deleted_app_is_gone(site: Site) -> None:
    other = site.core.tenants.create_app(site.tenant_id, "other")
    site.core.tenants.delete_app(site.tenant_id, site.app.app.id)
    assert site.tenant.apps == (other.app,)


def test_an_app_is_switched_off_and_on(site: Site) -> None:
    for enabled in (False, True):
        assert site.core.tenants.set_app_enabled(site.tenant_id, site.app.app.id, enabled).enabled is enabled
        assert site.tenant.apps[0].enabled is enabled


def test_work_for_every_tenant_leaves_out_one_that_is_deleted_meanwhile(core: Core, clock: FixedClock) -> None:
    kept = []
    for name in ("first", "second", "third"):
        kept.append(core.tenants.create(name).id)
        clock.advance(seconds=1)
    seen: list[str] = []

    def work(tenant: Tenant) -> int:
        if not seen:
            core.tenants.delete("second")
        seen.append(tenant.id)
        return 1

    assert core.tenants.for_each(work) == 2
    assert seen == [kept[0], kept[2]]


@pytest.mark.parametrize(
    "change",
    [
        lambda tenants, tenant: tenants.reissue_keys(tenant, "x"),
        lambda tenants, tenant: tenants.allow_client_push(tenant, "x", True),
        lambda tenants, tenant: tenants.set_app_enabled(tenant, "x", False),
        lambda tenants, tenant: tenants.delete_app(tenant, "x"),
    ],
)
def test_an_unknown_app_or_tenant_is_not_found(site: Site, change: Callable[[Any, str], Any]) -> None:
    with pytest.raises(AppNotFound):
        change(site.core.tenants, site.tenant_id)
    for reference in (NOBODY, "nobody"):
        with pytest.raises(TenantNotFound):
            change(site.core.tenants, reference)


def test_an_unknown_tenant_cannot_be_changed(core: Core) -> None:
    for change in (
        lambda: core.tenants.create_app(NOBODY, "app"),
        lambda: core.tenants.set_enabled(NOBODY, True),
        lambda: core.tenants.count_group_change(NOBODY),
        lambda: core.tenants.change_settings(NOBODY, lambda settings: settings),
    ):
        with pytest.raises(TenantNotFound):
            change()


def test_a_new_tenants_collections_have_the_indexes_that_jobs_and_statistics_search_by(site: Site) -> None:
    for collection, index in ((REQUEST_TOKENS, "expiry"), (SLOTS, "slot"), (CONFIRMATIONS, "expiry")):
        assert index in [made.name for made in site.core.documents.indexes(site.tenant_id, collection)]


@pytest.mark.parametrize(
    "changes",
    [
        {"password": PasswordPolicy(min_length=20, max_length=10)},
        {"password": PasswordPolicy(4, 8, min_uppercase=4, min_lowercase=4, min_symbols=1)},
        {"cors": CorsPolicy(origins=("https://a.example/",))},
        {"cors": CorsPolicy(origins=("a.example",))},
        {"mail": MailPolicy(sender="Acme")},
        {"session_hours": 36_500 * 24 + 1},
        {"session_hours": 10**14},
        {"lock": LockPolicy(lock_minutes=36_501 * 1440)},
        {"deleted_retention_days": 36_501},
        {"mail": MailPolicy(confirmation_hours=36_500 * 24 + 1)},
        {"mail": MailPolicy(sender="Acme <a@b.example>\nBcc: all@b.example")},
    ],
)
def test_settings_that_nobody_could_live_with_are_refused(core: Core, changes: dict[str, Any]) -> None:
    before = core.tenants.create("acme").settings
    with pytest.raises(InvalidInput):
        core.tenants.change_settings("acme", lambda settings: replace(settings, **changes))
    assert core.tenants.get("acme").settings == before


@pytest.mark.parametrize("origin", ["https://a.example", "http://localhost:8100", "capacitor://localhost", "null"])
def test_origins_of_browsers_and_of_packaged_apps_are_taken(core: Core, origin: str) -> None:
    core.tenants.create("acme")
    changed = core.tenants.change_settings("acme", lambda found: replace(found, cors=CorsPolicy(origins=(origin,))))
    assert changed.settings.cors.origins == (origin,)
