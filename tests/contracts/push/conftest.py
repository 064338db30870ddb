"""The gateways that the contract holds."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pytest

from chalicelib.core.push.ports import PushGateway, Target
from chalicelib.engines.aws.sns_push import Applications, SnsPush
from chalicelib.engines.embedded.log_push import LogPush
from tests.aws_server import ACCOUNT, REGION, AwsServer

APPLICATIONS = Applications(f"arn:aws:sns:{REGION}:{ACCOUNT}", "yorozu-test-")


@dataclass(frozen=True)
class Gate:
    """A gateway, and an app whose devices it reaches."""

    gateway: PushGateway
    tenant: str
    app: str

    def device(self, technology: str = "gcm") -> Target:
        """A device that nobody has sent to yet."""
        number = uuid.uuid4().hex
        return Target(self.tenant, self.app, number[:24], technology, number * 2)


def _sns(request: pytest.FixtureRequest, tenant: str, app: str) -> PushGateway:
    aws: AwsServer = request.getfixturevalue("aws")
    for platform in ("APNS", "GCM"):
        aws.clients.sns.create_platform_application(
            Name=f"{APPLICATIONS.prefix}{tenant}_{app}", Platform=platform, Attributes={"PlatformCredential": "x"}
        )
    return SnsPush(aws.clients, APPLICATIONS)


@pytest.fixture(params=["embedded", "aws"])
def gate(request: pytest.FixtureRequest) -> Gate:
    tenant, app = f"t{uuid.uuid4().hex[:8]}", uuid.uuid4().hex[:24]
    gateway: PushGateway = LogPush(len) if request.param == "embedded" else _sns(request, tenant, app)
    return Gate(gateway, tenant, app)
