"""What mails to users say, in Japanese and English; a tenant may replace each text by its own.

A text is a template of the standard library: `$username`, `$tenant`, `$link`, `$hours` and `$minutes` are filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from string import Template

from chalicelib.core.errors import InvalidInput
from chalicelib.core.mail.ports import Mail
from chalicelib.core.tenants.model import MailPolicy


class MailKind(Enum):
    """The occasions on which users get mail; the value begins the names of a tenant's own words."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 - an occasion, not a password
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    CONFIRM_SIGN_UP = "confirm_sign_up"
    SIGNED_UP = "signed_up"
    CONFIRM_CHANGE = "confirm_change"
    CHANGED = "changed"


Words = tuple[str, str]
"""Subject and text."""

ENGLISH: dict[MailKind, Words] = {
    MailKind.PASSWORD_RESET: (
        "Set a new password for $tenant",
        "Somebody, hopefully you, asked for a new password for $username at $tenant.\n\n"
        "Set it here within $minutes minutes:\n$link\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    ),
    MailKind.PASSWORD_CHANGED: (
        "Your password for $tenant was changed",
        "The password of $username at $tenant was changed just now, and all devices were signed out.\n\n"
        "If it was not you, ask for a new password at once.\n",
    ),
    MailKind.CONFIRM_SIGN_UP: (
        "Confirm your registration at $tenant",
        "Somebody, hopefully you, registered $username at $tenant with this mail address.\n\n"
        "Confirm it here within $hours hours:\n$link\n\n"
        "If it was not you, do nothing: no account is made.\n",
    ),
    MailKind.SIGNED_UP: ("Welcome to $tenant", "The account $username was made at $tenant.\n"),
    MailKind.CONFIRM_CHANGE: (
        "Confirm the change of your account at $tenant",
        "Somebody, hopefully you, wants to change the account $username at $tenant.\n\n"
        "Confirm it here within $hours hours:\n$link\n\n"
        "If it was not you, do nothing: your account stays as it is.\n",
    ),
    MailKind.CHANGED: (
        "Your account at $tenant was changed",
        "The account $username at $tenant was changed just now.\n\n"
        "If it was not you, ask for a new password at once.\n",
    ),
}

JAPANESE: dict[MailKind, Words] = {
    MailKind.PASSWORD_RESET: (
        "[$tenant] パスワードの再設定",
        "$username 様\n\n$tenant のパスワード再設定を受け付けました。\n"
        "$minutes 分以内に次の URL を開き、新しいパスワードを設定してください。\n$link\n\n"
        "お心当たりがない場合は、このメールを破棄してください。パスワードは変わりません。\n",
    ),
    MailKind.PASSWORD_CHANGED: (
        "[$tenant] パスワードを変更しました",
        "$username 様\n\n$tenant のパスワードが変更され、すべての端末からログアウトしました。\n\n"
        "お心当たりがない場合は、すぐにパスワードを再設定してください。\n",
    ),
    MailKind.CONFIRM_SIGN_UP: (
        "[$tenant] 登録のご確認",
        "$username 様\n\n$tenant への登録を受け付けました。\n"
        "$hours 時間以内に次の URL を開き、登録を完了してください。\n$link\n\n"
        "お心当たりがない場合は、このメールを破棄してください。登録は行われません。\n",
    ),
    MailKind.SIGNED_UP: ("[$tenant] 登録が完了しました", "$username 様\n\n$tenant への登録が完了しました。\n"),
    MailKind.CONFIRM_CHANGE: (
        "[$tenant] 登録内容変更のご確認",
        "$username 様\n\n$tenant の登録内容の変更を受け付けました。\n"
        "$hours 時間以内に次の URL を開き、変更を完了してください。\n$link\n\n"
        "お心当たりがない場合は、このメールを破棄してください。登録内容は変わりません。\n",
    ),
    MailKind.CHANGED: (
        "[$tenant] 登録内容を変更しました",
        "$username 様\n\n$tenant の登録内容が変更されました。\n\n"
        "お心当たりがない場合は、すぐにパスワードを再設定してください。\n",
    ),
}

LANGUAGES = {"ja": JAPANESE, "en": ENGLISH}


def check_language(language: str) -> str:
    """Raises: InvalidInput for a language without mails."""
    if language not in LANGUAGES:
        raise InvalidInput(f"mails are written in {' or '.join(sorted(LANGUAGES))}")
    return language


def check_words(words: object) -> tuple[tuple[str, str], ...]:
    """A tenant's own texts, by name. Raises: InvalidInput for an unknown name, or what is not a text or template."""
    names = {f"{kind.value}.{part}" for kind in MailKind for part in ("subject", "text")}
    if not isinstance(words, dict):
        raise InvalidInput("words are an object of texts by name")
    for name, text in words.items():
        if name not in names:
            raise InvalidInput(f"{name} is not one of {', '.join(sorted(names))}")
        if not isinstance(text, str) or not Template(text).is_valid():
            raise InvalidInput(f"{name} is not a text, or has a $ without a name behind it: write $$")
    return tuple(words.items())


def render(policy: MailPolicy, kind: MailKind, to: str, facts: Mapping[str, str]) -> Mail:
    """The mail for an occasion, in the tenant's language and perhaps its own words.

    Its own words are named `<occasion>.subject` and `<occasion>.text`; an unknown `$name` stays as it is written.
    """
    own = dict(policy.words)
    subject, text = LANGUAGES[policy.language][kind]
    subject = own.get(f"{kind.value}.subject", subject)
    text = own.get(f"{kind.value}.text", text)
    # A subject is one line: a name with a line break in it must not begin another header.
    one_line = " ".join(Template(subject).safe_substitute(facts).split())
    return Mail(to=to, subject=one_line, text=Template(text).safe_substitute(facts), sender=policy.sender)
