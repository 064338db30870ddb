"""The messages in full: moto takes anything, so the tests of what SNS gets are here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.push.ports import PushMessage
from chalicelib.engines.aws.sns_messages import MAX_PAYLOAD_BYTES, sns_attributes, sns_message

FULL = PushMessage(
    text="こんにちは",
    title="題",
    badge=5,
    sound="sound1.aiff",
    content_available=True,
    category="category1",
    uri="https://example.com/",
    extras={"n": 1, "list": [True], "text": "x"},
)


def payload(technology: str, message: PushMessage, platform: str) -> Any:
    return json.loads(json.loads(sns_message(technology, message))[platform])


def attributes(technology: str, message: PushMessage) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in sns_attributes(technology, message).items()}


def test_apple_gets_its_own_keys_and_the_extras_beside() -> None:
    expected = {
        "n": 1,
        "list": [True],
        "text": "x",
        "aps": {
            "alert": "こんにちは",
            "badge": 5,
            "sound": "sound1.aiff",
            "content-available": 1,
            "category": "category1",
        },
    }
    assert payload("apns", FULL, "APNS") == expected
    assert payload("apns", FULL, "APNS_SANDBOX") == expected


def test_google_gets_data_as_texts() -> None:
    assert payload("gcm", FULL, "GCM") == {
        "data": {
            "message": "こんにちは",
            "title": "題",
            "uri": "https://example.com/",
            "n": "1",
            "list": "[true]",
            "text": "x",
        }
    }


def test_what_is_not_given_is_not_sent() -> None:
    assert payload("apns", PushMessage("x"), "APNS") == {"aps": {"alert": "x"}}
    assert payload("gcm", PushMessage("x"), "GCM") == {"data": {"message": "x"}}


def test_extras_do_not_overwrite_what_the_message_says() -> None:
    message = PushMessage("x", extras={"aps": {"alert": "y"}, "message": "y"})
    assert payload("apns", message, "APNS")["aps"] == {"alert": "x"}
    assert payload("gcm", message, "GCM")["data"]["message"] == "x"


@pytest.mark.parametrize("technology", ["apns", "gcm"])
def test_there_is_a_text_for_every_other_case_which_sns_insists_on(technology: str) -> None:
    assert json.loads(sns_message(technology, FULL))["default"] == "こんにちは"


@pytest.mark.parametrize("technology", ["apns", "gcm"])
def test_the_largest_payload_passes_and_one_byte_more_does_not(technology: str) -> None:
    frame = len(json.loads(sns_message(technology, PushMessage("x")))["APNS" if technology == "apns" else "GCM"]) - 1
    fitting = "x" * (MAX_PAYLOAD_BYTES - frame)
    assert sns_message(technology, PushMessage(fitting))
    with pytest.raises(LimitExceeded):
        sns_message(technology, PushMessage(fitting + "x"))
    with pytest.raises(LimitExceeded):
        sns_message(technology, PushMessage(fitting[1:] + "é"))


def test_what_nobody_sees_is_pushed_in_the_background() -> None:
    silent = attributes("apns", PushMessage("", content_available=True))
    assert silent["AWS.SNS.MOBILE.APNS.PUSH_TYPE"] == "background"
    assert silent["AWS.SNS.MOBILE.APNS.PRIORITY"] == "5"
    assert attributes("apns", FULL)["AWS.SNS.MOBILE.APNS.PUSH_TYPE"] == "alert"


def test_messages_are_kept_for_devices_that_are_off() -> None:
    four_weeks = "2419200"
    assert attributes("gcm", FULL) == {"AWS.SNS.MOBILE.GCM.TTL": four_weeks}
    assert attributes("apns", FULL)["AWS.SNS.MOBILE.APNS.TTL"] == four_weeks
    assert attributes("apns", FULL)["AWS.SNS.MOBILE.APNS_SANDBOX.TTL"] == four_weeks
