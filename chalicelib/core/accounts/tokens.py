"""Session tokens: `<user id>.<secret>`. The id lets one read find the user; only a hash of the whole is stored."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chalicelib.core import ids
from chalicelib.core.accounts.names import MAX_USER_ID_LENGTH

_TOKEN = re.compile(rf"([A-Za-z0-9]{{1,{MAX_USER_ID_LENGTH}}})\.[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A token sent by a client: whose it claims to be, and the id under which its session would be stored."""

    user_id: str
    session_id: str


def new_token(user_id: str) -> str:
    """A token of 256 random bits for a user."""
    return f"{user_id}.{ids.new_secret()}"


def parse_token(text: str) -> SessionToken | None:
    """What a token says; None for text that cannot be a token."""
    match = _TOKEN.fullmatch(text)
    return None if match is None else SessionToken(match[1], ids.hash_secret(text))
