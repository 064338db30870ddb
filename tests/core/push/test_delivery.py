from __future__ import annotations

import pytest

from chalicelib.core.errors import DuplicateId, Unavailable
from chalicelib.core.push.batches import LEASE, Batch, Batches
from chalicelib.core.push.delivery import MAX_ATTEMPTS, RETRY_SECONDS
from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE
from chalicelib.core.push.model import PushCounters
from chalicelib.core.push.ports import Delivery
from chalicelib.core.push.stored import BATCHES, NOTIFICATIONS, RECEIVERS
from tests.core.push.devices import HIDDEN_SECONDS, Crash, Fault, Site

SMALL = {"read_size": 40, "batch_size": 10, "batches_per_job": 7}


def test_every_installation_gets_the_message_once_and_is_counted_once(site: Site) -> None:
    site.fill(5_000)
    site.sizes = SMALL
    sent = site.send(title="t", badge=3)
    site.work_off()

    report = site.report(sent)
    assert sent.installations == 5_000
    assert report.counters == PushCounters(queued=5_000, sent=5_000)
    assert report.finished_at is not None
    assert len(site.gateway.handed) == 5_000
    assert set(site.gateway.handed.values()) == {1}
    assert max(site.gateway.sizes) == 10
    assert all((message.text, message.title, message.badge) == ("hello", "t", 3) for message in site.gateway.messages)
    assert [site.jobs.count(queue) for queue in (EXPAND_QUEUE, DELIVER_QUEUE)] == [0, 0]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 39, 40, 41, 80, 281])
def test_pages_and_batches_of_any_size_leave_nobody_out(site: Site, count: int) -> None:
    site.fill(count)
    site.sizes = SMALL
    sent = site.send()
    site.work_off()

    assert site.report(sent).counters == PushCounters(queued=count, sent=count)
    assert len(site.gateway.handed) == count
    assert sorted(batch["number"] for batch in site.batches()) == list(range(len(site.batches())))


def test_a_message_to_nobody_is_finished_at_once(site: Site) -> None:
    sent = site.send()

    assert (sent.installations, sent.finished_at) == (0, site.clock.now())
    assert site.report(sent) == sent
    assert not site.work()


def test_the_report_tells_how_far_the_sending_has_come(site: Site) -> None:
    site.fill(25)
    site.sizes = SMALL
    sent = site.send()
    assert site.report(sent).counters == PushCounters()
    site.work()
    assert (site.report(sent).counters.queued, site.report(sent).counters.waiting) == (25, 25)
    site.work()
    assert site.report(sent).counters == PushCounters(queued=25, sent=10)
    assert site.report(sent).finished_at is None


# --- what gateways say ---


def test_dead_tokens_are_forgotten_and_refused_ones_kept(site: Site) -> None:
    for token in ("good", "dead", "refused"):
        site.register(token)
    site.gateway.verdicts = {"dead": [Delivery.DEAD], "refused": [Delivery.FAILED]}
    sent = site.send()
    site.work_off()

    assert site.report(sent).counters == PushCounters(queued=3, sent=1, dead=1, failed=1)
    assert sorted(document["_deviceToken"] for document in site.stored()) == ["good", "refused"]


def test_a_token_that_changed_while_it_was_sent_to_is_not_dead(site: Site) -> None:
    registered = site.register("old")
    site.gateway.verdicts = {"old": [Delivery.DEAD]}
    site.gateway.before = lambda: site.core.push.installations.update(
        site.caller(), registered.id, {"_deviceToken": "new"}
    )
    site.send()
    site.work_off()

    assert [document["_deviceToken"] for document in site.stored()] == ["new"]


def test_what_is_to_be_tried_again_is_tried_again_later_and_alone(site: Site) -> None:
    slow, quick = site.register("slow"), site.register("quick")
    site.gateway.verdicts = {"slow": [Delivery.RETRY, Delivery.RETRY, Delivery.SENT]}
    sent = site.send()
    site.work_off()
    assert site.report(sent).counters == PushCounters(queued=2, sent=1, retried=1)

    site.clock.advance(seconds=RETRY_SECONDS[0] - 1)
    assert not site.work()
    site.clock.advance(seconds=1)
    assert site.work()
    site.work_off(hours=1)

    assert site.gateway.handed == {slow.id: 3, quick.id: 1}
    assert site.report(sent).counters == PushCounters(queued=2, sent=2, retried=2)
    assert site.report(sent).finished_at is not None


def test_trying_again_ends(site: Site) -> None:
    never = site.register("never")
    site.gateway.verdicts = {"never": [Delivery.RETRY]}
    sent = site.send()
    site.work_off(hours=2)

    assert site.gateway.handed == {never.id: MAX_ATTEMPTS}
    assert site.report(sent).counters == PushCounters(queued=1, failed=1, retried=MAX_ATTEMPTS - 1)
    assert site.report(sent).finished_at is not None


@pytest.mark.parametrize("error", [Unavailable("down"), KeyError("token-1")])
def test_a_gateway_that_breaks_is_tried_again_and_named_in_the_report(site: Site, error: Exception) -> None:
    site.fill(3)
    failures = [error, error]

    def fail() -> None:
        if failures:
            raise failures.pop()

    site.gateway.before = fail
    sent = site.send()
    site.work_off(hours=1)

    report = site.report(sent)
    assert report.counters == PushCounters(queued=3, sent=3, retried=6)
    assert report.problem == type(error).__name__


def test_a_technology_without_a_gateway_fails(site: Site) -> None:
    site.register("listener", _pushType="sse")
    sent = site.send()
    site.work_off()
    assert site.report(sent).counters == PushCounters(queued=1, failed=1)


def test_an_installation_that_is_gone_by_then_counts_as_dead(site: Site) -> None:
    registered = site.register()
    sent = site.send()
    site.work()
    site.core.push.installations.delete(site.caller(), registered.id)
    site.work_off()

    assert site.report(sent).counters == PushCounters(queued=1, dead=1)
    assert not site.gateway.handed


# --- again, and at once ---


def test_jobs_delivered_twice_send_and_count_once(site: Site) -> None:
    site.fill(95)
    site.sizes = SMALL
    sent = site.send()
    seen = []
    for _ in range(200):
        jobs = [
            job
            for queue in (EXPAND_QUEUE, DELIVER_QUEUE)
            for job in site.jobs.take(queue, 1, hidden_seconds=HIDDEN_SECONDS)
        ]
        for job in jobs:
            site.run(job)
            site.jobs.complete(job)
            site.run(job)
            seen.append(job)
    for job in reversed(seen):
        site.run(job)
    site.work_off(hours=1)

    assert set(site.gateway.handed.values()) == {1}
    assert site.report(sent).counters == PushCounters(queued=95, sent=95)


def test_two_workers_cut_a_changing_crowd_into_the_same_batches(site: Site) -> None:
    site.fill(60)
    site.sizes = {"read_size": 20, "batch_size": 10, "batches_per_job": 1}
    sent = site.send()
    (job,) = site.jobs.take(EXPAND_QUEUE, 1, hidden_seconds=HIDDEN_SECONDS)
    crowd = [document["_id"] for document in site.stored()]

    def other_worker() -> None:
        for gone in crowd[3:6]:
            site.core.push.installations.delete(site.caller(), gone)
        site.run(job)

    site.watched.before("insert", other_worker)
    site.run(job)
    site.jobs.complete(job)
    site.work_off()

    assert set(site.gateway.handed.values()) == {1}
    assert len(site.gateway.handed) == 57
    counters = site.report(sent).counters
    assert (counters.queued, counters.sent, counters.waiting) == (57, 57, 0)


def test_a_batch_that_another_worker_has_is_left_alone_until_its_lease_ends(site: Site) -> None:
    site.fill(3)
    sent = site.send()
    site.work()
    (job,) = site.jobs.take(DELIVER_QUEUE, 1, hidden_seconds=HIDDEN_SECONDS)
    others = [job]
    site.gateway.before = lambda: site.run(others.pop()) if others else None
    site.run(job)
    site.jobs.complete(job)
    site.work_off(hours=1)

    assert set(site.gateway.handed.values()) == {1}
    assert site.report(sent).counters == PushCounters(queued=3, sent=3)


def test_a_worker_that_takes_too_long_sends_again_but_does_not_count_again(site: Site) -> None:
    site.fill(3)
    sent = site.send()
    site.work()
    (job,) = site.jobs.take(DELIVER_QUEUE, 1, hidden_seconds=HIDDEN_SECONDS)
    others = [job]

    def take_too_long() -> None:
        if others:
            site.clock.advance(seconds=LEASE.total_seconds())
            site.run(others.pop())

    site.gateway.before = take_too_long
    site.run(job)
    site.jobs.complete(job)
    site.work_off(hours=1)

    assert set(site.gateway.handed.values()) == {2}
    assert site.report(sent).counters == PushCounters(queued=3, sent=3)


@pytest.mark.parametrize("queue", [EXPAND_QUEUE, DELIVER_QUEUE])
def test_jobs_about_what_is_purged_do_nothing(site: Site, queue: str) -> None:
    site.fill(3)
    sent = site.send()
    body = {"tenant": site.tenant_id, "notification": sent.id}
    site.jobs.put(queue, [body | {"batch": 7}, body | {"notification": "unknown", "batch": 0}])
    site.jobs.put(queue, [body | {"tenant": "unknown", "batch": 0}])
    site.work_off()
    assert set(site.gateway.handed.values()) == {1}
    assert site.report(sent).counters == PushCounters(queued=3, sent=3)


def test_a_batch_that_vanishes_while_it_is_made_is_an_error_and_no_loss(site: Site) -> None:
    site.fill(3)
    sent = site.send()
    batch = Batch(sent.id, 0, sent.created_at, None, ("a",), sent.created_at)
    batches = Batches(site.core.documents)
    batches.add(site.tenant_id, batch)
    site.watched.before("find_one", lambda: batches.purge(site.tenant_id, site.clock.now() + LEASE))
    with pytest.raises(DuplicateId):
        batches.add(site.tenant_id, batch)


def test_those_who_register_after_the_sending_do_not_get_it(site: Site) -> None:
    site.fill(5)
    sent = site.send()
    site.clock.advance(seconds=1)
    site.register("late")
    site.work_off()
    assert site.report(sent).counters == PushCounters(queued=5, sent=5)


# --- crashes ---

CROWD = 23


@pytest.mark.parametrize("error", [Crash, Unavailable])
def test_a_crash_at_any_step_loses_nobody_and_counts_nobody_twice(site: Site, error: type[BaseException]) -> None:
    site.fill(CROWD)
    site.sizes = {"read_size": 8, "batch_size": 4, "batches_per_job": 3}
    slow = next(document["_id"] for document in site.stored() if document["_deviceToken"] == "token-3")
    sent_again_after = set()
    at = 0
    while True:
        site.gateway.handed.clear()
        site.gateway.verdicts = {"token-3": [Delivery.RETRY, Delivery.SENT]}
        fault = Fault(at, error)
        sent = site.send()
        site.work_off(hours=1, fault=fault)

        report = site.report(sent)
        counters = report.counters
        assert (counters.queued, counters.sent, counters.failed, counters.dead) == (CROWD, CROWD, 0, 0), fault.steps[at]
        assert report.finished_at is not None, fault.steps[at]
        assert len(site.gateway.handed) == CROWD
        site.gateway.handed.subtract([slow])
        if max(site.gateway.handed.values()) > 1:
            sent_again_after.add(fault.steps[at])
        if len(fault.steps) <= at:
            break
        at += 1
    assert at > 100
    # Only a death between the gateway's answer and the record of it sends anything twice.
    assert sent_again_after <= {"after send", "before update_one"}


def test_a_queue_that_is_down_when_a_message_is_accepted_sends_nothing(site: Site) -> None:
    site.fill(3)

    def fail(*_: object, **__: object) -> None:
        raise Unavailable("down")

    put, site.jobs.put = site.jobs.put, fail  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        site.send()
    site.jobs.put = put  # type: ignore[method-assign]

    assert site.stored(NOTIFICATIONS) == []
    put(EXPAND_QUEUE, [{"tenant": site.tenant_id, "notification": "unknown", "batch": 0}])
    site.work_off()
    assert not site.gateway.handed


def test_what_the_queue_has_put_aside_can_be_resumed(site: Site) -> None:
    site.fill(60)
    site.sizes = {"read_size": 8, "batch_size": 4, "batches_per_job": 3}
    sent = site.send()
    for _ in range(6):
        site.work()
    site.jobs.forget()
    site.work_off(hours=1)
    assert 0 < site.report(sent).counters.sent < 60

    for _ in range(2):
        site.core.push.notifications.resume(site.master(), sent.id)
    site.work_off(hours=1)

    assert site.report(sent).counters == PushCounters(queued=60, sent=60)
    assert len(site.gateway.handed) == 60
    assert set(site.gateway.handed.values()) == {1}
    site.core.push.notifications.resume(site.master(), sent.id)
    assert not site.work()


# --- keeping ---


def test_old_notifications_are_purged_with_all_that_belongs_to_them(site: Site) -> None:
    site.fill(3)
    site.send(receivers=["somebody"])
    site.send()
    site.work_off()
    site.clock.advance(days=29)
    site.send()
    site.clock.advance(days=2)

    assert site.core.purge.run() == 2
    assert len(site.stored(NOTIFICATIONS)) == 1
    assert [site.stored(name) for name in (BATCHES, RECEIVERS)] == [[], []]
    site.work_off()
    assert len(site.batches()) == 1
