"""Push by SNS: a platform application for each app and technology, and in it an endpoint for each token.

The operator creates the platform applications, as the keys of Apple and Google belong in AWS and not here:
`<prefix><tenant>_<app>`, of the platform APNS (or APNS_SANDBOX) and GCM. See docs/aws-engines.md.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.service_errors import NO_ANSWER, TIMEOUT, code_of
from chalicelib.engines.aws.sns_messages import sns_attributes, sns_message

AT_ONCE = 10
"""Messages that are sent at the same time: as many as a client has connections."""

BEGUN_WITHIN_SECONDS = 40.0
"""After which the devices that are left come again later. Three calls that time out thrice take 75 seconds more, and a
Lambda that sends is killed after 120: then all of its devices would be sent to again."""

REMEMBERED_ENDPOINTS = 10_000
"""Addresses of endpoints that a process keeps, to save a call; about 2 MB."""

NOT_NOW = frozenset(
    {NO_ANSWER, TIMEOUT, "AuthorizationError", "InternalError", "InternalFailure", "KMSThrottling", "RequestExpired"}
    | {"RequestTimeout", "ServiceUnavailable", "Throttled", "Throttling", "ThrottlingException"}
    | {"TooManyRequestsException", "500", "502", "503", "504"}
)
"""Codes after which the same request may succeed later; the operator will have granted a missing right."""

TOO_LARGE = "TooLarge"
"""Our own code for messages that are not even sent."""

EXISTING_ENDPOINT = re.compile(r"Endpoint (arn:\S+) already exists")
"""How SNS names the endpoint of a token that has other attributes than the ones sent."""

WRONG_TOKEN = re.compile(r"Invalid parameter: Token Reason")
"""How SNS says that it is the token, and not the operator's settings, that it does not take."""

NO_ENDPOINT = re.compile(r"TargetArn|No endpoint found")


@dataclass(frozen=True, slots=True)
class Applications:
    """Where platform applications are: `account_arn` as in `arn:aws:sns:ap-northeast-1:123456789012`, what begins
    their names, and which platform serves Apple's devices: APNS, or APNS_SANDBOX while apps are developed."""

    account_arn: str
    prefix: str = ""
    apns_platform: str = "APNS"

    def arn(self, tenant: str, app: str, technology: str) -> str:
        """The platform application of an app. Spec: aws-sns, "CreatePlatformApplication"."""
        platform = self.apns_platform if technology == "apns" else "GCM"
        return f"{self.account_arn}:app/{platform}/{self.prefix}{tenant}_{app}"


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")


class SnsPush:
    """The PushGateway port on SNS."""

    technologies = frozenset({"apns", "gcm"})

    def __init__(
        self, clients: Clients, applications: Applications, write: Callable[[str], object] = _to_stderr
    ) -> None:
        self._clients = clients
        self._applications = applications
        self._write = write
        self._endpoints: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        refusals: list[str] = []
        begun_by = time.monotonic() + BEGUN_WITHIN_SECONDS
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            deliveries = list(pool.map(lambda target: self._send(target, message, refusals, begun_by), targets))
        if refusals:
            # What the operator can put right: an application that is missing, a right, a limit of the account.
            line = {"event": "push_refused", "apps": sorted({target.app for target in targets})}
            self._write(json.dumps(line | {"codes": Counter(refusals)}))
        return deliveries

    def _send(self, target: Target, message: PushMessage, refusals: list[str], begun_by: float) -> Delivery:
        if time.monotonic() >= begun_by:
            return Delivery.RETRY
        try:
            text = sns_message(target.technology, message)
        except LimitExceeded:
            refusals.append(TOO_LARGE)
            return Delivery.FAILED
        application = self._applications.arn(target.tenant, target.app, target.technology)
        remembered = self._endpoints.get((application, target.token))
        if remembered is not None:
            delivery = self._publish(remembered, target, message, text, refusals)
            if delivery is not None:
                return delivery
            # Somebody has deleted the endpoint: another process that found it disabled, or the operator.
            self._forget(application, target.token)
        endpoint = self._endpoint(application, target.token, refusals)
        if isinstance(endpoint, Delivery):
            return endpoint
        return self._publish(endpoint, target, message, text, refusals) or Delivery.DEAD

    def _publish(
        self, endpoint: str, target: Target, message: PushMessage, text: str, refusals: list[str]
    ) -> Delivery | None:
        """What became of the message; None when there is no such endpoint."""
        try:
            self._clients.sns.publish(
                TargetArn=endpoint,
                MessageStructure="json",
                Message=text,
                MessageAttributes=sns_attributes(target.technology, message),
            )
            return Delivery.SENT
        except Exception as error:
            code = code_of(error)
            if code == "NotFound" or (code == "InvalidParameter" and NO_ENDPOINT.search(str(error))):
                return None
            if code == "EndpointDisabled":
                self._delete(endpoint)
                return Delivery.DEAD
            return _verdict(error, refusals)

    def _endpoint(self, application: str, token: str, refusals: list[str]) -> str | Delivery:
        """The endpoint of a token, made if it is new; or what becomes of messages to it without one."""
        try:
            answer = self._clients.sns.create_platform_endpoint(PlatformApplicationArn=application, Token=token)
            endpoint = str(answer["EndpointArn"])
        except Exception as error:
            if code_of(error) != "InvalidParameter":
                return _verdict(error, refusals)
            existing = EXISTING_ENDPOINT.search(str(error))
            if existing is None:
                # A device is deleted only for a fault of its own: a wrong setting must not cost an app all its devices.
                return Delivery.DEAD if WRONG_TOKEN.search(str(error)) else _verdict(error, refusals)
            # If it is disabled, publishing will find out, and delete it.
            endpoint = existing[1]
        with self._lock:
            self._endpoints[application, token] = endpoint
            if len(self._endpoints) > REMEMBERED_ENDPOINTS:
                self._endpoints.popitem(last=False)
        return endpoint

    def _forget(self, application: str, token: str) -> None:
        with self._lock:
            self._endpoints.pop((application, token), None)

    def _delete(self, endpoint: str) -> None:
        """Deletes a disabled endpoint: if its token is ever registered again, it gets a new one, which is enabled."""
        try:
            self._clients.sns.delete_endpoint(EndpointArn=endpoint)
        except Exception as error:
            if code_of(error) is None:
                raise


def _verdict(error: Exception, refusals: list[str]) -> Delivery:
    """What an error means for the message. A missing or disabled application is not the token's fault."""
    code = code_of(error)
    if code is None:
        raise error
    refusals.append(code)
    return Delivery.RETRY if code in NOT_NOW else Delivery.FAILED
