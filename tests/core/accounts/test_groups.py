from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.model import Group, GroupContents
from chalicelib.core.accounts.stored import GROUPS as COLLECTION
from chalicelib.core.buckets.model import GROUPS
from chalicelib.core.errors import (
    AccessDenied,
    DuplicateGroup,
    GroupNotFound,
    InvalidAcl,
    InvalidDocument,
    InvalidName,
    RequestConflict,
    UnknownMember,
    VersionMismatch,
)
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from tests.core.site import FixedClock, Site

EMPTY = GroupContents()
ANYBODY = ("g:anonymous",)


@pytest.fixture
def open_site(site: Site) -> Site:
    """A site where anybody may do anything with groups, as far as each group's own ACL goes."""
    site.allow(GROUPS, Acl(r=ANYBODY, w=ANYBODY))
    return site


def member(site: Site, name: str) -> str:
    return str(site.user(name).user)


def tamper(site: Site, name: str, fields: dict[str, Any]) -> Callable[[], Any]:
    """Another writer, who changes fields of a group behind the service's back."""
    update = parse_update({"$set": fields})
    return lambda: site.documents._inner.update_one(site.tenant_id, COLLECTION, parse_filter({"name": name}), update)


# --- create ---


def test_a_new_group_is_its_makers_alone(site: Site, clock: FixedClock) -> None:
    ann = site.user("ann")
    group = site.core.groups.create(ann, "営業部", EMPTY)
    assert (group.name, group.users, group.groups, group.acl) == ("営業部", (), (), Acl(owner=ann.user))
    assert group.created_at == group.updated_at == clock.now()
    assert site.core.groups.get(site.user("ann"), "営業部") == group


def test_a_group_made_by_nobody_is_everybodys(open_site: Site) -> None:
    everybodys = Acl(r=ANYBODY, w=ANYBODY)
    assert open_site.core.groups.create(open_site.guest, "a", EMPTY).acl == everybodys
    assert open_site.core.groups.create(open_site.master, "b", EMPTY).acl == everybodys


def test_a_groups_acl_may_be_as_large_as_an_object_and_no_larger(site: Site) -> None:
    names = tuple(f"{number:0100}" for number in range(3_000))
    fits, too_large = GroupContents(acl=Acl(r=names[:2_000])), GroupContents(acl=Acl(r=names))
    site.core.groups.create(site.master, "staff", fits)
    for write in (site.core.groups.create, site.core.groups.put):
        with pytest.raises(InvalidAcl):
            write(site.master, "other", too_large)
    with pytest.raises(InvalidAcl):
        site.core.groups.put(site.master, "staff", too_large)


def test_a_given_acl_gets_an_owner_if_somebody_is_signed_in(open_site: Site) -> None:
    ann, contents = open_site.user("ann"), GroupContents(acl=Acl(r=ANYBODY))
    assert open_site.core.groups.create(ann, "a", contents).acl == Acl(owner=ann.user, r=ANYBODY)
    assert open_site.core.groups.create(open_site.guest, "b", contents).acl == Acl(r=ANYBODY)
    assert open_site.core.groups.create(ann, "c", GroupContents(acl=Acl(owner="TestUser"))).acl.owner == "TestUser"


def test_making_a_group_needs_the_create_right_for_groups(site: Site) -> None:
    for make in (site.core.groups.create, site.core.groups.put):
        with pytest.raises(AccessDenied):
            make(site.guest, "a", EMPTY)
    site.core.groups.create(site.user("ann"), "a", EMPTY)
    with pytest.raises(DuplicateGroup):
        site.core.groups.create(site.user("ann"), "a", EMPTY)


@pytest.mark.parametrize("name", ["", "a/b", "x" * 101, "authenticated", "_EXT-a", "\ud800"])
def test_a_wrong_name_makes_no_group(site: Site, name: str) -> None:
    for make in (site.core.groups.create, site.core.groups.put):
        with pytest.raises(InvalidName):
            make(site.master, name, EMPTY)


def test_members_must_exist_and_are_named_when_they_do_not(open_site: Site) -> None:
    groups, ann = open_site.core.groups, member(open_site, "ann")
    groups.create(open_site.master, "inner", EMPTY)
    wrong = [
        (GroupContents([ann, "dummy"]), ["dummy"]),
        (GroupContents([ann, "\ud800"]), ["\ud800"]),
        (GroupContents(groups=["inner", "outer"]), ["outer"]),
        (GroupContents(groups=["a/b"]), ["a/b"]),
        (GroupContents(["dummy"], ["outer"]), ["dummy", "outer"]),
    ]
    for contents, unknown in wrong:
        for make in (groups.create, groups.put):
            with pytest.raises(UnknownMember) as refused:
                make(open_site.master, "a", contents)
            assert refused.value.members == unknown
    right = groups.create(open_site.master, "a", GroupContents([ann, ann], ["inner", "authenticated", "anonymous"]))
    assert (right.users, right.groups) == ((ann,), ("inner", "authenticated", "anonymous"))


def test_who_may_not_make_groups_cannot_ask_which_users_exist(site: Site) -> None:
    for make in (site.core.groups.create, site.core.groups.put):
        with pytest.raises(AccessDenied):
            make(site.guest, "a", GroupContents(["dummy"]))


def test_every_change_of_a_group_makes_processes_forget_what_they_know(open_site: Site) -> None:
    groups, ann = open_site.core.groups, member(open_site, "ann")
    changes: list[Callable[[], Any]] = [
        lambda: groups.create(open_site.master, "a", EMPTY),
        lambda: groups.put(open_site.master, "b", EMPTY),
        lambda: groups.put(open_site.master, "a", GroupContents([ann])),
        lambda: groups.add_members(open_site.master, "a", [], ["b"]),
        lambda: groups.remove_members(open_site.master, "a", [], ["b"]),
        lambda: groups.delete(open_site.master, "b"),
        lambda: open_site.core.accounts.delete(open_site.master, ann),
    ]
    for change in changes:
        before = open_site.tenant.groups_version
        change()
        assert open_site.tenant.groups_version > before


def test_an_acl_that_cannot_be_stored_is_refused(open_site: Site) -> None:
    with pytest.raises(InvalidDocument):
        open_site.core.groups.create(open_site.master, "a", GroupContents(acl=Acl(r=("\ud800",))))


def test_two_who_make_one_group_at_once_make_it_once(site: Site) -> None:
    master = site.master
    site.documents.before("insert", lambda: site.core.groups.create(master, "a", EMPTY))
    with pytest.raises(DuplicateGroup):
        site.core.groups.create(master, "a", EMPTY)
    site.documents.before("insert", lambda: site.core.groups.create(master, "b", EMPTY))
    with pytest.raises(RequestConflict):
        site.core.groups.put(master, "b", EMPTY)
    assert [group.name for group in site.core.groups.list(site.master)] == ["a", "b"]


# --- put ---


def test_put_makes_a_group_then_changes_it_and_always_moves_the_version(open_site: Site, clock: FixedClock) -> None:
    groups, ann = open_site.core.groups, member(open_site, "ann")
    made = groups.put(open_site.master, "a", GroupContents([ann], ["authenticated"]))
    clock.advance(seconds=1)
    same = groups.put(open_site.master, "a", EMPTY)
    assert (same.users, same.groups, same.acl, same.id) == (made.users, made.groups, made.acl, made.id)
    assert same.etag != made.etag
    assert same.updated_at == clock.now() > same.created_at
    emptied = groups.put(open_site.master, "a", GroupContents([], []), same.etag)
    assert (emptied.users, emptied.groups) == ((), ())


def test_changing_needs_the_update_right_for_groups_and_of_the_group(site: Site) -> None:
    ann = site.user("ann")
    groups, group = site.core.groups, site.core.groups.create(site.user("ann"), "a", EMPTY)
    for caller in (ann, site.guest):
        with pytest.raises(AccessDenied):
            groups.put(caller, "a", EMPTY)
        with pytest.raises(AccessDenied):
            groups.add_members(caller, "a", [], [])
        with pytest.raises(AccessDenied):
            groups.remove_members(caller, "a", [], [])
    site.allow(GROUPS, Acl(w=ANYBODY))
    for caller in (site.user("bob"), site.guest):
        with pytest.raises(AccessDenied):
            groups.put(caller, "a", EMPTY)
        with pytest.raises(AccessDenied):
            groups.add_members(caller, "a", [], [])
    stored = site.stored_group("a")
    assert stored is not None
    assert stored["etag"] == group.etag
    groups.put(site.user("ann"), "a", EMPTY)


def test_the_right_to_change_groups_is_not_the_right_to_make_them(site: Site) -> None:
    site.allow(GROUPS, Acl(u=ANYBODY))
    with pytest.raises(AccessDenied):
        site.core.groups.put(site.guest, "a", EMPTY)


def test_an_acl_is_changed_by_who_has_the_admin_right_only(open_site: Site) -> None:
    groups, bob = open_site.core.groups, member(open_site, "bob")
    acl = Acl(owner=member(open_site, "ann"), u=(bob,), r=("x", "y"))
    groups.create(open_site.master, "a", GroupContents(acl=acl))
    as_bob = open_site.user("bob")
    assert groups.put(as_bob, "a", GroupContents(acl=acl)).acl == acl
    assert groups.put(as_bob, "a", GroupContents(acl=Acl(u=(bob,), r=("x", "y")))).acl == acl
    for other in (Acl(u=(bob,)), Acl(owner=bob, u=(bob,), r=("x", "y")), Acl(u=(bob,), r=("x", "y"), admin=(bob,))):
        with pytest.raises(AccessDenied, match="ACL"):
            groups.put(as_bob, "a", GroupContents(acl=other))
    changed = groups.put(open_site.user("ann"), "a", GroupContents(acl=Acl(u=(bob,), admin=(bob,))))
    assert changed.acl == Acl(owner=acl.owner, u=(bob,), admin=(bob,))
    assert groups.put(as_bob, "a", GroupContents(acl=Acl(owner=bob))).acl == Acl(owner=bob)
    assert groups.put(open_site.master, "a", GroupContents(acl=acl)).acl == acl


def test_an_old_version_is_refused_with_the_present_group(open_site: Site) -> None:
    groups = open_site.core.groups
    old = groups.create(open_site.master, "a", EMPTY)
    present = groups.put(open_site.master, "a", EMPTY, old.etag)
    for attempt in (
        lambda: groups.put(open_site.master, "a", EMPTY, old.etag),
        lambda: groups.put(open_site.guest, "a", EMPTY, ""),
        lambda: groups.delete(open_site.guest, "a", old.etag),
    ):
        with pytest.raises(VersionMismatch) as refused:
            attempt()
        assert refused.value.current == present


def test_a_version_of_a_group_that_is_gone_makes_no_new_one(site: Site) -> None:
    with pytest.raises(RequestConflict):
        site.core.groups.put(site.master, "a", EMPTY, "some etag")
    assert site.core.groups.list(site.master) == []


def test_a_change_that_loses_a_race_says_so(open_site: Site) -> None:
    group = open_site.core.groups.create(open_site.master, "a", EMPTY)
    forth, back = tamper(open_site, "a", {"etag": "other"}), tamper(open_site, "a", {"etag": group.etag})
    same_acl = GroupContents(acl=group.acl)
    attempts: list[tuple[str, str, Callable[[Caller], Any]]] = [
        ("Updating", "update_one", lambda caller: open_site.core.groups.put(caller, "a", EMPTY, group.etag)),
        ("Updating", "update_one", lambda caller: open_site.core.groups.put(caller, "a", same_acl, group.etag)),
        ("Deleting", "delete_one", lambda caller: open_site.core.groups.delete(caller, "a", group.etag)),
    ]
    for action, write, attempt in attempts:
        caller = open_site.guest
        open_site.documents.before(write, forth)
        open_site.documents.before("find_one", back)
        with pytest.raises(RequestConflict, match=action):
            attempt(caller)


# --- read ---


def test_a_list_has_the_groups_one_may_read_by_name(open_site: Site) -> None:
    groups, ann = open_site.core.groups, open_site.user("ann")
    for name in ("group2", "group0", "group1"):
        groups.create(open_site.master, name, EMPTY)
    groups.create(open_site.user("bob"), "bobs", EMPTY)
    groups.create(ann, "anns", EMPTY)
    assert [group.name for group in groups.list(ann)] == ["anns", "group0", "group1", "group2"]
    assert [group.name for group in groups.list(open_site.guest)] == ["group0", "group1", "group2"]
    assert len(groups.list(open_site.master)) == 5


def test_reading_needs_the_read_right_for_groups_and_of_the_group(site: Site) -> None:
    groups = site.core.groups
    groups.create(site.user("ann"), "a", EMPTY)
    for attempt in (lambda caller: groups.list(caller), lambda caller: groups.get(caller, "a")):
        with pytest.raises(AccessDenied):
            attempt(site.guest)
    with pytest.raises(AccessDenied):
        groups.get(site.user("bob"), "a")
    assert groups.list(site.user("bob")) == []
    groups.create(site.master, "everybodys", EMPTY)
    with pytest.raises(AccessDenied):
        groups.get(site.guest, "everybodys")


@pytest.mark.parametrize("name", ["b", " ", "a/b", "\ud800", "authenticated", ""])
def test_an_unknown_group_is_not_found(open_site: Site, name: str) -> None:
    groups = open_site.core.groups
    for attempt in (
        lambda: groups.get(open_site.guest, name),
        lambda: groups.delete(open_site.guest, name),
        lambda: groups.add_members(open_site.guest, name, [], []),
        lambda: groups.remove_members(open_site.guest, name, [], []),
    ):
        with pytest.raises(GroupNotFound):
            attempt()


# --- delete ---


def test_a_deleted_group_leaves_all_other_groups(open_site: Site) -> None:
    groups, ann = open_site.core.groups, member(open_site, "ann")
    groups.create(open_site.master, "inner", GroupContents([ann]))
    outer = groups.create(open_site.master, "outer", GroupContents(groups=["inner"]))
    assert open_site.user("ann").groups == {"inner", "outer"}
    groups.delete(open_site.guest, "inner")
    left = groups.get(open_site.guest, "outer")
    assert left.groups == ()
    assert left.etag != outer.etag
    assert open_site.user("ann").groups == set()
    with pytest.raises(GroupNotFound):
        groups.delete(open_site.guest, "inner")


def test_deleting_needs_the_delete_right_for_groups_and_of_the_group(site: Site) -> None:
    groups = site.core.groups
    groups.create(site.user("ann"), "a", EMPTY)
    with pytest.raises(AccessDenied):
        groups.delete(site.user("ann"), "a")
    site.allow(GROUPS, Acl(d=ANYBODY))
    with pytest.raises(AccessDenied):
        groups.delete(site.user("bob"), "a")
    groups.delete(site.user("ann"), "a")
    groups.create(site.master, "a", EMPTY)
    groups.delete(site.master, "a")


def test_a_group_made_again_after_a_crash_inherits_no_membership(open_site: Site) -> None:
    groups = open_site.core.groups
    groups.create(open_site.master, "inner", EMPTY)
    groups.create(open_site.master, "outer", GroupContents(groups=["inner"]))
    # The process dies between the deletion and the clearing away of memberships.
    open_site.documents.delete_one(open_site.tenant_id, COLLECTION, parse_filter({"name": "inner"}))
    groups.create(open_site.master, "inner", GroupContents([member(open_site, "ann")]))
    assert open_site.user("ann").groups == {"inner"}


# --- members ---


def test_members_are_added_once_and_taken_out_and_the_version_moves(open_site: Site, clock: FixedClock) -> None:
    groups, ann, bob = open_site.core.groups, member(open_site, "ann"), member(open_site, "bob")
    groups.create(open_site.master, "inner", EMPTY)
    versions = [groups.create(open_site.master, "a", GroupContents([ann]))]
    steps: list[tuple[Callable[..., Group], list[str], list[str]]] = [
        (groups.add_members, [ann, bob], ["inner"]),
        (groups.add_members, [], []),
        (groups.remove_members, [ann, "unknown"], ["nothing"]),
        (groups.remove_members, [], []),
    ]
    for change, users, children in steps:
        clock.advance(seconds=1)
        versions.append(change(open_site.guest, "a", users, children))
        assert versions[-1].updated_at == clock.now()
    assert [(group.users, group.groups) for group in versions] == [
        ((ann,), ()),
        ((ann, bob), ("inner",)),
        ((ann, bob), ("inner",)),
        ((bob,), ("inner",)),
        ((bob,), ("inner",)),
    ]
    assert len({group.etag for group in versions}) == 5


def test_unknown_members_cannot_be_added(open_site: Site) -> None:
    groups = open_site.core.groups
    made = groups.create(open_site.master, "a", EMPTY)
    with pytest.raises(UnknownMember):
        groups.add_members(open_site.guest, "a", ["dummy"], [])
    with pytest.raises(UnknownMember):
        groups.add_members(open_site.guest, "a", [], ["nothing"])
    assert groups.get(open_site.guest, "a") == made


def test_members_that_cannot_be_stored_cannot_be_taken_out(open_site: Site) -> None:
    open_site.core.groups.create(open_site.master, "a", EMPTY)
    for users, groups in ((["\ud800"], []), ([], ["\ud800"])):
        with pytest.raises(InvalidDocument):
            open_site.core.groups.remove_members(open_site.guest, "a", users, groups)


def test_a_group_may_hold_itself(open_site: Site) -> None:
    groups = open_site.core.groups
    groups.create(open_site.master, "a", GroupContents([member(open_site, "ann")]))
    assert groups.add_members(open_site.master, "a", [], ["a"]).groups == ("a",)
    assert open_site.user("ann").groups == {"a"}


def test_another_tenants_groups_and_users_are_unknown(open_site: Site) -> None:
    groups, ann = open_site.core.groups, member(open_site, "ann")
    groups.create(open_site.master, "a", EMPTY)
    other = open_site.core.tenants.create("other")
    app = open_site.core.tenants.create_app(other.id, "app")
    master = open_site.core.authentication.open(other.id, app.app.id, app.master_key, None)
    with pytest.raises(GroupNotFound):
        groups.get(master, "a")
    for contents in (GroupContents([ann]), GroupContents(groups=["a"])):
        with pytest.raises(UnknownMember):
            groups.create(master, "b", contents)
    assert groups.list(master) == []
