"""A process as a Lambda is: the app on the aws engine answers requests, and tells which libraries that took.

Only the database is another one: SQLite's, whose modules say nothing about AWS's. Run as
`python -m tests.engines.aws.one_request`; prints {"statuses": [...], "loaded": [...], "loaded_by_a_file": [...]}.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any
from unittest import mock

import app
from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.stats.counters import BufferedCounters
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.live import reserved_port

SETTINGS = {
    "YOROZU_ENGINE": "aws",
    "YOROZU_MONGO_URI": "mongodb://nowhere.invalid",
    "YOROZU_FILES_BUCKET": "yorozu-test-files",
    "YOROZU_PUSH_ACCOUNT_ARN": "arn:aws:sns:ap-northeast-1:123456789012",
    "YOROZU_AWS_REGION": "ap-northeast-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
}
HEAVY = ("boto3", "botocore", "s3transfer")


def loaded() -> list[str]:
    return [name for name in HEAVY if name in sys.modules]


def event(
    method: str, resource: str, values: dict[str, str], headers: dict[str, str], body: object = None
) -> dict[str, Any]:
    """What API Gateway sends."""
    path = resource.format_map(values)
    context = {"httpMethod": method, "resourcePath": resource, "path": path, "identity": {}}
    return {
        "requestContext": context,
        "path": path,
        "httpMethod": method,
        "headers": headers | {"Content-Type": "application/json"},
        "multiValueQueryStringParameters": None,
        "pathParameters": values,
        "stageVariables": None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def requests() -> Callable[..., int]:
    """A tenant with a bucket of each kind, and what sends a request of its master key and returns the status."""
    core = app.core()
    tenant = core.tenants.create("acme")
    keys = core.tenants.create_app(tenant.id, "an app")
    operator = Caller(core.tenants.get(tenant.id), is_master=True)
    for kind in (BucketKind.OBJECTS, BucketKind.FILES):
        core.buckets.put(operator, kind, "box", BucketContents(""))
    headers = {"X-Application-Id": keys.app.id, "X-Application-Key": keys.master_key}

    def send(method: str, template: str, body: object = None, **values: str) -> int:
        answer = app.app(event(method, template, {"tenant": tenant.id, **values}, headers, body), None)
        return int(answer["statusCode"])

    return send


def main() -> None:
    with reserved_port() as port:
        os.environ.update(SETTINGS | {"YOROZU_AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"})
        answer_three()


def answer_three() -> None:
    with (
        mock.patch("chalicelib.bootstrap._mongo_documents", return_value=SqliteDocuments.temporary()),
        mock.patch("chalicelib.engines.aws.documentdb_counters.DocumentDbCounters", BufferedCounters),
    ):
        send = requests()
    statuses = [
        send("POST", "/1/{tenant}/objects/{bucket}", {"n": 1}, bucket="box"),
        send("GET", "/1/{tenant}/objects/{bucket}", bucket="box"),
    ]
    after_objects = loaded()
    # Nobody listens there: that it answers 503 shows that the file store is the one that was asked.
    statuses.append(send("POST", "/1/{tenant}/files/{bucket}/{name}", {"n": 1}, bucket="box", name="a.json"))
    print(json.dumps({"statuses": statuses, "loaded": after_objects, "loaded_by_a_file": loaded()}))
    app.core.close()


if __name__ == "__main__":
    main()
