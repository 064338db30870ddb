"""`chalice deploy` against moto: what CloudFormation would be asked for by SAM, asked for call by call.

It is a rehearsal, not the way to deploy: moto checks names, roles, functions, mappings and paths as AWS's APIs do.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from app import app
from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE
from scripts.package import ROOT, SHIPPED
from tests.aws_server import ACCOUNT, AwsServer
from tests.live import PATIENCE_SECONDS

REGION = "eu-central-1"
"""Not the region of other tests: a failed deployment leaves things behind."""

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}

STACK_VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "yorozu-prod",
    "Stage": "prod",
    "FilesBucket": f"yorozu-prod-files-{ACCOUNT}",
    "MailDomain": "example.com",
    "KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
}
"""What CloudFormation would put into the policies."""


def resolved(part: Any) -> Any:
    """A policy with its intrinsics carried out: `chalice deploy` knows none."""
    if isinstance(part, list):
        return [resolved(one) for one in part]
    if not isinstance(part, dict):
        return part
    if set(part) == {"Ref"}:
        return STACK_VALUES[part["Ref"]]
    if set(part) == {"Fn::Sub"}:
        text = part["Fn::Sub"]
        for name, value in STACK_VALUES.items():
            text = text.replace(f"${{{name}}}", value)
        assert "$" not in text
        return text
    return {key: resolved(value) for key, value in part.items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, folder / name)
    for path in (folder / ".chalice").glob("policy-*.json"):
        path.write_text(json.dumps(resolved(json.loads(path.read_text()))))
    # Packaging the requirements is another test's business, and most of the time.
    (folder / "requirements.txt").write_text("")
    return folder


@pytest.fixture(scope="module")
def session(aws: AwsServer) -> Iterator[Any]:
    """Clients of the region that is deployed to, with the queues that the data stack would have made."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
            made[service] = boto3.client(service, endpoint_url=aws.endpoint_url, region_name=REGION, **keys)
        return made[service]

    for queue in (EXPAND_QUEUE, DELIVER_QUEUE):
        client("sqs").create_queue(QueueName=queue)
    yield client
    for one in made.values():
        one.close()


def chalice(project: Path, aws: AwsServer, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= KEYS | {"AWS_ENDPOINT_URL": aws.endpoint_url, "PYTHONPATH": str(ROOT), "HOME": str(project)}
    run = subprocess.run(
        [sys.executable, "-m", "tests.infra.chalice_for_moto", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def deployed(project: Path, aws: AwsServer, session: Any) -> Iterator[str]:
    """What `chalice deploy` printed; everything is deleted again by `chalice delete`."""
    yield chalice(project, aws, "deploy", "--stage", "prod", "--no-autogen-policy")
    chalice(project, aws, "delete", "--stage", "prod")
    assert session("lambda").list_functions()["Functions"] == []
    assert session("apigateway").get_rest_apis()["items"] == []


def test_every_route_arrives_at_the_gateway(deployed: str, session: Any) -> None:
    gateway = session("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    resources = [
        resource
        for page in gateway.get_paginator("get_resources").paginate(restApiId=api["id"], embed=["methods"])
        for resource in page["items"]
    ]
    methods = {(one["path"], method) for one in resources for method in one.get("resourceMethods", {})}
    assert methods == {(path, method) for path, table in app.routes.items() for method in table}
    assert len(resources) < 300
    assert [stage["stageName"] for stage in gateway.get_stages(restApiId=api["id"])["item"]] == ["api"]


def test_every_function_has_the_role_with_its_own_policy(deployed: str, session: Any, project: Path) -> None:
    functions = {one["FunctionName"]: one for one in session("lambda").list_functions()["Functions"]}
    assert set(functions) == {
        f"yorozu-prod-{name}"
        for name in ("expand_pushes", "deliver_pushes", "purge_what_expired", "roll_up_api_calls", "sweep_files")
    } | {"yorozu-prod"}
    iam = session("iam")
    for name, file in (("yorozu-prod-deliver_pushes", "push-deliver"), ("yorozu-prod", "api")):
        role = functions[name]["Role"].rpartition("/")[2]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        assert document == json.loads((project / ".chalice" / f"policy-{file}.json").read_text())


def test_queues_and_schedules_are_connected(deployed: str, session: Any) -> None:
    mappings = session("lambda").list_event_source_mappings()["EventSourceMappings"]
    fed = {one["EventSourceArn"].rpartition(":")[2]: one["FunctionArn"].rpartition(":")[2] for one in mappings}
    assert fed == {EXPAND_QUEUE: "yorozu-prod-expand_pushes", DELIVER_QUEUE: "yorozu-prod-deliver_pushes"}
    rules = session("events").list_rules()["Rules"]
    assert {rule["ScheduleExpression"] for rule in rules} == {"rate(1 hour)", "rate(6 hours)", "rate(10 minutes)"}


def test_deploying_again_changes_nothing_but_the_code(
    deployed: str, project: Path, aws: AwsServer, session: Any
) -> None:
    before = {one["FunctionName"] for one in session("lambda").list_functions()["Functions"]}
    chalice(project, aws, "deploy", "--stage", "prod", "--no-autogen-policy")
    assert {one["FunctionName"] for one in session("lambda").list_functions()["Functions"]} == before
    assert len(session("apigateway").get_rest_apis()["items"]) == 1
