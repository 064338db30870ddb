"""The data stack: linted whole, made in part by moto, and read for what nobody can make here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.cloudformation.parsing import resource_class_from_type

from chalicelib.core.jobs import MAX_RECEIVES
from chalicelib.engines.embedded.sqlite_jobs import DEAD_KEPT_SECONDS
from scripts.package import ROOT, lint
from tests.aws_server import ACCOUNT, REGION, AwsServer
from tests.infra.conftest import Template, of_type
from tests.infra.reduced import MADE, NOT_MADE, UnknownType, reduced
from tests.live import PATIENCE_SECONDS

STACK = "yorozu-rehearsal-data"
PARAMETERS = {"Stage": "rehearsal", "ContainerEndpoints": "true", "MailDomain": "example.com", "DatabaseInstances": "3"}
"""Such that every condition holds."""

BYTES_IN_A_CALL = 51_200
"""Spec: aws-cloudformation, "CloudFormation quotas": there is no bucket yet that a larger template could come from."""


@pytest.fixture(scope="session")
def made(aws: AwsServer, data: Template) -> Iterator[Any]:
    """CloudFormation, after it has made what moto can make of the stack: once in each process, for it stays."""
    cloudformation = client(aws, "cloudformation")
    template, _ = reduced(data)
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()]
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(template), Parameters=parameters)
    yield cloudformation
    # The stack stays: moto fails to delete one with endpoints, and no other test uses its names.
    cloudformation.close()


def client(aws: AwsServer, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    # Asked once and with patience: a slow stand-in would refuse to make what it has made already.
    patient = Config(read_timeout=PATIENCE_SECONDS, retries={"total_max_attempts": 1})
    return boto3.client(service, endpoint_url=aws.endpoint_url, region_name=REGION, config=patient, **keys)


def test_the_data_stack_lints_clean() -> None:
    lint(ROOT / "infra" / "data.yaml")


def test_the_template_is_small_enough_to_be_sent_in_the_call() -> None:
    assert (ROOT / "infra" / "data.yaml").stat().st_size < BYTES_IN_A_CALL


def test_the_lists_of_types_agree_with_moto() -> None:
    assert [kind for kind in sorted(MADE) if resource_class_from_type(kind) is None] == []


@pytest.mark.filterwarnings("ignore:No Moto CloudFormation support")
@pytest.mark.parametrize("kind", sorted(NOT_MADE))
def test_what_is_cut_cannot_be_made(kind: str) -> None:
    assert resource_class_from_type(kind) is None


def test_a_type_that_nobody_has_tried_is_an_error(data: Template) -> None:
    strange = {**data, "Resources": {**data["Resources"], "Table": {"Type": "AWS::DynamoDB::Table"}}}
    with pytest.raises(UnknownType, match="DynamoDB"):
        reduced(strange)


def test_every_logical_id_is_made_or_known_to_be_cut(made: Any, data: Template) -> None:
    _, cut = reduced(data)
    resources = made.describe_stack_resources(StackName=STACK)["StackResources"]
    assert {resource.get("LogicalResourceId") for resource in resources} | cut == set(data["Resources"])
    assert {data["Resources"][name]["Type"] for name in cut} == NOT_MADE


def test_the_stack_tells_what_it_made(made: Any) -> None:
    (stack,) = made.describe_stacks(StackName=STACK)["Stacks"]
    told = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert told["FilesBucket"] == f"yorozu-rehearsal-files-{ACCOUNT}"
    assert len(told["SubnetIds"].split(",")) == 2
    assert told["MailDomain"] == "example.com"


def test_the_bucket_of_files_is_encrypted_by_the_key(made: Any, aws: AwsServer) -> None:
    s3, name = client(aws, "s3"), f"yorozu-rehearsal-files-{ACCOUNT}"
    (rule,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    by_default = rule["ApplyServerSideEncryptionByDefault"]
    (stack,) = made.describe_stacks(StackName=STACK)["Stacks"]
    assert by_default["SSEAlgorithm"] == "aws:kms"
    assert by_default["KMSMasterKeyID"] in [output["OutputValue"] for output in stack["Outputs"]]
    s3.close()


def test_a_dead_message_goes_to_the_dead_queue_after_as_many_attempts_as_the_core_says(
    made: Any, aws: AwsServer
) -> None:
    sqs = client(aws, "sqs")
    for queue in ("push-expand", "push-deliver"):
        url = sqs.get_queue_url(QueueName=f"yorozu-rehearsal-{queue}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        redrive = json.loads(attributes["RedrivePolicy"])
        assert redrive["maxReceiveCount"] == MAX_RECEIVES
        assert redrive["deadLetterTargetArn"].endswith(f":yorozu-rehearsal-{queue}-dead")
    sqs.close()


def test_only_the_app_reaches_the_database(made: Any, aws: AwsServer) -> None:
    resources = made.describe_stack_resources(StackName=STACK)["StackResources"]
    ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources if "LogicalResourceId" in one}
    ec2 = client(aws, "ec2")
    (group,) = ec2.describe_security_groups(GroupIds=[ids["DatabaseSecurityGroup"]])["SecurityGroups"]
    (rule,) = group["IpPermissions"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["IpRanges"]) == ("tcp", 27017, 27017, [])
    assert [pair["GroupId"] for pair in rule["UserIdGroupPairs"]] == [ids["AppSecurityGroup"]]
    ec2.close()


def test_the_network_has_no_way_to_the_internet(data: Template) -> None:
    kinds = {part["Type"] for part in data["Resources"].values()}
    assert not kinds & {"AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"}


def test_the_cluster_is_encrypted_backed_up_and_guarded(data: Template) -> None:
    cluster = data["Resources"]["Database"]
    assert (cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"]) == ("Snapshot", "Snapshot")
    properties = cluster["Properties"]
    assert properties["EngineVersion"] == "5.0.0"
    assert properties["StorageEncrypted"] is True
    assert properties["DeletionProtection"] == {"Ref": "Keep"}
    assert data["Parameters"]["Keep"]["Default"] == "true"
    assert data["Parameters"]["DatabaseBackupDays"]["Default"] >= 7
    assert data["Resources"]["DatabaseParameters"]["Properties"]["Parameters"]["tls"] == "enabled"


@pytest.mark.parametrize("bucket", ["FilesBucket", "ArtifactsBucket"])
def test_buckets_are_private(bucket: str, data: Template) -> None:
    # moto's CloudFormation passes over these properties.
    settings = data["Resources"][bucket]["Properties"]["PublicAccessBlockConfiguration"]
    assert list(settings.values()) == [True] * 4


def test_overwritten_files_can_be_brought_back_and_are_forgotten_in_the_end(data: Template) -> None:
    properties = data["Resources"]["FilesBucket"]["Properties"]
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = {key for rule in properties["LifecycleConfiguration"]["Rules"] for key in rule}
    assert {"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration", "ExpiredObjectDeleteMarker"} <= rules


def test_what_holds_data_outlives_its_stack(data: Template) -> None:
    for name in ("FilesBucket", "Key", "DatabaseSecret"):
        assert data["Resources"][name]["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("bucket", ["FilesBucket", "ArtifactsBucket"])
def test_buckets_are_reached_by_tls_only(bucket: str, data: Template) -> None:
    policies = of_type(data, "AWS::S3::BucketPolicy").values()
    (policy,) = [policy for policy in policies if policy["Bucket"] == {"Ref": bucket}]
    tls = {"Bool": {"aws:SecureTransport": "false"}}
    assert [one["Effect"] for one in policy["PolicyDocument"]["Statement"] if one["Condition"] == tls] == ["Deny"]


def test_interface_endpoints_serve_no_other_account(data: Template) -> None:
    endpoints = of_type(data, "AWS::EC2::VPCEndpoint").values()
    for endpoint in (one for one in endpoints if one["VpcEndpointType"] == "Interface"):
        (statement,) = endpoint["PolicyDocument"]["Statement"]
        assert statement["Condition"] == {"StringEquals": {"aws:PrincipalAccount": {"Ref": "AWS::AccountId"}}}


def test_logs_of_the_database_end_and_are_encrypted_by_the_key(data: Template) -> None:
    for group in of_type(data, "AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogDays"}
        assert group["KmsKeyId"] == {"Fn::GetAtt": ["Key", "Arn"]}


def test_every_queue_has_a_dead_queue_and_both_have_alarms(data: Template) -> None:
    queues = of_type(data, "AWS::SQS::Queue")
    alarms = json.dumps(of_type(data, "AWS::CloudWatch::Alarm"))
    for name, queue in queues.items():
        assert f'"{name}", "QueueName"' in alarms
        assert queue["SqsManagedSseEnabled"] is True
        if not name.endswith("DeadQueue"):
            assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
                "Fn::GetAtt": [name.replace("Queue", "DeadQueue"), "Arn"]
            }
            # Longer than the queue's own, or a message would be gone before anybody sees it there.
            dead = queues[name.replace("Queue", "DeadQueue")]
            assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
            assert dead["MessageRetentionPeriod"] == DEAD_KEPT_SECONDS
