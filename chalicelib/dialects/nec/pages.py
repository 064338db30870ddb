"""The small pages that links in mails lead to: without scripts, readable by every browser and screen reader."""

from __future__ import annotations

from html import escape
from string import Template
from urllib.parse import parse_qs

from chalicelib.core.accounts.names import SIGNS, is_password, wanted_kinds
from chalicelib.core.errors import InvalidInput
from chalicelib.core.tenants.model import PasswordPolicy, Tenant
from chalicelib.web.call import Reply

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    # The address holds a secret: no other site may learn it, and none may frame the page.
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
)

_PAGE = Template("""<!doctype html>
<html lang="$lang"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>body{font:1.125rem/1.6 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem}
body{color:#111;background:#fff}label{display:block;margin-top:1rem}
input{font:inherit;width:100%;padding:.5rem;box-sizing:border-box;border:1px solid #555}
button{font:inherit;margin-top:1.5rem;padding:.5rem 1.5rem}[role=alert]{color:#a00}</style></head>
<body><main><h1>$title</h1>$body</main></body></html>
""")

_ENGLISH = {
    "reset_title": "Set a new password",
    "new": "New password",
    "again": "New password again",
    "rule": "$least to $most letters, digits and signs",
    "signs": "signs",
    "kind": "$kind: at least $number",
    "set": "Set password",
    "differ": "The two passwords differ.",
    "wrong": "That password cannot be used.",
    "reset_done": "Your password is set. Sign in with it on all your devices.",
    "confirm_title": "Confirm",
    "confirm_text": "Press the button to confirm.",
    "confirm": "Confirm",
    "confirm_done": "Thank you, it is confirmed.",
}

_JAPANESE = {
    "reset_title": "パスワードの再設定",
    "new": "新しいパスワード",
    "again": "新しいパスワード (確認)",
    "rule": "半角英数記号 $least ~ $most 文字",
    "signs": "記号",
    "kind": "$kind: $number 文字以上",
    "set": "設定する",
    "differ": "2 つのパスワードが一致しません。",
    "wrong": "このパスワードは使用できません。",
    "reset_done": "パスワードを設定しました。すべての端末で新しいパスワードでログインしてください。",
    "confirm_title": "確認",
    "confirm_text": "ボタンを押して確認を完了してください。",
    "confirm": "確認する",
    "confirm_done": "確認が完了しました。ありがとうございます。",
}

_WORDS = {"en": _ENGLISH, "ja": _JAPANESE}


def reset_form(tenant: Tenant, problem: str | None = None) -> Reply:
    """The form for a new password; `problem` names what was wrong with the last try: `differ` or `wrong`."""
    words, policy = _WORDS[tenant.settings.mail.language], tenant.settings.password
    rule = _rule(words, policy)
    alert = "" if problem is None else f'<p role="alert">{words[problem]}</p>'
    fields = "".join(_password_field(name, words[name], policy) for name in ("new", "again"))
    form = f'{alert}<form method="post"><p id="rule">{rule}</p>{fields}<button>{words["set"]}</button></form>'
    return _page(tenant, words["reset_title"], form, 200 if problem is None else 400)


def reset_done(tenant: Tenant) -> Reply:
    """The page after a new password was set."""
    words = _WORDS[tenant.settings.mail.language]
    return _page(tenant, words["reset_title"], f'<p role="status">{words["reset_done"]}</p>')


def confirm_form(tenant: Tenant) -> Reply:
    """A page with a button, because mail scanners open links before people do and must not confirm anything."""
    words = _WORDS[tenant.settings.mail.language]
    form = f'<p>{words["confirm_text"]}</p><form method="post"><button>{words["confirm"]}</button></form>'
    return _page(tenant, words["confirm_title"], form)


def confirm_done(tenant: Tenant) -> Reply:
    """The page after something was confirmed."""
    words = _WORDS[tenant.settings.mail.language]
    return _page(tenant, words["confirm_title"], f'<p role="status">{words["confirm_done"]}</p>')


def password_problem(new: str, again: str, policy: PasswordPolicy) -> str | None:
    """What is wrong with a form that was sent, in the words of `reset_form`; None when nothing is."""
    if new != again:
        return "differ"
    return None if is_password(new, policy) else "wrong"


def new_password(body: bytes) -> tuple[str, str]:
    """The two entries of the password form. Raises: InvalidInput when the body is not a form."""
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=10, errors="strict")
    except ValueError as error:
        raise InvalidInput("not a form") from error
    return fields.get("new", [""])[0], fields.get("again", [""])[0]


def _rule(words: dict[str, str], policy: PasswordPolicy) -> str:
    rule = Template(words["rule"]).substitute(least=policy.least, most=policy.max_length)
    kinds = [
        Template(words["kind"]).substitute(kind=words["signs"] if kind == SIGNS else kind, number=number)
        for kind, number in wanted_kinds(policy).items()
    ]
    return f"{rule} ({', '.join(kinds)})" if kinds else rule


def _password_field(name: str, label: str, policy: PasswordPolicy) -> str:
    return (
        f'<label for="{name}">{label}</label><input id="{name}" name="{name}" type="password" required '
        f'autocomplete="new-password" aria-describedby="rule" minlength="{policy.least}" '
        f'maxlength="{policy.max_length}">'
    )


def _page(tenant: Tenant, title: str, body: str, status: int = 200) -> Reply:
    named = f"{title} - {escape(tenant.name)}"
    return Reply(status, _PAGE.substitute(lang=tenant.settings.mail.language, title=named, body=body), HEADERS)
