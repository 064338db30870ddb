"""A tenant with two apps, devices that register, queues in memory, and gateways that do as they are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.stored import GROUPS
from chalicelib.core.core import Core
from chalicelib.core.documents import Documents
from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import MAX_RECEIVES, Job
from chalicelib.core.push.batches import Batches
from chalicelib.core.push.delivery import DeliveryService
from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE, FanOut
from chalicelib.core.push.model import NewNotification, Notification, PushInstallation
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.core.push.stored import BATCHES, INSTALLATIONS
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.tenants.model import App, Tenant
from tests.core.site import FixedClock, WatchedDocuments

QUEUES = (EXPAND_QUEUE, DELIVER_QUEUE)
HIDDEN_SECONDS = 600


class MemoryJobs:
    """Queues by a clock: at least once, hidden while worked on, dead after too many attempts."""

    def __init__(self, clock: FixedClock) -> None:
        self._clock = clock
        self._waiting: dict[str, list[tuple[datetime, Job]]] = {}

    def put(self, queue: str, bodies: Sequence[dict[str, Any]], *, delay_seconds: int = 0) -> None:
        due = self._clock.now() + timedelta(seconds=delay_seconds)
        line = self._waiting.setdefault(queue, [])
        line.extend((due, Job(ids.new_id(), queue, dict(body), 0, "")) for body in bodies)

    def take(self, queue: str, most: int, *, hidden_seconds: int, wait_seconds: float = 0) -> list[Job]:
        line, now = self._waiting.setdefault(queue, []), self._clock.now()
        taken: list[Job] = []
        for position, (due, job) in enumerate(line):
            if due <= now and job.attempt < MAX_RECEIVES and len(taken) < most:
                again = Job(job.id, queue, job.body, job.attempt + 1, ids.new_id())
                line[position] = (now + timedelta(seconds=hidden_seconds), again)
                taken.append(again)
        return taken

    def complete(self, job: Job) -> None:
        line = self._waiting[job.queue]
        line[:] = [(due, held) for due, held in line if held.receipt != job.receipt]

    def release(self, job: Job, *, delay_seconds: int) -> None:
        line, due = self._waiting[job.queue], self._clock.now() + timedelta(seconds=delay_seconds)
        line[:] = [(due if held.receipt == job.receipt else at, held) for at, held in line]

    def dead(self, queue: str, most: int = 100) -> list[Job]:
        now = self._clock.now()
        return [job for due, job in self._waiting.get(queue, []) if job.attempt >= MAX_RECEIVES and due <= now][:most]

    def count(self, queue: str) -> int:
        return len(self._waiting.get(queue, []))

    def forget(self) -> None:
        """Loses all jobs."""
        self._waiting.clear()

    def close(self) -> None:
        """Nothing to let go of."""


class Gateway:
    """Remembers what it was handed, by installation; `verdicts` says what becomes of a token, SENT unless told."""

    technologies = frozenset({"apns", "gcm"})

    def __init__(self) -> None:
        self.handed: Counter[str] = Counter()
        self.messages: list[PushMessage] = []
        self.sizes: list[int] = []
        self.verdicts: dict[str, list[Delivery]] = {}
        self.before: Callable[[], object] = lambda: None

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        self.before()
        self.messages.append(message)
        self.sizes.append(len(targets))
        self.handed.update(target.installation for target in targets)
        return [self._verdict(target.token) for target in targets]

    def _verdict(self, token: str) -> Delivery:
        told = self.verdicts.get(token)
        return Delivery.SENT if not told else told.pop(0) if len(told) > 1 else told[0]


class Crash(BaseException):
    """The process dies: nothing in it can catch this."""


class Faulty:
    """Stands before a port and breaks at one of its calls: before it is done, or just after."""

    def __init__(self, inner: Any, fault: Fault) -> None:
        self._inner = inner
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if not callable(method):
            return method

        def called(*args: Any, **kwargs: Any) -> Any:
            self._fault.step(f"before {name}")
            result = method(*args, **kwargs)
            self._fault.step(f"after {name}")
            return result

        return called


@dataclass
class Fault:
    """Breaks at the step of this number, once; counts the steps."""

    at: int
    error: type[BaseException] = Crash
    steps: list[str] = field(default_factory=list)

    def step(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) - 1 == self.at:
            raise self.error("on purpose")


@dataclass
class Site:
    """One tenant of a core whose push runs over `jobs` and `gateway`."""

    core: Core
    watched: WatchedDocuments
    clock: FixedClock
    jobs: MemoryJobs
    gateway: Gateway
    tenant_id: str
    first: App
    second: App
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        return self.core.tenants.get(self.tenant_id)

    def caller(self, app: App | None = None, user: str | None = None, *groups: str) -> Caller:
        return Caller(self.tenant, self.app(app), user, frozenset(groups))

    def master(self, app: App | None = None) -> Caller:
        return Caller(self.tenant, self.app(app), is_master=True)

    def app(self, app: App | None = None) -> App:
        """The app as it is now."""
        wanted = (app or self.first).id
        return next(one for one in self.tenant.apps if one.id == wanted)

    def register(self, token: str = "t1", by: Caller | None = None, **fields: Any) -> PushInstallation:
        return self.core.push.installations.register(by or self.caller(), form(token, **fields))

    def fill(self, count: int, app: App | None = None, **fields: Any) -> None:
        """Registers many installations, without the checks."""
        for number in range(count):
            source = form(f"token-{number}", **fields)
            server = {
                "app": self.app(app).id,
                "etag": "e",
                "createdAt": self.clock.now(),
                "updatedAt": self.clock.now(),
            }
            document = {"_id": ids.new_id()} | source | {"_server": server}
            self.core.documents.insert(self.tenant_id, INSTALLATIONS, document)

    def group(self, name: str, *users: str, inner: str | None = None) -> None:
        """Makes a group, or changes its members, who need not exist."""
        members = {"name": name, "users": list(users), "groups": [] if inner is None else [inner]}
        self.core.documents.upsert_one(self.tenant_id, GROUPS, name, parse_update({"$set": members}))

    def send(
        self,
        query: dict[str, Any] | None = None,
        *,
        by: Caller | None = None,
        receivers: Iterable[str] | None = None,
        **message: Any,
    ) -> Notification:
        new = NewNotification(
            parse_filter(query or {}),
            PushMessage(**{"text": "hello"} | message),
            None if receivers is None else tuple(receivers),
        )
        return self.core.push.notifications.send(by or self.master(), new)

    def report(self, notification: Notification) -> Notification:
        return self.core.push.notifications.get(self.master(), notification.id)

    def stored(self, collection: str = INSTALLATIONS) -> list[dict[str, Any]]:
        return list(self.core.documents.find(self.tenant_id, collection, Query()))

    def batches(self) -> list[dict[str, Any]]:
        return self.stored(BATCHES)

    # --- workers ---

    def work(self, fault: Fault | None = None) -> bool:
        """Runs one job that is due, as a worker does; whether there was one. A crash leaves the job hidden."""
        for queue in QUEUES:
            for job in self.jobs.take(queue, 1, hidden_seconds=HIDDEN_SECONDS):
                self.run(job, fault)
                self.jobs.complete(job)
                return True
        return False

    def run(self, job: Job, fault: Fault | None = None) -> None:
        documents = cast("Documents", Faulty(self.core.documents, fault) if fault else self.core.documents)
        jobs = cast("MemoryJobs", Faulty(self.jobs, fault) if fault else self.jobs)
        gateway = cast("Gateway", Faulty(self.gateway, fault) if fault else self.gateway)
        batches = Batches(documents)
        arguments = (job.body["tenant"], job.body["notification"], job.body["batch"])
        if job.queue == EXPAND_QUEUE:
            FanOut(documents, jobs, batches, self.clock, **self.sizes).expand(*arguments)
        else:
            DeliveryService(documents, jobs, batches, [gateway], self.clock).deliver(*arguments)

    def work_off(self, hours: float = 0, fault: Fault | None = None) -> None:
        """Runs all jobs that are due, and those that become due within so many hours; goes on after a failure."""
        until = self.clock.now() + timedelta(hours=hours)
        while True:
            while self._survive(fault):
                pass
            if self.clock.now() >= until:
                return
            self.clock.advance(seconds=60)

    def _survive(self, fault: Fault | None) -> bool:
        try:
            return self.work(fault)
        except (Crash, Unavailable):
            return True


def form(token: str = "t1", **fields: Any) -> dict[str, Any]:
    """The fields of an installation; a value None leaves the field out."""
    made = {
        "_osType": "android",
        "_osVersion": "30",
        "_deviceToken": token,
        "_pushType": "gcm",
        "_channels": ["news"],
        "_appVersionCode": 6,
        "_appVersionString": "1.0.5",
        "_allowedSenders": ["g:anonymous"],
    } | fields
    return {name: value for name, value in made.items() if value is not None}
