"""What the functions may do: named actions on named things, and a reason beside each exception."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from scripts.package import ROOT
from tests.infra.conftest import Template, of_type

NO_RESOURCE_LEVEL = {
    "WriteTraces": "X-Ray's actions know no resources.",
    "JoinTheDatabasesNetwork": "Lambda asks for these on all interfaces when it attaches a function to a network.",
    "LeaveTheNetworkToLambdaItself": "It forbids: the function's own code can do none of the above.",
}
"""The statements that may say `Resource: *`, and why. Spec: aws-lambda, "Attaching Lambda functions to a VPC"."""

OPERATIONS = {
    "abort_multipart_upload": "s3:AbortMultipartUpload",
    "complete_multipart_upload": "s3:PutObject",
    "create_multipart_upload": "s3:PutObject",
    "delete_object": "s3:DeleteObject",
    "delete_objects": "s3:DeleteObject",
    "get_object": "s3:GetObject",
    "head_object": "s3:GetObject",
    "list_multipart_uploads": "s3:ListBucketMultipartUploads",
    "list_objects_v2": "s3:ListBucket",
    "list_parts": "s3:ListMultipartUploadParts",
    "put_object": "s3:PutObject",
    "upload_part": "s3:PutObject",
    "send_email": "ses:SendEmail",
    "create_platform_endpoint": "sns:CreatePlatformEndpoint",
    "delete_endpoint": "sns:DeleteEndpoint",
    "publish": "sns:Publish",
    "change_message_visibility": "sqs:ChangeMessageVisibility",
    "change_message_visibility_batch": "sqs:ChangeMessageVisibility",
    "delete_message": "sqs:DeleteMessage",
    "get_queue_attributes": "sqs:GetQueueAttributes",
    "get_queue_url": "sqs:GetQueueUrl",
    "receive_message": "sqs:ReceiveMessage",
    "send_message_batch": "sqs:SendMessage",
}
"""What the engines call, and the right that a call needs. Spec: aws-iam, "Actions, resources, and condition keys"."""

WITHOUT_CALLS = {"generate_presigned_url"}
"""What the engines ask of a client without asking AWS."""

CALLS = re.compile(
    r'get_paginator\("(\w+)"|clients\.(?:s3|sqs|sns|ses)\.(?!get_paginator)(\w+)|'
    r'_pages\(tenant, "(\w+)"|_signed\("[A-Z]+", "(\w+)"'
)

POLICIES = sorted((ROOT / ".chalice").glob("policy-*.json"))


def statements(translated: Template) -> list[tuple[str, dict[str, Any]]]:
    return [
        (role, statement)
        for role, properties in of_type(translated, "AWS::IAM::Role").items()
        for policy in properties["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_no_action_has_a_wildcard(translated: Template) -> None:
    assert [(role, action) for role, one in statements(translated) for action in one["Action"] if "*" in action] == []


def test_only_statements_with_a_reason_are_about_everything(translated: Template) -> None:
    everything = {one["Sid"] for _, one in statements(translated) if "*" in (one["Resource"], *one["Resource"])}
    assert everything == set(NO_RESOURCE_LEVEL)


def test_the_engines_call_only_what_some_function_may_do(translated: Template) -> None:
    sources = (ROOT / "chalicelib" / "engines" / "aws").glob("*.py")
    called = {name for path in sources for found in CALLS.findall(path.read_text()) for name in found if name}
    assert called - WITHOUT_CALLS == set(OPERATIONS)
    allowed = {action for _, one in statements(translated) if one["Effect"] == "Allow" for action in one["Action"]}
    assert set(OPERATIONS.values()) <= allowed


def test_the_network_lets_pass_to_the_files_what_the_functions_may_do_with_them(
    translated: Template, data: Template
) -> None:
    allowed = {action for _, one in statements(translated) for action in one["Action"] if action.startswith("s3:")}
    endpoint = data["Resources"]["S3Endpoint"]["Properties"]["PolicyDocument"]["Statement"]
    (files,) = [one for one in endpoint if one["Sid"] == "OurFiles"]
    assert set(files["Action"]) == allowed


def test_roles_have_no_policies_of_aws_and_are_for_lambda_alone(translated: Template) -> None:
    for properties in of_type(translated, "AWS::IAM::Role").values():
        assert "ManagedPolicyArns" not in properties
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_code_of_a_function_cannot_touch_the_network(translated: Template) -> None:
    for role in of_type(translated, "AWS::IAM::Role"):
        mine = {one["Sid"]: one for name, one in statements(translated) if name == role}
        allowed, forbidden = mine["JoinTheDatabasesNetwork"], mine["LeaveTheNetworkToLambdaItself"]
        assert (allowed["Effect"], forbidden["Effect"]) == ("Allow", "Deny")
        assert allowed["Action"] == forbidden["Action"]


def test_policies_name_only_what_the_app_stack_knows(template: Template) -> None:
    known = set(template["Parameters"]) | {"AWS::Partition", "AWS::Region", "AWS::AccountId", "AWS::StackName"}
    for path in POLICIES:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"\$\{([^}]+)\}", text)) | set(re.findall(r'"Ref": "([^"]+)"', text)) <= known


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_is_used(path: Any) -> None:
    assert f'"{path.name}"' in (ROOT / ".chalice" / "config.json").read_text()


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_names_each_statement_once(path: Any) -> None:
    names = [one["Sid"] for one in json.loads(path.read_text())["Statement"]]
    assert len(set(names)) == len(names)
