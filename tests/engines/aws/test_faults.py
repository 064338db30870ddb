"""AWS failing or slow: every call of every port answers Unavailable or TimedOut, soon, with the cause attached."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.core.clock import SystemClock
from chalicelib.core.errors import TimedOut, Unavailable
from chalicelib.core.files.ports import Blobs, UploadedPart
from chalicelib.core.jobs import Job
from chalicelib.core.mail.ports import Mail
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.s3_blobs import Place, S3Blobs
from chalicelib.engines.aws.ses_mail import SesMail
from chalicelib.engines.aws.sns_push import Applications, SnsPush
from chalicelib.engines.aws.sqs_jobs import SqsJobs
from tests.aws_server import KEYS, REGION
from tests.engines.aws.faults import (
    JSON_ERROR,
    S3_ERROR,
    XML_ERROR,
    FailingServer,
    breaks_off,
    failing_server,
    refuses,
)
from tests.live import reserved_port

JOB = Job("1", "q", {}, 1, "receipt")
LONG = 9 * 1024 * 1024
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def write(blobs: Blobs, length: int) -> int:
    return blobs.write("t", "k", io.BytesIO(b"x" * length), content_type="a/b", max_bytes=LONG)


FILES: dict[str, Callable[[Blobs], object]] = {
    "write": lambda blobs: write(blobs, 10),
    "write in parts": lambda blobs: write(blobs, LONG),
    "open": lambda blobs: blobs.open("t", "k"),
    "open nothing of": lambda blobs: blobs.open("t", "k", 0, 0),
    "delete": lambda blobs: blobs.delete("t", "k"),
    "sweep": lambda blobs: list(blobs.sweep("t", NOW)),
    "delete_tenant": lambda blobs: blobs.delete_tenant("t"),
    "begin_parts": lambda blobs: blobs.begin_parts("t", "k", "a/b"),
    "parts": lambda blobs: blobs.parts("t", "k", "u"),
    "complete_parts": lambda blobs: blobs.complete_parts("t", "k", "u", [UploadedPart(1, "x")], 10),
    "abort_parts": lambda blobs: blobs.abort_parts("t", "k", "u"),
}
QUEUES: dict[str, Callable[[SqsJobs], object]] = {
    "put": lambda jobs: jobs.put("q", [{}]),
    "take": lambda jobs: jobs.take("q", 1, hidden_seconds=1),
    "complete": lambda jobs: jobs.complete(JOB),
    "release": lambda jobs: jobs.release(JOB, delay_seconds=1),
    "dead": lambda jobs: jobs.dead("q"),
    "count": lambda jobs: jobs.count("q"),
}


def impatient(url: str, attempts: int = 1, read_seconds: float = 5.0) -> Clients:
    return Clients(region=REGION, endpoint_url=url, connect_seconds=1.0, read_seconds=read_seconds, attempts=attempts)


@pytest.fixture(scope="module")
def listening() -> Iterator[FailingServer]:
    with pytest.MonkeyPatch.context() as environment, failing_server() as failing:
        for name, value in KEYS.items():
            environment.setenv(name, value)
        yield failing


@pytest.fixture
def server(listening: FailingServer) -> FailingServer:
    """A server that is silent until it is told what to answer."""
    listening.answer, listening.requests = None, 0
    return listening


@pytest.fixture(scope="module")
def clients(listening: FailingServer) -> Iterator[Clients]:
    """Clients that try once."""
    made = impatient(listening.url)
    yield made
    made.close()


@pytest.fixture(scope="module")
def hasty(listening: FailingServer) -> Iterator[Clients]:
    """Clients that lose patience at once, also where SQS may take its time."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("chalicelib.engines.aws.clients.LONG_POLL_SECONDS", 0)
        made = impatient(listening.url, read_seconds=0.1)
        yield made
        made.close()


@pytest.fixture(scope="module")
def lonely(listening: FailingServer) -> Iterator[Clients]:
    """Clients of an address where nobody listens."""
    with reserved_port() as port:
        yield impatient(f"http://127.0.0.1:{port}")


def files(clients: Clients) -> S3Blobs:
    return S3Blobs(clients, Place("bucket"), SystemClock())


def push(clients: Clients) -> list[Delivery]:
    gateway = SnsPush(clients, Applications("arn:aws:sns:ap-northeast-1:1"))
    return gateway.send([Target("t", "a", "i", "gcm", "token")], PushMessage("x"))


def queues(clients: Clients) -> SqsJobs:
    """Queues whose address is known, so that it is the call itself that fails."""
    jobs = SqsJobs(clients)
    jobs._urls = {"q": "http://ignored/1/q", "q-dead": "http://ignored/1/q-dead"}
    return jobs


# --- refused ---


@pytest.mark.parametrize("call", FILES)
@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (403, "AccessDenied")])
def test_files_are_unavailable_when_s3_refuses(
    server: FailingServer, clients: Clients, call: str, status: int, code: str
) -> None:
    server.answer = refuses(status, S3_ERROR.format(code=code))
    with pytest.raises(Unavailable) as caught:
        FILES[call](files(clients))
    assert caught.value.__cause__ is not None
    # An answer to HEAD has no body, and so no code but its status.
    assert caught.value.code in (code, str(status))
    assert code not in caught.value.message


def test_a_bucket_that_is_missing_is_not_a_content_that_is_missing(server: FailingServer, clients: Clients) -> None:
    server.answer = refuses(404, S3_ERROR.format(code="NoSuchBucket"))
    with pytest.raises(Unavailable):
        files(clients).open("t", "k")


@pytest.mark.parametrize("call", QUEUES)
@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalFailure"), (400, "RequestThrottled"), (400, "QueueDoesNotExist")]
)
def test_queues_are_unavailable_when_sqs_refuses(
    server: FailingServer, clients: Clients, call: str, status: int, code: str
) -> None:
    server.answer = refuses(status, JSON_ERROR.format(code=code))
    with pytest.raises(Unavailable):
        QUEUES[call](queues(clients))


@pytest.mark.parametrize("call", ["put", "take", "count"])
def test_a_queue_whose_address_is_not_told_is_unavailable(server: FailingServer, clients: Clients, call: str) -> None:
    server.answer = refuses(400, JSON_ERROR.format(code="QueueDoesNotExist"))
    with pytest.raises(Unavailable):
        QUEUES[call](SqsJobs(clients))


def test_jobs_that_sqs_takes_only_in_part_are_not_put(server: FailingServer, clients: Clients) -> None:
    failed = '{"Successful": [], "Failed": [{"Id": "0", "SenderFault": false, "Code": "InternalError"}]}'
    server.answer = refuses(200, failed)
    with pytest.raises(Unavailable):
        queues(clients).put("q", [{"n": 1}])


@pytest.mark.parametrize(
    ("status", "code", "delivery"),
    [
        (500, "InternalError", Delivery.RETRY),
        (503, "ServiceUnavailable", Delivery.RETRY),
        (400, "Throttling", Delivery.RETRY),
        (429, "Throttled", Delivery.RETRY),
        (403, "AuthorizationError", Delivery.RETRY),
        (404, "NotFound", Delivery.FAILED),
        (400, "PlatformApplicationDisabled", Delivery.FAILED),
        (400, "InvalidParameter", Delivery.FAILED),
    ],
)
def test_a_push_that_sns_refuses_is_tried_again_unless_that_is_useless(
    server: FailingServer, clients: Clients, status: int, code: str, delivery: Delivery
) -> None:
    server.answer = refuses(status, XML_ERROR.format(code=code))
    assert push(clients) == [delivery]


@pytest.mark.parametrize(
    ("reason", "delivery"),
    [
        ("Token Reason: iOS device tokens must be no more than 400 hexadecimal characters", Delivery.DEAD),
        ("PlatformApplicationArn Reason: An ARN must have at least 6 elements, not 1", Delivery.FAILED),
    ],
)
def test_a_device_is_forgotten_for_its_own_token_only(
    server: FailingServer, clients: Clients, reason: str, delivery: Delivery
) -> None:
    refusal = XML_ERROR.format(code="InvalidParameter").replace(">no<", f">Invalid parameter: {reason}<")
    server.answer = refuses(400, refusal)
    assert push(clients) == [delivery]


def test_pushes_that_take_too_long_together_come_again_later(
    server: FailingServer, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.engines.aws.sns_push.BEGUN_WITHIN_SECONDS", 0.0)
    assert push(clients) == [Delivery.RETRY]
    assert server.requests == 0


@pytest.mark.parametrize(
    ("status", "code"), [(500, "InternalFailure"), (429, "TooManyRequestsException"), (400, "MessageRejected")]
)
def test_mail_is_unavailable_when_ses_refuses(server: FailingServer, clients: Clients, status: int, code: str) -> None:
    server.answer = refuses(status, JSON_ERROR.format(code=code))
    with pytest.raises(Unavailable):
        SesMail(clients, "a@b.example").send(Mail("c@d.example", "s", "t"))


# --- silent, gone, or cut off ---


@pytest.mark.parametrize("call", ["write", "write in parts", "open", "delete", "sweep", "parts"])
def test_files_time_out_when_s3_is_silent(server: FailingServer, hasty: Clients, call: str) -> None:
    with pytest.raises(TimedOut):
        FILES[call](files(hasty))


def test_queues_pushes_and_mails_time_out_when_nobody_answers(server: FailingServer, hasty: Clients) -> None:
    with pytest.raises(TimedOut):
        queues(hasty).put("q", [{}])
    with pytest.raises(TimedOut):
        SesMail(hasty, "a@b.example").send(Mail("c@d.example", "s", "t"))
    assert push(hasty) == [Delivery.RETRY]


@pytest.mark.parametrize("call", FILES)
def test_files_are_unavailable_when_nobody_listens(lonely: Clients, call: str) -> None:
    with pytest.raises(Unavailable):
        FILES[call](files(lonely))


def test_queues_pushes_and_mails_are_unavailable_when_nobody_listens(lonely: Clients) -> None:
    for call in QUEUES.values():
        with pytest.raises(Unavailable):
            call(queues(lonely))
    with pytest.raises(Unavailable):
        SesMail(lonely, "a@b.example").send(Mail("c@d.example", "s", "t"))
    assert push(lonely) == [Delivery.RETRY]


def test_a_content_that_breaks_off_is_unavailable_and_not_shorter(server: FailingServer, clients: Clients) -> None:
    server.answer = breaks_off
    chunks = files(clients).open("t", "k")
    assert next(chunks)
    with pytest.raises(Unavailable):
        list(chunks)
    chunks.close()


# --- what is tried again, and what is left behind ---


def test_a_failure_that_passes_is_not_noticed(server: FailingServer) -> None:
    def fails_once(request: object) -> None:
        answer = refuses(503, S3_ERROR.format(code="SlowDown")) if server.requests == 1 else refuses(204, "")
        answer(request)  # type: ignore[arg-type]

    server.answer = fails_once
    clients = impatient(server.url, attempts=2)
    files(clients).delete("t", "k")
    assert server.requests == 2
    clients.close()


def test_without_keys_nothing_is_available(server: FailingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    clients = impatient(server.url)
    with pytest.raises(Unavailable):
        files(clients).delete("t", "k")
    with pytest.raises(Unavailable):
        files(clients).part_request("t", "k", "u", 1, length=1, seconds=60)
    assert server.requests == 0


def test_without_a_region_nothing_is_available(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(Unavailable):
        SqsJobs(Clients()).put("q", [{}])


def test_what_is_no_error_of_aws_is_passed_on(clients: Clients) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ValueError("the sender is gone")

    with pytest.raises(ValueError, match="gone"):
        files(clients).write("t", "k", Broken(), content_type="a/b", max_bytes=1)
