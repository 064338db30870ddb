"""The stack that gives the functions a way out: linted, and read for what it must not open."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from scripts.package import ROOT, lint
from tests.aws_server import REGION, AwsServer
from tests.infra.conftest import Template, of_type, template_of


@pytest.fixture(scope="module")
def outbound() -> Template:
    return template_of(ROOT / "infra" / "outbound.yaml")


def test_the_outbound_stack_lints_clean() -> None:
    lint(ROOT / "infra" / "outbound.yaml")


def test_the_functions_reach_out_through_the_nat_gateway_alone(outbound: Template, aws: AwsServer) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    made: dict[str, Any] = {
        name: boto3.client(name, endpoint_url=aws.endpoint_url, region_name=REGION, **keys)
        for name in ("ec2", "cloudformation")
    }
    ec2 = made["ec2"]
    vpc = ec2.create_vpc(CidrBlock="10.42.0.0/16")["Vpc"]["VpcId"]
    routes = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    given = {"Vpc": vpc, "Routes": routes}
    made["cloudformation"].create_stack(
        StackName="yorozu-rehearsal-outbound",
        TemplateBody=json.dumps(outbound),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    )
    (table,) = ec2.describe_route_tables(RouteTableIds=[routes])["RouteTables"]
    (way,) = [route for route in table["Routes"] if route["DestinationCidrBlock"] == "0.0.0.0/0"]
    assert way["NatGatewayId"].startswith("nat-")
    for client in made.values():
        client.close()


def test_nothing_but_the_nat_gateway_is_in_reach_of_the_internet(outbound: Template) -> None:
    kinds = {part["Type"] for part in outbound["Resources"].values()}
    assert "AWS::EC2::SecurityGroup" not in kinds
    (subnet,) = of_type(outbound, "AWS::EC2::Subnet").values()
    assert "MapPublicIpOnLaunch" not in subnet
