"""The rules for names, mail addresses and passwords of users and groups."""

from __future__ import annotations

import re
import secrets
import string

from chalicelib.core.access.acl import ANONYMOUS, AUTHENTICATED, GROUP_PREFIX
from chalicelib.core.errors import InvalidEmail, InvalidId, InvalidName, InvalidPassword
from chalicelib.core.tenants.model import PasswordPolicy

MAX_USERNAME_LENGTH = 100
"""Characters of a user's name, included. Spec: nec-clients, 2.3."""

MAX_EMAIL_LENGTH = 100
"""Characters of a mail address, included. Spec: nec-rest, 5.1."""

MAX_GROUP_NAME_LENGTH = 100
"""Characters of a group's name, included. Spec: nec-rest, 6.1."""

RANDOM_USERNAME_LENGTH = 8
"""Letters and digits of a name made up for a user who gives none. Spec: nec-rest, 5.1."""

MAX_USER_ID_LENGTH = 40
"""Letters and digits of a user's id, included. Source: our choice; every dialect's ids are shorter."""

EVERYBODY = frozenset({AUTHENTICATED.removeprefix(GROUP_PREFIX), ANONYMOUS.removeprefix(GROUP_PREFIX)})
"""The groups that always exist. Spec: nec-rest, 2.4."""

RESERVED_GROUP_PREFIX = "_EXT-"
"""How the names of groups begin that only the server may create. Spec: nec-rest, 6.1."""

SIGNS = "signs"
"""The kind of every printable ASCII character that is no letter and no digit."""

_KINDS = {
    "A-Z": string.ascii_uppercase,
    "a-z": string.ascii_lowercase,
    "0-9": string.digits,
    SIGNS: string.punctuation + " ",
}

_USER_ID = re.compile(rf"[A-Za-z0-9]{{1,{MAX_USER_ID_LENGTH}}}")
_USERNAME = re.compile(rf"[\x20-\x7e]{{1,{MAX_USERNAME_LENGTH}}}")
_PASSWORD = re.compile(r"[\x20-\x7e]*")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def is_user_id(text: str) -> bool:
    """Whether this could be a user's id; ids of other forms need not be looked up."""
    return _USER_ID.fullmatch(text) is not None


def is_username(text: str) -> bool:
    """Whether a user could have this name."""
    return _USERNAME.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether a user could have this mail address."""
    return len(text) <= MAX_EMAIL_LENGTH and _EMAIL.fullmatch(text) is not None


def is_group_name(text: str) -> bool:
    """Whether a created group could have this name."""
    return (
        1 <= len(text) <= MAX_GROUP_NAME_LENGTH
        and "/" not in text
        and "\x00" not in text
        and text not in EVERYBODY
        and not text.startswith(RESERVED_GROUP_PREFIX)
        and not any("\ud800" <= character <= "\udfff" for character in text)
    )


def check_user_id(user_id: str) -> None:
    """Raises: InvalidId unless the id has 1 to 40 letters and digits."""
    if not is_user_id(user_id):
        raise InvalidId(f"a user's id has 1 to {MAX_USER_ID_LENGTH} letters and digits")


def check_username(name: str) -> None:
    """Raises: InvalidName unless the name has 1 to 100 printable ASCII characters. Spec: nec-clients, 2.3."""
    if not is_username(name):
        raise InvalidName(f"a user's name has 1 to {MAX_USERNAME_LENGTH} printable ASCII characters")


def check_email(address: str) -> None:
    """Raises: InvalidEmail unless it looks like a mail address of at most 100 characters. Spec: nec-rest, 5.1."""
    if not is_email(address):
        raise InvalidEmail(f"not a mail address of at most {MAX_EMAIL_LENGTH} characters")


def wanted_kinds(policy: PasswordPolicy) -> dict[str, int]:
    """How many characters of a kind (`A-Z`, `a-z`, `0-9`, SIGNS) a password must hold, for each kind it must."""
    least = (policy.min_uppercase, policy.min_lowercase, policy.min_digits, policy.min_symbols)
    return {kind: number for kind, number in zip(_KINDS, least, strict=True) if number}


def is_password(text: str, policy: PasswordPolicy) -> bool:
    """Whether a user could have this password: printable ASCII as the policy wants it. Spec: nec-rest, 5.1."""
    if not policy.min_length <= len(text) <= policy.max_length or not _PASSWORD.fullmatch(text):
        return False
    wanted = wanted_kinds(policy)
    return all(sum(map(_KINDS[kind].__contains__, text)) >= number for kind, number in wanted.items())


def check_password(password: str, policy: PasswordPolicy) -> None:
    """Raises: InvalidPassword unless a user could have this password."""
    if not is_password(password, policy):
        kinds = ", ".join(f"{number} of {kind}" for kind, number in wanted_kinds(policy).items())
        raise InvalidPassword(
            f"a password has {policy.min_length} to {policy.max_length} printable ASCII characters"
            + (f", at least {kinds}" if kinds else "")
        )


def check_group_name(name: str) -> None:
    """Raises: InvalidName for a name that is empty, too long, reserved or has a slash. Spec: nec-rest, 2.4 and 6.1."""
    if not is_group_name(name):
        raise InvalidName(
            f"a group's name has 1 to {MAX_GROUP_NAME_LENGTH} characters, no slash, does not begin with "
            f"{RESERVED_GROUP_PREFIX} and is not {' or '.join(sorted(EVERYBODY))}"
        )


def random_username() -> str:
    """A name for a user who gave none."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(RANDOM_USERNAME_LENGTH))
