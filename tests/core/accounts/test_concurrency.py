"""What many requests at once may and may not do: threads against the embedded engine."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.core.accounts.model import GroupContents, SignUp, UserChange
from chalicelib.core.errors import CoreError, DuplicateUser, RequestConflict, VersionMismatch
from tests.core.site import PASSWORD, Site

THREADS = 8


def at_once(attempt: Callable[[int], Any]) -> list[Any]:
    """The results, or the errors in their place, of one attempt by each thread."""

    def tried(number: int) -> Any:
        try:
            return attempt(number)
        except CoreError as error:
            return error

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(tried, range(THREADS)))


def test_a_name_signed_up_for_by_many_at_once_goes_to_one(site: Site) -> None:
    master = site.master
    results = at_once(lambda number: site.core.accounts.sign_up(master, SignUp("ann", f"a{number}@b.c", PASSWORD)))
    assert sum(isinstance(result, DuplicateUser) for result in results) == THREADS - 1
    assert site.core.accounts.search(master).count == 1


def test_many_logins_at_once_all_succeed_and_stay_good(site: Site) -> None:
    site.sign_up("ann")
    logins = at_once(lambda _: site.log_in())
    assert len({login.token for login in logins}) == THREADS
    assert all(site.open(login.token).user == login.user.id for login in logins)


def test_members_added_by_many_at_once_are_all_there(site: Site) -> None:
    users = [site.sign_up(f"user{number}").id for number in range(THREADS)]
    site.core.groups.create(site.master, "staff", GroupContents())
    at_once(lambda number: site.core.groups.add_members(site.master, "staff", [users[number]], []))
    assert sorted(site.core.groups.get(site.master, "staff").users) == sorted(users)
    assert all(site.user(f"user{number}").groups == {"staff"} for number in range(THREADS))


def test_of_many_changes_to_one_version_one_wins(site: Site) -> None:
    user = site.sign_up("ann")
    group = site.core.groups.create(site.master, "staff", GroupContents())
    for results in (
        at_once(lambda _: site.core.accounts.update(site.master, user.id, UserChange(), user.etag)),
        at_once(lambda _: site.core.groups.put(site.master, "staff", GroupContents(), group.etag)),
    ):
        lost = [result for result in results if isinstance(result, VersionMismatch | RequestConflict)]
        assert len(lost) == THREADS - 1


def test_a_group_put_by_many_at_once_is_made_once_and_nobody_gets_an_odd_error(site: Site) -> None:
    results = at_once(lambda _: site.core.groups.put(site.master, "staff", GroupContents()))
    errors = [result for result in results if isinstance(result, CoreError)]
    assert all(isinstance(error, RequestConflict) for error in errors)
    assert len(errors) < THREADS
    assert len(site.core.groups.list(site.master)) == 1


def test_wrong_passwords_sent_at_once_are_all_counted(site: Site) -> None:
    site.sign_up("ann")
    at_once(lambda _: site.log_in(password="wrong horse"))
    stored = site.stored_user("ann")
    assert stored is not None
    assert "lockedUntil" in stored
