from __future__ import annotations

import pytest

from chalicelib.core.accounts.tokens import new_token, parse_token


def test_a_token_names_its_user_and_is_new_each_time() -> None:
    first, second = new_token("ann"), new_token("ann")
    assert first != second
    parsed, other = parse_token(first), parse_token(second)
    assert parsed is not None
    assert other is not None
    assert parsed.user_id == "ann"
    assert parsed.session_id != other.session_id


def test_what_is_stored_of_a_token_does_not_hold_it() -> None:
    token = new_token("ann")
    parsed = parse_token(token)
    assert parsed is not None
    assert parsed.session_id not in token
    assert len(parsed.session_id) == 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "ann",
        "ann.",
        "@tenant." + "a" * 43,
        "ann." + "a" * 42,
        "ann." + "a" * 44,
        "." + "a" * 43,
        "ann." + "あ" * 43,
        "x" * 41 + "." + "a" * 43,
        "ann." + "a" * 43 + "\n",
    ],
)
def test_text_of_another_form_is_no_token(text: str) -> None:
    assert parse_token(text) is None
