from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.engines.aws.sns_push import Applications, SnsPush
from tests.aws_server import ACCOUNT, REGION, AwsServer

MESSAGE = PushMessage("hello")
TENANT = "acme"


class Devices:
    """An app with devices, and what SNS has for it."""

    def __init__(self, aws: AwsServer) -> None:
        self.aws = aws
        self.app = uuid.uuid4().hex[:24]
        self.applications = Applications(f"arn:aws:sns:{REGION}:{ACCOUNT}", "yorozu-test-")
        self.gateway = self.new_process()
        for platform in ("APNS", "GCM"):
            aws.clients.sns.create_platform_application(
                Name=f"yorozu-test-{TENANT}_{self.app}", Platform=platform, Attributes={"PlatformCredential": "x"}
            )

    def new_process(self) -> SnsPush:
        """A gateway that remembers nothing."""
        return SnsPush(self.aws.clients, self.applications)

    def device(self, technology: str = "gcm", app: str | None = None) -> Target:
        return Target(TENANT, app or self.app, uuid.uuid4().hex[:24], technology, uuid.uuid4().hex)

    def send(self, target: Target, message: PushMessage = MESSAGE, gateway: SnsPush | None = None) -> Delivery:
        (delivery,) = (gateway or self.gateway).send([target], message)
        return delivery

    def endpoints(self, target: Target) -> list[Any]:
        """What moto keeps for a token."""
        known = self.aws.backend("sns").platform_endpoints.values()
        return [endpoint for endpoint in known if endpoint.token == target.token]

    def endpoint(self, target: Target) -> Any:
        (endpoint,) = self.endpoints(target)
        return endpoint

    def disable(self, target: Target) -> None:
        arn = self.endpoint(target).arn
        self.aws.clients.sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Enabled": "false"})
        # moto compares with a boolean when an endpoint is made again.
        self.endpoint(target).attributes["Enabled"] = False


@pytest.fixture
def devices(aws: AwsServer) -> Devices:
    return Devices(aws)


def test_a_token_has_one_endpoint_however_often_it_is_sent_to(devices: Devices) -> None:
    target = devices.device()
    for gateway in (devices.gateway, devices.gateway, devices.new_process()):
        assert devices.send(target, gateway=gateway) is Delivery.SENT
    endpoint = devices.endpoint(target)
    assert f":endpoint/GCM/yorozu-test-{TENANT}_{devices.app}/" in endpoint.arn
    assert len(endpoint.messages) == 3


def test_what_is_published_is_a_text_for_each_platform(devices: Devices) -> None:
    target = devices.device("apns")
    devices.send(target, PushMessage("こんにちは", badge=2))
    (published,) = devices.endpoint(target).messages.values()
    whole = json.loads(published)
    assert whole.keys() == {"default", "APNS", "APNS_SANDBOX"}
    assert json.loads(whole["APNS"]) == {"aps": {"alert": "こんにちは", "badge": 2}}


def test_an_endpoint_with_other_attributes_is_used_as_it_is(devices: Devices) -> None:
    target = devices.device()
    made = devices.aws.clients.sns.create_platform_endpoint(
        PlatformApplicationArn=devices.applications.arn(TENANT, devices.app, "gcm"),
        Token=target.token,
        CustomUserData="made by somebody else",
    )
    assert devices.send(target) is Delivery.SENT
    assert devices.endpoint(target).arn == made["EndpointArn"]


def test_a_disabled_endpoint_is_dead_and_goes(devices: Devices) -> None:
    target = devices.device()
    devices.send(target)
    devices.disable(target)
    assert devices.send(target) is Delivery.DEAD
    assert devices.endpoints(target) == []


def test_a_disabled_endpoint_is_dead_for_a_new_process_too(devices: Devices) -> None:
    target = devices.device()
    devices.send(target)
    devices.disable(target)
    assert devices.send(target, gateway=devices.new_process()) is Delivery.DEAD


def test_a_token_that_is_registered_again_is_sent_to_again(devices: Devices) -> None:
    target = devices.device()
    devices.send(target)
    devices.disable(target)
    devices.send(target)
    assert devices.send(target) is Delivery.SENT
    assert devices.endpoint(target).enabled


def test_an_endpoint_that_another_process_deleted_is_made_anew(devices: Devices) -> None:
    target = devices.device()
    devices.send(target)
    devices.aws.clients.sns.delete_endpoint(EndpointArn=devices.endpoint(target).arn)
    assert devices.send(target) is Delivery.SENT


def test_an_app_without_credentials_fails_and_its_devices_are_kept(devices: Devices) -> None:
    assert devices.send(devices.device(app="of-nobody")) is Delivery.FAILED


def test_the_operator_is_told_once_what_sns_refuses_and_no_token(devices: Devices) -> None:
    lines: list[str] = []
    gateway = SnsPush(devices.aws.clients, devices.applications, lines.append)
    targets = [devices.device(app="of-nobody"), devices.device(), devices.device(app="of-nobody")]
    gateway.send(targets, MESSAGE)
    gateway.send(targets[1:2], MESSAGE)
    (line,) = map(json.loads, lines)
    assert line == {"event": "push_refused", "apps": sorted({devices.app, "of-nobody"}), "codes": {"NotFound": 2}}


@pytest.mark.parametrize(("characters", "delivery"), [(4000, Delivery.SENT), (4096, Delivery.FAILED)])
def test_a_message_that_is_too_large_for_the_device_is_not_sent(
    devices: Devices, characters: int, delivery: Delivery
) -> None:
    target = devices.device("apns")
    assert devices.send(target, PushMessage("x" * characters)) is delivery
    assert len(devices.endpoints(target)) == (delivery is Delivery.SENT)


def test_each_technology_has_its_own_application() -> None:
    applications = Applications("arn:aws:sns:eu-west-1:1", "dev-", "APNS_SANDBOX")
    assert applications.arn("acme", "app1", "apns") == "arn:aws:sns:eu-west-1:1:app/APNS_SANDBOX/dev-acme_app1"
    assert applications.arn("acme", "app1", "gcm") == "arn:aws:sns:eu-west-1:1:app/GCM/dev-acme_app1"
