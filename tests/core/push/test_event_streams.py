"""Streams: who may open one, and what they note when they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.core.errors import Unavailable, WrongPassword
from chalicelib.core.push import event_bell
from chalicelib.core.push.event_bell import EventBell
from chalicelib.core.push.event_streams import EventStream
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.dialects.sse.listeners import Listener, listener, new_tenant
from tests.live import PATIENCE_SECONDS


@pytest.fixture
def streaming(tmp_path: Path) -> Iterator[Core]:
    clock = SystemClock()
    settings = Settings(data_folder=tmp_path)
    documents = SqliteDocuments(tmp_path, durability="none", clock=clock)
    core = assemble(embedded_engines(settings, documents, clock), settings)
    yield core
    core.close()


def opened(core: Core, phone: Listener, caller: Caller, last_event_id: str | None = None) -> EventStream:
    return core.push.event_streams.open(caller, phone.id, phone.id, phone.password, last_event_id)


def test_a_stream_begins_with_what_was_missed_and_goes_on(streaming: Core) -> None:
    caller = new_tenant(streaming, "acme")
    phone = listener(streaming, caller)
    phone.receive("one")
    stream = opened(streaming, phone, caller)
    phone.receive("two")
    assert [event.data for event in stream.read()] == ["one", "two"]
    assert stream.read() == []
    stream.close()
    assert opened(streaming, phone, caller).read() == []


def test_who_listens_is_woken_until_the_stream_is_closed(streaming: Core) -> None:
    caller = new_tenant(streaming, "acme")
    phone = listener(streaming, caller)
    stream, other = opened(streaming, phone, caller), opened(streaming, phone, caller)
    rung: list[str] = []
    stream.listen(lambda: rung.append("stream"))
    other.listen(lambda: rung.append("other"))
    phone.receive("one")
    assert sorted(rung) == ["other", "stream"]
    rung.clear()
    stream.close()
    phone.receive("two")
    assert rung == ["other"]
    other.close()


def test_wrong_credentials_open_nothing(streaming: Core) -> None:
    caller = new_tenant(streaming, "acme")
    phone = listener(streaming, caller)
    with pytest.raises(WrongPassword):
        streaming.push.event_streams.open(caller, phone.id, phone.id, "wrong", None)


def test_a_tenant_that_is_gone_or_disabled_ends_its_streams(streaming: Core) -> None:
    caller, other = new_tenant(streaming, "acme"), new_tenant(streaming, "other")
    stays = opened(streaming, listener(streaming, caller), caller)
    goes = opened(streaming, listener(streaming, other), other)
    assert stays.is_open()
    assert goes.is_open()
    streaming.tenants.set_enabled("acme", False)
    streaming.tenants.delete("other")
    assert not stays.is_open()
    assert not goes.is_open()


def test_purging_forgets_the_events_of_yesterday_only(streaming: Core) -> None:
    phone = listener(streaming, new_tenant(streaming, "acme"))
    phone.receive("today")
    streaming.purge.run()
    assert len(streaming.push.events.after(phone.tenant, phone.id, "")) == 1


def test_a_store_that_is_away_delays_a_ring_and_loses_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_bell, "LOOK_SECONDS", 0.01)
    rung = threading.Event()
    answers: list[list[tuple[str, str]] | Unavailable] = [Unavailable("away"), [("phone", "key 1")]]

    def last_keys(tenant: str, installations: Sequence[str], seconds: float) -> Iterator[tuple[str, str]]:
        answer = answers.pop(0) if answers else [("phone", "key 1")]
        if isinstance(answer, Unavailable):
            raise answer
        return iter(answer)

    bell = EventBell(last_keys)
    bell.listen("acme", "phone", rung.set)
    assert rung.wait(PATIENCE_SECONDS)
    bell.close()


def test_nobody_looks_when_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_bell, "LOOK_SECONDS", 0.01)
    bell = EventBell(lambda tenant, installations, seconds: iter(()))
    leave = bell.listen("acme", "phone", lambda: None)
    watch = bell._watch
    leave()
    assert watch is not None
    watch.join(PATIENCE_SECONDS)
    assert not watch.is_alive()
    bell.listen("acme", "phone", lambda: None)
    assert bell._watch is not None
    bell.close()
