from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts import memberships as module
from chalicelib.core.accounts.memberships import MAX_LEVELS, REMEMBERED_SECONDS, Memberships
from chalicelib.core.accounts.model import Group, GroupContents
from chalicelib.core.accounts.stored import GROUPS, group_to_document
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.core.tenants.model import Tenant
from tests.core.site import Site

Graph = dict[str, tuple[list[str], list[str]]]
"""Group name to its users and its child groups."""


def build(site: Site, graph: Graph) -> Tenant:
    """Writes groups straight into the store: no rule of the service is in the way, nor its time."""
    moment = site.core.clock.now()
    for name, (users, groups) in graph.items():
        group = Group(name, name, tuple(users), tuple(groups), Acl(), moment, moment, "e")
        site.documents.insert(site.tenant_id, GROUPS, group_to_document(group))
    return site.tenant


def closure(graph: Graph, user: str | None) -> set[str]:
    """The groups of a user, computed the slow way: until nothing more is found."""
    belongs = {"anonymous"} if user is None else {"anonymous", "authenticated"}
    while True:
        more = {
            name
            for name, (users, groups) in graph.items()
            if (user is not None and user in users) or not belongs.isdisjoint(groups)
        }
        if more <= belongs:
            return belongs - {"anonymous", "authenticated"}
        belongs |= more


def test_members_of_inner_groups_are_members_of_the_outer_ones(site: Site) -> None:
    tenant = build(site, {"outer": ([], ["middle"]), "middle": ([], ["inner"]), "inner": (["ann"], []), "x": ([], [])})
    memberships = Memberships(site.core.documents)
    assert memberships.of(tenant, "ann") == {"inner", "middle", "outer"}
    assert memberships.of(tenant, "bob") == set()


def test_groups_that_contain_each_other_have_the_same_members(site: Site) -> None:
    tenant = build(site, {"a": (["ann"], ["b"]), "b": ([], ["c"]), "c": ([], ["a", "c"])})
    assert Memberships(site.core.documents).of(tenant, "ann") == {"a", "b", "c"}


def test_everybody_and_all_signed_in_can_be_members(site: Site) -> None:
    tenant = build(site, {"all": ([], ["anonymous"]), "users": ([], ["authenticated"]), "over": ([], ["all"])})
    memberships = Memberships(site.core.documents)
    assert memberships.of(tenant, None) == {"all", "over"}
    assert memberships.of(tenant, "ann") == {"all", "over", "users"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_membership_is_the_closure_of_any_graph(site: Site, data: st.DataObject) -> None:
    names = [f"g{number}" for number in range(data.draw(st.integers(0, 7)))]
    children = st.lists(st.sampled_from([*names, "authenticated", "anonymous", "gone"]), max_size=3, unique=True)
    users = st.lists(st.sampled_from(["ann", "bob"]), max_size=2, unique=True)
    graph: Graph = {name: (data.draw(users), data.draw(children)) for name in names}
    site.documents.delete_many(site.tenant_id, GROUPS, EVERYTHING)
    tenant = build(site, graph)
    for user in ("ann", "bob", "eve", None):
        assert Memberships(site.core.documents).of(tenant, user) == closure(graph, user)


def test_a_chain_counts_up_to_the_bound_of_levels(site: Site) -> None:
    chain: Graph = {"g0": (["ann"], [])} | {f"g{level}": ([], [f"g{level - 1}"]) for level in range(1, MAX_LEVELS + 3)}
    tenant = build(site, chain)
    assert Memberships(site.core.documents).of(tenant, "ann") == {f"g{level}" for level in range(MAX_LEVELS)}


def test_what_is_known_takes_no_round_trip_until_a_group_changes(site: Site) -> None:
    memberships = Memberships(site.core.documents)
    tenant = build(site, {"a": (["ann"], [])})
    memberships.of(tenant, "ann")
    site.documents.calls.clear()
    assert memberships.of(tenant, "ann") == {"a"}
    assert site.documents.calls == []
    build(site, {"b": (["ann"], [])})
    site.core.tenants.count_group_change(tenant.id)
    assert memberships.of(site.tenant, "ann") == {"a", "b"}


def test_users_and_tenants_are_not_confused(site: Site) -> None:
    memberships = Memberships(site.core.documents)
    tenant = build(site, {"a": (["ann"], [])})
    assert memberships.of(tenant, "ann") == {"a"}
    assert memberships.of(tenant, "bob") == set()
    assert memberships.of(replace(tenant, id="0" * 24), "ann") == set()


def test_what_is_known_is_asked_again_after_a_minute(site: Site) -> None:
    now = 0.0
    memberships = Memberships(site.core.documents, lambda: now)
    tenant = build(site, {"a": (["ann"], [])})
    memberships.of(tenant, "ann")
    build(site, {"b": (["ann"], [])})
    now = REMEMBERED_SECONDS - 1
    assert memberships.of(tenant, "ann") == {"a"}
    now = REMEMBERED_SECONDS
    assert memberships.of(tenant, "ann") == {"a", "b"}


def test_memory_is_bounded_and_forgets_who_was_not_seen_for_longest(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REMEMBERED_CALLERS", 2)
    memberships = Memberships(site.core.documents)
    tenant = site.tenant
    for user in ("ann", "bob", "ann", "eve"):
        memberships.of(tenant, user)
    site.documents.calls.clear()
    memberships.of(tenant, "ann")
    assert site.documents.calls == []
    memberships.of(tenant, "bob")
    assert site.documents.calls == ["find"]


def test_the_cost_does_not_grow_with_the_number_of_groups(site: Site) -> None:
    build(site, {"outer": ([], ["inner"]), "inner": (["ann"], [])})
    build(site, {f"other{number}": ([f"user{number}"], [f"other{number // 2}"]) for number in range(10_000)})
    site.documents.calls.clear()
    assert Memberships(site.core.documents).of(site.tenant, "ann") == {"inner", "outer"}
    assert site.documents.calls.count("find") == 3


def test_changing_a_group_counts_from_the_next_request_on(site: Site) -> None:
    ann = site.user("ann")
    assert ann.groups == set()
    site.core.groups.create(site.master, "staff", GroupContents(users=[str(ann.user)]))
    assert site.user("ann").groups == {"staff"}
    site.core.groups.remove_members(site.master, "staff", [str(ann.user)], [])
    assert site.user("ann").groups == set()
