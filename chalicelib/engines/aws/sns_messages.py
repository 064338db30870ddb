"""Push messages in the JSON that SNS takes, built and checked here: SNS's refusals do not say what is wrong.

The outer object has one text for each platform, and in each text the JSON that the platform's own service takes.
Spec: aws-sns, "Publishing Amazon SNS notifications with platform-specific payloads".
"""

from __future__ import annotations

import json
from typing import Any

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.push.ports import PushMessage

MAX_MESSAGE_BYTES = 262_144
"""The whole message, included. Spec: aws-sns, "Publish"."""

MAX_PAYLOAD_BYTES = 4096
"""What Apple and Google accept for one device, included; SNS accepts more, but the device would get nothing."""

TTL_SECONDS = 28 * 24 * 3600
"""How long a message is kept for a device that is off. Our choice: the longest that FCM allows."""

PLATFORMS: dict[str, tuple[str, ...]] = {"apns": ("APNS", "APNS_SANDBOX"), "gcm": ("GCM",)}
"""What SNS calls the platforms of each technology."""


def sns_message(technology: str, message: PushMessage) -> str:
    """The text to publish to devices of a technology. Raises: LimitExceeded when it is too large for them."""
    payload = _compact(_apns_payload(message) if technology == "apns" else _gcm_payload(message))
    _check_size(payload, MAX_PAYLOAD_BYTES)
    # The default is for platforms that no endpoint here has; SNS still demands one that is not empty.
    whole = _compact({"default": message.text or "-"} | dict.fromkeys(PLATFORMS[technology], payload))
    _check_size(whole, MAX_MESSAGE_BYTES)
    return whole


def sns_attributes(technology: str, message: PushMessage) -> dict[str, dict[str, str]]:
    """The attributes of a message. Spec: aws-sns, "Using Amazon SNS message attributes for mobile"."""
    attributes = {f"AWS.SNS.MOBILE.{platform}.TTL": str(TTL_SECONDS) for platform in PLATFORMS[technology]}
    if technology == "apns":
        # Apple refuses a message that claims to be visible and is not.
        attributes["AWS.SNS.MOBILE.APNS.PUSH_TYPE"] = "background" if _is_silent(message) else "alert"
        attributes["AWS.SNS.MOBILE.APNS.PRIORITY"] = "5" if _is_silent(message) else "10"
    return {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}


def _apns_payload(message: PushMessage) -> dict[str, Any]:
    """What an iOS device gets; the title is for Android alone. Spec: nec-rest, 10.6."""
    aps = {
        "alert": message.text or None,
        "badge": message.badge,
        "sound": message.sound,
        "content-available": 1 if message.content_available else None,
        "category": message.category,
    }
    return message.extras | {"aps": _given(aps)}


def _gcm_payload(message: PushMessage) -> dict[str, Any]:
    """What an Android device gets: data, the values of which FCM demands as text. Spec: nec-rest, 10.6."""
    data = message.extras | _given({"message": message.text, "title": message.title, "uri": message.uri})
    return {"data": {name: value if isinstance(value, str) else _compact(value) for name, value in data.items()}}


def _is_silent(message: PushMessage) -> bool:
    return message.content_available and not message.text and message.badge is None and message.sound is None


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _check_size(text: str, limit: int) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > limit:
        raise LimitExceeded(f"the message is larger than {limit} bytes", limit)
