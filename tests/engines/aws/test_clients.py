from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.core.clock import SystemClock
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.s3_blobs import Place, S3Blobs
from tests.aws_server import KEYS, REGION
from tests.live import PATIENCE_SECONDS, clean_environment

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Clients of AWS itself, which nothing here calls."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    made = Clients(region=REGION)
    yield made
    made.close()


def test_requests_for_objects_do_not_load_the_aws_sdk_and_the_first_file_does() -> None:
    program = [sys.executable, "-m", "tests.engines.aws.one_request"]
    done = subprocess.run(
        program,
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "statuses": [200, 200, 503],
        "loaded": [],
        "loaded_by_a_file": ["boto3", "botocore", "s3transfer"],
    }


def test_a_client_is_made_once_for_all_threads(clients: Clients) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(clients.sqs)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(client) for client in found}) == 1


def test_no_call_of_a_request_outlives_the_patience_of_api_gateway(clients: Clients) -> None:
    for client in (clients.s3, clients.sns, clients.ses):
        config = client.meta.config
        assert config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout) < 29


def test_sqs_has_time_to_wait_for_a_message(clients: Clients) -> None:
    assert clients.sqs.meta.config.read_timeout > 20


# --- signed requests, as AWS would get them: the stand-in of the other tests does not check them ---


@pytest.fixture
def blobs(clients: Clients) -> S3Blobs:
    return S3Blobs(clients, Place("files-of-acme", "prod/"), SystemClock())


def test_a_download_is_signed_with_version_4_for_the_bucket_of_the_region(blobs: S3Blobs) -> None:
    signed = blobs.download_request(
        "acme", "box/日本 1", seconds=300, content_type="text/plain", disposition='attachment; filename="a"'
    )
    assert signed is not None
    url, query = urlsplit(signed.url), parse_qs(urlsplit(signed.url).query)
    assert url.scheme == "https"
    assert url.hostname == f"files-of-acme.s3.{REGION}.amazonaws.com"
    assert url.path == "/prod/acme/box/%E6%97%A5%E6%9C%AC%201"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-SignedHeaders"] == ["host"]
    assert query["response-content-type"] == ["text/plain"]
    assert query["response-content-disposition"] == ['attachment; filename="a"']
    assert abs(signed.expires_at - SystemClock().now() - timedelta(seconds=300)) < timedelta(seconds=10)


def test_a_part_is_signed_for_its_number_and_length_and_for_no_checksum_that_clients_would_have_to_send(
    blobs: S3Blobs,
) -> None:
    signed = blobs.part_request("acme", "box/1", "upload-1", 7, length=9, seconds=3600)
    query = parse_qs(urlsplit(signed.url).query)
    assert signed.method == "PUT"
    assert signed.headers == {}
    assert (query["uploadId"], query["partNumber"]) == (["upload-1"], ["7"])
    assert query["X-Amz-SignedHeaders"] == ["content-length;host"]
    assert not [name for name in query if "checksum" in name.lower()]
