"""A template cut down to what moto's CloudFormation makes, with an account of what was cut.

moto passes over types that it does not know and still calls the stack complete: that would be a false pass, so a type
that is in neither list here is an error, and both lists are held against moto's own.
"""

from __future__ import annotations

import copy
from typing import Any

MADE = {
    "AWS::EC2::RouteTable",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::EC2::VPC",
    "AWS::EC2::VPCEndpoint",
    "AWS::KMS::Alias",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}
"""What moto makes of our types."""

NOT_MADE = {
    "AWS::CloudWatch::Alarm",
    "AWS::DocDB::DBCluster",
    "AWS::DocDB::DBClusterParameterGroup",
    "AWS::DocDB::DBInstance",
    "AWS::DocDB::DBSubnetGroup",
    "AWS::S3::BucketPolicy",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Subscription",
    "AWS::SecretsManager::Secret",
}
"""What only cfn-lint has looked at."""


class UnknownType(Exception):
    """A type that nobody has tried in moto: it belongs in one of the lists, and in infra/README.md."""


def reduced(template: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """The template without what moto does not make, and the logical ids of what was cut.

    What pointed to something cut becomes a word; outputs that did so are cut too. Raises: UnknownType.
    """
    kept: dict[str, Any] = copy.deepcopy(template)
    unknown = {name: part["Type"] for name, part in kept["Resources"].items() if part["Type"] not in MADE | NOT_MADE}
    if unknown:
        raise UnknownType(unknown)
    cut = {name for name, part in kept["Resources"].items() if part["Type"] in NOT_MADE}
    kept["Resources"] = {name: _without(part, cut) for name, part in kept["Resources"].items() if name not in cut}
    kept["Outputs"] = {name: part for name, part in kept["Outputs"].items() if _without(part, cut) == part}
    for part in kept["Resources"].values():
        if part["Type"] == "AWS::EC2::VPCEndpoint":
            # moto reads this property of interface endpoints too, which have none.
            part["Properties"].setdefault("RouteTableIds", [])
    return kept, cut


def _without(part: Any, cut: set[str]) -> Any:
    if isinstance(part, list):
        return [_without(one, cut) for one in part]
    if not isinstance(part, dict):
        return part
    if _target(part) in cut:
        return f"cut-{_target(part)}"
    return {key: _without(value, cut) for key, value in part.items()}


def _target(part: dict[str, Any]) -> str | None:
    """The logical id that an intrinsic points to."""
    if set(part) == {"Ref"}:
        return str(part["Ref"])
    if set(part) == {"Fn::GetAtt"}:
        place = part["Fn::GetAtt"]
        return str(place[0] if isinstance(place, list) else place.partition(".")[0])
    return None
