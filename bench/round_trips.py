"""Commands that each operation of the core sends to the database, counted over the real driver.

The budget is for a warm process: tenant names, groups and buckets were asked about before. Needs a MongoDB-compatible
server: the one that YOROZU_CONTRACT_MONGO_URI names, or the one that scripts/contract_mongo.sh starts.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.access.acl import parse_acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.model import GroupContents, SignUp, UserChange
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.core.objects.model import Change, Insert, ObjectQuery
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.pipeline import parse_pipeline
from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from chalicelib.settings import Settings

TENANT = "roundtrips"
BUCKET = "scores"
PASSWORD = "Passw0rd"  # noqa: S105 - of a user who lives for a minute
EVERYBODY = ["g:authenticated"]
OPEN = {"r": EVERYBODY, "w": EVERYBODY}

READ_BUDGET, WRITE_BUDGET, LOGIN_BUDGET = 2, 3, 3

Work = Callable[[Core, Caller], Any]

OPERATIONS: tuple[tuple[str, int | None, Work], ...] = (
    ("open the caller", None, lambda core, caller: None),
    ("object: get", READ_BUDGET, lambda core, caller: core.objects.get(caller, BUCKET, "one")),
    ("object: query", READ_BUDGET, lambda core, caller: core.objects.query(caller, BUCKET, _question())),
    ("object: query with count", None, lambda core, caller: core.objects.query(caller, BUCKET, _question(True))),
    ("object: aggregate", READ_BUDGET, lambda core, caller: core.objects.aggregate(caller, BUCKET, _pipeline())),
    ("object: aggregate with a lookup", None, lambda core, caller: core.objects.aggregate(caller, BUCKET, _join())),
    ("object: create", WRITE_BUDGET, lambda core, caller: core.objects.create(caller, BUCKET, {"score": 1})),
    ("object: $inc", WRITE_BUDGET, lambda core, caller: core.objects.update(caller, BUCKET, "one", _increment())),
    ("object: update", WRITE_BUDGET, lambda core, caller: core.objects.update(caller, BUCKET, "one", {"score": 5})),
    (
        "object: overwrite",
        WRITE_BUDGET,
        lambda core, caller: core.objects.overwrite(caller, BUCKET, "one", {"score": 1, "ACL": OPEN}),
    ),
    ("object: batch of 50 inserts", None, lambda core, caller: core.objects.batch(caller, BUCKET, _inserts())),
    ("object: batch of 50 changes", None, lambda core, caller: core.objects.batch(caller, BUCKET, _changes())),
    ("object: mark deleted", WRITE_BUDGET, lambda core, caller: core.objects.mark_deleted(caller, BUCKET, "one")),
    ("object: delete", WRITE_BUDGET, lambda core, caller: core.objects.delete(caller, BUCKET, "one")),
    ("objects: delete many", WRITE_BUDGET, lambda core, caller: core.objects.delete_many(caller, BUCKET, _low())),
    ("user: get", READ_BUDGET, lambda core, caller: core.accounts.get(caller, caller.user or "")),
    ("user: current", READ_BUDGET, lambda core, caller: core.accounts.current(caller)),
    ("user: log in", LOGIN_BUDGET, lambda core, caller: core.accounts.log_in(caller, PASSWORD, username="tarou")),
    (
        "user: update",
        None,
        lambda core, caller: core.accounts.update(caller, caller.user or "", UserChange(options={"level": 1})),
    ),
    ("group: get", None, lambda core, caller: core.groups.get(caller, "players")),
    ("bucket: get", None, lambda core, caller: core.buckets.get(caller, BucketKind.OBJECTS, BUCKET)),
    ("bucket: list", None, lambda core, caller: core.buckets.list(caller, BucketKind.OBJECTS)),
    ("user: log out", None, lambda core, caller: core.accounts.log_out(caller)),
)
"""Name, budget and work; the budget counts the opening of the caller, one command, too."""


WARMING = ("object: get", "user: get", "group: get")
"""Operations run once before any is counted."""


class Counter(CommandListener):
    """Notes the name of each command."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.names.append(event.command_name)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Counted when it started."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Counted when it started."""


def main() -> None:
    if "YOROZU_CONTRACT_MONGO_URI" not in os.environ and not (shutil.which("java") and shutil.which("mvn")):
        print("no server: set YOROZU_CONTRACT_MONGO_URI, or install java and mvn")
        return
    with _server() as uri, TemporaryDirectory() as folder:
        counter = Counter()
        documents = MongoDocuments(uri, database_prefix="bench_", listeners=[counter])
        settings = Settings(data_folder=Path(folder))
        core = assemble(embedded_engines(settings, documents, SystemClock()), settings)
        try:
            _print_counts(core, counter)
        finally:
            core.close()


def _print_counts(core: Core, counter: Counter) -> None:
    tenant, credentials = _credentials(core)
    token = _prepare(core, tenant, credentials)

    def run(work: Work) -> list[str]:
        counter.names.clear()
        work(core, core.authentication.open(tenant, credentials[0], credentials[1], token))
        return list(counter.names)

    for name, _, work in OPERATIONS:
        if name in WARMING:
            _restore(core, tenant)
            run(work)
    print(f"{'operation':34}{'commands':>9}{'budget':>8}  which")
    for name, budget, work in OPERATIONS:
        if name.startswith("object"):
            _restore(core, tenant)
        names = run(work)
        print(f"{name:34}{len(names):9}{budget if budget is not None else '-':>8}  {_listed(names)}")
    core.tenants.delete(tenant)


def _credentials(core: Core) -> tuple[str, tuple[str, str]]:
    tenant = core.tenants.create(TENANT)
    made = core.tenants.create_app(tenant.id, "bench")
    return tenant.id, (made.app.id, made.key)


def _prepare(core: Core, tenant: str, credentials: tuple[str, str]) -> str:
    """A user in a group, a bucket with objects; answers the user's session token."""
    anybody = core.authentication.open(tenant, *credentials, None)
    core.accounts.sign_up(anybody, SignUp(username="tarou", email="tarou@example.com", password=PASSWORD))
    tarou = core.accounts.log_in(anybody, PASSWORD, username="tarou")
    master = Caller(core.tenants.get(tenant), is_master=True)
    readable = parse_acl({"r": EVERYBODY})
    core.groups.create(master, "players", GroupContents(users=[tarou.user.id], acl=readable))
    contents = BucketContents(description="", acl=readable, content_acl=parse_acl(OPEN))
    core.buckets.put(master, BucketKind.OBJECTS, BUCKET, contents)
    return tarou.token


def _restore(core: Core, tenant: str) -> None:
    """Puts the object `one` back, and nothing else."""
    master = Caller(core.tenants.get(tenant), is_master=True)
    core.objects.delete_many(master, BUCKET, parse_filter({}))
    core.objects.create(master, BUCKET, {"_id": "one", "score": 1, "ACL": OPEN})


def _question(with_count: bool = False) -> ObjectQuery:
    condition, order = parse_filter({"score": {"$gt": 0}}), parse_order([("score", 1)])
    return ObjectQuery(filter=condition, order=order, limit=100, with_count=with_count)


def _pipeline() -> Any:
    return parse_pipeline([{"$match": {"score": {"$gt": 0}}}, {"$group": {"_id": None, "sum": {"$sum": "$score"}}}])


def _join() -> Any:
    return parse_pipeline(
        [{"$lookup": {"from": BUCKET, "localField": "score", "foreignField": "score", "as": "equals"}}]
    )


def _increment() -> dict[str, Any]:
    return {"$inc": {"score": 1}}


def _inserts() -> list[Insert]:
    return [Insert({"score": number}) for number in range(50)]


def _changes() -> list[Change]:
    return [Change("one", _increment()) for _ in range(50)]


def _low() -> Any:
    return parse_filter({"score": {"$lt": 0}})


def _listed(names: list[str]) -> str:
    once = list(dict.fromkeys(names))
    return ", ".join(name if names.count(name) == 1 else f"{names.count(name)} {name}" for name in once)


@contextmanager
def _server() -> Iterator[str]:
    """The address of the server to ask; one that is started for this is stopped in the end."""
    given = os.environ.get("YOROZU_CONTRACT_MONGO_URI")
    if given:
        yield given
        return
    script = Path(__file__).resolve().parents[1] / "scripts" / "contract_mongo.sh"
    with subprocess.Popen([str(script), "--serve"], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - it was asked for above
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
