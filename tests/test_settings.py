"""Settings from the environment, and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.settings import InvalidSetting, Settings


def test_without_variables_every_setting_has_its_default() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings()
    assert settings.engine == "embedded"
    assert settings.data_folder == Path("data")


def test_variables_are_read_with_their_types() -> None:
    settings = Settings.from_environment({"YOROZU_DATA_FOLDER": "/d", "YOROZU_MAX_BODY_BYTES": "12", "OTHER": "x"})
    assert (settings.data_folder, settings.max_body_bytes) == (Path("/d"), 12)


def test_an_empty_variable_means_the_default() -> None:
    assert Settings.from_environment({"YOROZU_LOG_LEVEL": ""}).log_level == "INFO"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YOROZU_ENGINE", "azure"),
        ("YOROZU_DURABILITY", "none"),
        ("YOROZU_LOG_LEVEL", "info"),
        ("YOROZU_MAX_OBJECT_BYTES", "0"),
        ("YOROZU_QUERY_TIMEOUT_MS", "ten"),
        ("YOROZU_REQUEST_TOKEN_HOURS", "-1"),
    ],
)
def test_a_wrong_value_fails_with_the_variables_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=f"^{name} must be "):
        Settings.from_environment({name: value})


@pytest.mark.parametrize("missing", ["YOROZU_MONGO_URI", "YOROZU_FILES_BUCKET"])
def test_the_aws_engine_needs_an_address_and_a_bucket(missing: str) -> None:
    variables = {"YOROZU_ENGINE": "aws", "YOROZU_MONGO_URI": "mongodb://h", "YOROZU_FILES_BUCKET": "b"}
    assert Settings.from_environment(variables).engine == "aws"
    with pytest.raises(InvalidSetting, match=f"{missing} is missing"):
        Settings.from_environment(variables | {missing: ""})


def test_settings_survive_the_way_through_the_environment() -> None:
    settings = Settings(
        engine="aws", mongo_uri="mongodb://h", files_bucket="b", data_folder=Path("/d"), query_timeout_ms=5
    )
    assert Settings.from_environment(settings.to_environment()) == settings


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    assert "hush" not in repr(Settings(mongo_uri="mongodb://u:hush@h", client_certificate_token="hush"))
