from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.documents import Documents
from chalicelib.core.errors import AccessDenied, Unavailable
from chalicelib.core.query.update import parse_update
from chalicelib.core.stats.counters import BufferedCounters
from chalicelib.core.stats.model import StatsQuery
from chalicelib.core.stats.stored import DAYS, RAW, SLOTS, raw_id, raw_update
from tests.core.site import Site

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def counted(site: Site, app: str, kind: str, at: datetime, number: int = 1, process: str = "p1") -> None:
    """What a process writes down for calls."""
    update = parse_update(raw_update(at, app, process, {kind: number}))
    site.documents.upsert_one(site.tenant_id, RAW, raw_id(at, app, process), update)


def test_calls_are_told_by_slot_app_and_kind(site: Site) -> None:
    counters = site.core.counters
    for app, kind, at in (("a1", "users", 0), ("a1", "users", 9), ("a2", "objects", 9), ("a1", "users", 10)):
        counters.count(site.tenant_id, app, kind, NOON + minutes(at))

    report = site.core.stats.report(site.master, StatsQuery())

    assert [(row.begins_at, row.calls) for row in report if hasattr(row, "begins_at")] == [
        (NOON, {"a1": {"users": 2}, "a2": {"objects": 1}}),
        (NOON + minutes(10), {"a1": {"users": 1}}),
    ]


def test_rolling_up_twice_or_late_counts_nothing_twice(site: Site) -> None:
    counted(site, "a1", "users", NOON, 3)
    site.core.stats.roll_up(site.tenant_id)
    site.core.stats.roll_up(site.tenant_id)
    counted(site, "a1", "users", NOON, 2)
    counted(site, "a1", "users", NOON, 7, process="p2")
    site.core.stats.roll_up(site.tenant_id)

    assert site.core.stats.total(site.tenant_id, StatsQuery()).calls == {"a1": {"users": 12}}


def test_a_roll_up_that_dies_anywhere_is_made_good_by_the_next(site: Site) -> None:
    def die() -> None:
        raise Unavailable("killed")

    for step in range(1, 7):
        counted(site, "a1", "users", NOON + minutes(10 * step), step)
        calls = {"count": 0}

        def sometimes(step: int = step, calls: dict[str, int] = calls) -> None:
            calls["count"] += 1
            if calls["count"] == step:
                die()

        site.documents.before("upsert_one", *[sometimes] * 12)
        for _ in range(3):
            try:
                site.core.stats.roll_up(site.tenant_id)
            except Unavailable:
                continue

    assert site.core.stats.total(site.tenant_id, StatsQuery()).calls == {"a1": {"users": 21}}


def test_what_has_been_folded_in_is_not_written_again(site: Site) -> None:
    for process in range(50):
        counted(site, "a1", "users", NOON, 1, process=f"p{process}")
    site.core.stats.roll_up(site.tenant_id)
    counted(site, "a1", "users", NOON, 1, process="p7")
    site.documents.calls.clear()

    site.core.stats.roll_up(site.tenant_id)

    assert site.documents.calls.count("upsert_one") == 2  # the changed counter and the day
    assert site.core.stats.total(site.tenant_id, StatsQuery()).calls == {"a1": {"users": 51}}


def test_a_tenant_whose_counters_cannot_be_read_keeps_no_other_from_its_turn(site: Site) -> None:
    other = site.core.tenants.create("other")
    site.documents.upsert_one(other.id, RAW, "r", parse_update(raw_update(NOON, "a2", "p1", {"users": 4})))

    def fail() -> None:
        raise Unavailable("the disk is broken")

    site.documents.before("find", lambda: None, fail)
    with pytest.raises(Unavailable):
        site.core.stats.roll_up_all()

    assert site.core.stats.total(other.id, StatsQuery()).calls == {"a2": {"users": 4}}


def test_roll_ups_at_the_same_time_agree(site: Site) -> None:
    for process in range(10):
        counted(site, "a1", "users", NOON, process + 1, process=f"p{process}")

    threads = [threading.Thread(target=site.core.stats.roll_up, args=(site.tenant_id,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert site.core.stats.total(site.tenant_id, StatsQuery()).calls == {"a1": {"users": 55}}
    assert site.core.stats.slots(site.tenant_id, StatsQuery())[0].calls == {"a1": {"users": 55}}


def test_raw_counters_go_after_a_day_and_their_calls_stay(site: Site) -> None:
    counted(site, "a1", "users", NOON, 3)
    site.core.stats.roll_up(site.tenant_id)
    assert len(site.stored(RAW)) == 1

    cast(Any, site.core.clock).advance(hours=25)
    site.core.stats.roll_up(site.tenant_id)

    assert site.stored(RAW) == []
    assert len(site.stored(SLOTS)) == len(site.stored(DAYS)) == 1
    assert site.core.stats.total(site.tenant_id, StatsQuery()).calls == {"a1": {"users": 3}}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_total_is_the_sum_of_its_slots_over_any_time(site: Site, data: st.DataObject) -> None:
    for collection in (RAW, SLOTS, DAYS):
        site.documents.drop_collection(site.tenant_id, collection)
    slots = data.draw(st.dictionaries(st.integers(0, 500), st.integers(1, 5), max_size=12))
    for slot, number in slots.items():
        counted(site, "a1", "users", NOON + minutes(10 * slot), number)
    site.core.stats.roll_up(site.tenant_id)
    bounds = st.none() | st.integers(-60, 5100).map(lambda number: NOON + minutes(number))
    question = StatsQuery(start=data.draw(bounds), end=data.draw(bounds), limit=None)

    rows = site.core.stats.slots(site.tenant_id, question)

    total = site.core.stats.total(site.tenant_id, question).calls.get("a1", {}).get("users", 0)
    assert total == sum(row.calls["a1"]["users"] for row in rows)
    assert total == sum(
        number
        for slot, number in slots.items()
        if (question.start is None or NOON + minutes(10 * slot) >= question.start)
        and (question.end is None or NOON + minutes(10 * slot) < question.end)
    )


def test_order_limit_and_app_choose_slots(site: Site) -> None:
    for slot in range(3):
        counted(site, "a1", "users", NOON + minutes(10 * slot))
    counted(site, "a2", "users", NOON)
    site.core.stats.roll_up(site.tenant_id)

    def begins(question: StatsQuery) -> list[datetime]:
        return [row.begins_at for row in site.core.stats.slots(site.tenant_id, question)]

    assert begins(StatsQuery(newest_first=True, limit=2)) == [NOON + minutes(20), NOON + minutes(10)]
    assert begins(StatsQuery(app="a2")) == [NOON]
    assert site.core.stats.report(site.master, StatsQuery(app="a1", custom_api="hello")) == []


def test_only_the_master_key_reads_and_only_its_own_tenant(site: Site) -> None:
    other = site.core.tenants.create("rival")
    site.core.counters.count(other.id, "b1", "users", NOON)

    for caller in (site.guest, site.user("ann")):
        with pytest.raises(AccessDenied):
            site.core.stats.report(caller, StatsQuery())
    assert site.core.stats.report(site.master, StatsQuery()) == []
    assert [row.tenant for row in site.core.stats.report_all(StatsQuery(total=True))] == [other.id]
    assert site.core.stats.report_all(StatsQuery(tenant=site.tenant_id)) == []
    assert site.core.stats.report_all(StatsQuery(tenant="nobody")) == []


def test_calls_that_cannot_be_written_are_kept_for_the_next_time(site: Site) -> None:
    counters = BufferedCounters(cast("Documents", site.documents))

    def fail() -> None:
        raise Unavailable("gone")

    counters.count(site.tenant_id, "a1", "users", NOON)
    site.documents.before("upsert_one", fail)
    counters.flush()
    counters.count(site.tenant_id, "a1", "users", NOON)
    counters.close()

    site.core.stats.roll_up(site.tenant_id)
    assert site.core.stats.total(site.tenant_id, StatsQuery()).calls == {"a1": {"users": 2}}


def test_every_tenant_is_rolled_up(site: Site) -> None:
    counted(site, "a1", "users", NOON)
    assert site.core.stats.roll_up_all() == 1
