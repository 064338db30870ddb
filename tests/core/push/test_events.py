"""The log of events: what is kept, in which order, and where a client goes on."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest

from chalicelib.core.clock import SystemClock
from chalicelib.core.push.events import BEGINNING, KEPT_BYTES, KEPT_EVENTS, EventLog
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.core.site import FixedClock
from tests.live import PATIENCE_SECONDS

TENANT = "acme"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def log(tmp_path: Path, clock: FixedClock) -> EventLog:
    documents = SqliteDocuments(tmp_path, durability="none", clock=clock)
    documents.create_tenant(TENANT)
    return EventLog(documents, clock)


def send(log: EventLog, clock: FixedClock, *texts: str, event_id: str | None = None, to: str = "phone") -> None:
    for text in texts:
        log.append(TENANT, to, event_id, None, text, clock.now())


def texts(log: EventLog, position: str = BEGINNING, of: str = "phone") -> list[str]:
    return [event.data for event in log.after(TENANT, of, position)]


def test_events_are_read_in_the_order_of_their_appending(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "one", "two", "three")
    first, *_ = log.after(TENANT, "phone", BEGINNING)
    assert texts(log) == ["one", "two", "three"]
    assert texts(log, first.key) == ["two", "three"]


def test_an_installation_without_events_has_none(log: EventLog) -> None:
    assert log.position(TENANT, "phone", None) == BEGINNING
    assert log.position(TENANT, "phone", "x") == BEGINNING
    assert texts(log) == []


def test_an_installation_hears_nothing_of_anothers_events(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "secret", to="tablet")
    assert texts(log) == []


def test_an_event_without_id_and_type_gets_an_id_of_its_own_and_the_type_message(
    log: EventLog, clock: FixedClock
) -> None:
    send(log, clock, "one", "two")
    one, two = log.after(TENANT, "phone", BEGINNING)
    assert one.type == two.type == "message"
    assert one.id
    assert one.id != two.id


def test_id_and_type_are_kept_in_one_line(log: EventLog, clock: FixedClock) -> None:
    log.append(TENANT, "phone", "a\r\nb\0c\x7f", "t\nu", "text", clock.now())
    (event,) = log.after(TENANT, "phone", BEGINNING)
    assert (event.id, event.type) == ("abc", "tu")


def test_spaces_that_a_header_does_not_carry_back_are_no_part_of_an_id(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "one", event_id=" a b ")
    assert texts(log, log.position(TENANT, "phone", "a b")) == []


def test_a_client_goes_on_behind_the_event_it_has_seen(log: EventLog, clock: FixedClock) -> None:
    for name in ("a", "b", "c"):
        send(log, clock, f"text {name}", event_id=name)
    assert texts(log, log.position(TENANT, "phone", "b")) == ["text c"]
    assert texts(log, log.position(TENANT, "phone", "c")) == []


def test_of_events_with_one_id_the_newest_counts_as_seen(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "one", "two", event_id="same")
    assert texts(log, log.position(TENANT, "phone", "same")) == []


def test_a_client_that_has_seen_something_unknown_gets_everything_kept(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "one", "two")
    assert texts(log, log.position(TENANT, "phone", "long ago")) == ["one", "two"]


def test_a_client_that_tells_no_id_goes_on_behind_what_was_handed_out(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "one")
    assert texts(log, log.position(TENANT, "phone", None)) == ["one"]
    log.handed_out(TENANT, "phone", log.after(TENANT, "phone", BEGINNING)[-1].key)
    send(log, clock, "two")
    assert texts(log, log.position(TENANT, "phone", None)) == ["two"]
    assert texts(log, log.position(TENANT, "phone", "")) == ["two"]


def test_the_newest_events_are_kept(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, *(str(number) for number in range(KEPT_EVENTS + 5)))
    assert texts(log) == [str(number) for number in range(5, KEPT_EVENTS + 5)]


def test_a_position_that_is_not_kept_any_more_is_before_everything_that_is(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "old")
    position = log.after(TENANT, "phone", BEGINNING)[-1].key
    send(log, clock, *(str(number) for number in range(KEPT_EVENTS)))
    assert texts(log, position) == [str(number) for number in range(KEPT_EVENTS)]


def test_large_events_push_out_more(log: EventLog, clock: FixedClock) -> None:
    large = "x" * (KEPT_BYTES // 3)
    send(log, clock, "small", large, large, large)
    assert texts(log) == [large] * 3
    send(log, clock, "y" * (2 * KEPT_BYTES))
    assert texts(log) == ["y" * (2 * KEPT_BYTES)]


def test_events_of_yesterday_are_not_read_and_then_purged(log: EventLog, clock: FixedClock) -> None:
    send(log, clock, "old")
    send(log, clock, "elsewhere", to="tablet")
    clock.advance(hours=23)
    send(log, clock, "new")
    clock.advance(hours=2)
    assert texts(log) == ["new"]
    assert log.purge(TENANT, clock.now()) == 1
    assert texts(log, of="tablet") == []
    assert texts(log) == ["new"]


def test_nobody_who_reads_on_misses_or_hears_twice_what_many_append_at_once(log: EventLog, clock: FixedClock) -> None:
    writers, each = 4, 20
    heard: list[str] = []

    def write(writer: int) -> None:
        send(log, clock, *(f"{writer}-{number}" for number in range(each)))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    position = BEGINNING
    while len(heard) < writers * each:
        for event in log.after(TENANT, "phone", position):
            heard.append(event.data)
            position = event.key
    for thread in threads:
        thread.join()
    assert Counter(heard) == Counter(f"{writer}-{number}" for writer in range(writers) for number in range(each))
    for writer in range(writers):
        assert [text for text in heard if text.startswith(f"{writer}-")] == [f"{writer}-{n}" for n in range(each)]


def test_an_append_wakes_those_who_listen_to_that_installation_until_they_leave(
    log: EventLog, clock: FixedClock
) -> None:
    rung: list[str] = []
    leave = log.bell.listen(TENANT, "phone", lambda: rung.append("phone"))
    log.bell.listen(TENANT, "tablet", lambda: rung.append("tablet"))
    send(log, clock, "one")
    leave()
    leave()
    send(log, clock, "two")
    log.bell.close()
    assert rung == ["phone"]


def test_an_append_by_another_process_wakes_within_moments_and_once(tmp_path: Path) -> None:
    clock = SystemClock()
    here = EventLog(SqliteDocuments(tmp_path, durability="none"), clock)
    there = EventLog(SqliteDocuments(tmp_path, durability="none"), clock)
    rung = threading.Semaphore(0)
    here.bell.listen(TENANT, "phone", lambda: rung.release())
    there.append(TENANT, "phone", None, None, "text", clock.now())
    assert rung.acquire(timeout=PATIENCE_SECONDS)
    assert not rung.acquire(timeout=2.5)
    here.bell.close()
