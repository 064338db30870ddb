"""The core as bootstrap.py puts it on AWS's services, from end to end: only the database is another one."""

from __future__ import annotations

import io
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from chalicelib.bootstrap import build_core
from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.model import SignUp
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.core import Core
from chalicelib.core.files.model import DownloadConditions, NewFile, UploadPlan
from chalicelib.core.files.ports import SignedRequest
from chalicelib.core.jobs import Job
from chalicelib.core.push.model import NewNotification
from chalicelib.core.push.ports import PushMessage
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.stats.counters import BufferedCounters
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.jobs.queues import DELIVER_QUEUE, EXPAND_QUEUE, QUEUE_JOBS
from chalicelib.settings import Settings
from tests.aws_server import ACCOUNT, REGION, AwsServer
from tests.core.push.devices import form

MIB = 1024 * 1024
EVERYBODY = Acl(r=("g:anonymous",), w=("g:anonymous",))


class Place:
    """A tenant with a bucket for files and an app that pushes."""

    def __init__(self, aws: AwsServer) -> None:
        self.aws = aws
        self.name = f"yorozu-test-{uuid.uuid4().hex[:12]}"
        aws.make_bucket(self.name)
        for queue in (EXPAND_QUEUE, DELIVER_QUEUE):
            aws.make_queue(f"{self.name}-{queue}")
        settings = Settings(
            engine="aws",
            files_bucket=self.name,
            files_prefix="stage/",
            queue_prefix=f"{self.name}-",
            push_account_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}",
            push_application_prefix=f"{self.name}-",
            aws_region=REGION,
            aws_endpoint_url=aws.endpoint_url,
            public_base_url="https://api.example.com/api",
            mail_sender="Yorozu <no-reply@yorozu.example>",
            max_inline_bytes=MIB,
            data_folder=Path("/nonexistent"),
        )
        with (
            mock.patch("chalicelib.bootstrap._mongo_documents", return_value=SqliteDocuments.temporary()),
            mock.patch("chalicelib.engines.aws.documentdb_counters.DocumentDbCounters", BufferedCounters),
        ):
            self.core: Core = build_core(settings)
        self.tenant = self.core.tenants.create("acme").id
        self.app = self.core.tenants.create_app(self.tenant, "an app").app
        aws.clients.sns.create_platform_application(
            Name=f"{self.name}-{self.tenant}_{self.app.id}", Platform="GCM", Attributes={"PlatformCredential": "x"}
        )
        contents = BucketContents("", EVERYBODY, EVERYBODY)
        self.core.buckets.put(self.master, BucketKind.FILES, "box", contents)

    @property
    def master(self) -> Caller:
        return Caller(self.core.tenants.get(self.tenant), self.app, is_master=True)

    @property
    def keys(self) -> list[str]:
        found = self.aws.clients.s3.list_objects_v2(Bucket=self.name).get("Contents", ())
        return [one["Key"] for one in found]

    def create(self, name: str, content: bytes) -> None:
        self.core.files.create(self.master, "box", name, io.BytesIO(content), NewFile("text/plain"))

    def take(self, queue: str) -> list[Job]:
        return self.core.jobs.take(queue, 10, hidden_seconds=30)

    def run(self, job: Job) -> None:
        QUEUE_JOBS[job.queue](self.core, job.body)

    def pushed(self) -> list[int]:
        """How many messages each device got."""
        endpoints = self.aws.backend("sns").platform_endpoints.values()
        return [len(endpoint.messages) for endpoint in endpoints if f"/{self.name}-" in endpoint.arn]


@pytest.fixture
def place(aws: AwsServer) -> Iterator[Place]:
    made = Place(aws)
    yield made
    made.core.close()


def fetch(signed: SignedRequest, content: bytes | None = None) -> Any:
    headers = {"Content-Type": "application/octet-stream"} | signed.headers
    request = urllib.request.Request(signed.url, data=content, headers=headers, method=signed.method)
    return urllib.request.urlopen(request, timeout=10)


def test_a_small_file_comes_through_and_a_large_one_from_s3_itself(place: Place) -> None:
    place.create("small", b"0123456789")
    place.create("猫.txt", b"x" * 9 * MIB)

    small = place.core.downloads.open(place.master, "box", "small", DownloadConditions())
    large = place.core.downloads.open(place.master, "box", "猫.txt", DownloadConditions())

    assert small.chunks is not None
    assert b"".join(small.chunks) == b"0123456789"
    assert large.chunks is None
    assert large.elsewhere is not None
    with fetch(large.elsewhere) as answer:
        assert len(answer.read()) == 9 * MIB
        assert answer.headers["Content-Type"] == "text/plain"
        assert "filename*=UTF-8''%E7%8C%AB.txt" in answer.headers["Content-Disposition"]


def test_a_file_comes_in_parts_that_are_sent_to_s3_itself(place: Place) -> None:
    plan = UploadPlan(9 * MIB, NewFile("video/mp4"))
    upload = place.core.uploads.begin(place.master, "box", "film", plan)
    for number, request in upload.missing.items():
        with fetch(request, b"x" * (8 * MIB if number == 1 else MIB)) as answer:
            assert answer.status == 200

    file = place.core.uploads.complete(place.master, "box", "film", upload.id)

    assert (file.length, file.content_type) == (9 * MIB, "video/mp4")
    assert place.keys == [f"stage/{place.tenant}/{file.blob}"]


def test_what_is_replaced_or_deleted_leaves_nothing_behind(place: Place) -> None:
    place.create("a", b"1")
    place.core.files.replace(place.master, "box", "a", io.BytesIO(b"2"), "text/plain")
    assert len(place.keys) == 1
    place.core.files.delete(place.master, "box", "a")
    assert place.keys == []


def test_a_push_is_queued_cut_and_sent_and_counted(place: Place) -> None:
    for number in range(120):
        place.core.push.installations.register(place.master, form(f"{place.name}-{number}"))
    new = NewNotification(parse_filter({}), PushMessage("hello"), None)
    notification = place.core.push.notifications.send(place.master, new)

    (expand,) = place.take(EXPAND_QUEUE)
    place.run(expand)
    place.run(expand)  # a queue delivers at least once
    place.core.jobs.complete(expand)
    while jobs := place.take(DELIVER_QUEUE):
        for job in jobs:
            place.run(job)
            place.run(job)
            place.core.jobs.complete(job)

    counters = place.core.push.notifications.get(place.master, notification.id).counters
    assert (counters.sent, counters.failed) == (120, 0)
    assert place.pushed() == [1] * 120
    assert place.core.jobs.count(EXPAND_QUEUE) + place.core.jobs.count(DELIVER_QUEUE) == 0


def test_mail_goes_by_ses(place: Place) -> None:
    backend = place.aws.backend("ses")
    if "yorozu.example" not in backend.email_identities:
        place.aws.clients.ses.create_email_identity(EmailIdentity="yorozu.example")
    backend.sent_messages.clear()
    place.core.accounts.sign_up(place.master, SignUp(username="ann", email="ann@example.com", password="Passw0rd"))
    place.core.password_reset.request(place.master, username="ann")
    (mail,) = backend.sent_messages
    assert mail.source == "Yorozu <no-reply@yorozu.example>"
    assert mail.destinations == {"ToAddresses": ["ann@example.com"]}
