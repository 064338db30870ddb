from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import MAIL_PAGES
from chalicelib.core.errors import InvalidInput, Unavailable
from chalicelib.core.mail.account_mail import AccountMail, MailPage
from chalicelib.core.mail.templates import LANGUAGES, MailKind, check_language, check_words, render
from chalicelib.core.tenants.model import MailPolicy
from chalicelib.engines.embedded.outbox_mail import OutboxMailer
from tests.core.site import Site

FACTS = {"tenant": "acme", "username": "ann", "link": "https://x/y", "hours": "24", "minutes": "60"}


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("kind", list(MailKind))
def test_every_occasion_has_words_in_every_language_with_all_facts_filled_in(language: str, kind: MailKind) -> None:
    mail = render(MailPolicy(language=language), kind, "ann@example.com", FACTS)

    assert mail.to == "ann@example.com"
    assert "$" not in mail.subject + mail.text
    assert ("https://x/y" in mail.text) == (kind.value.startswith("confirm") or kind is MailKind.PASSWORD_RESET)


def test_a_tenants_own_words_take_the_place_of_ours() -> None:
    words = check_words({"password_reset.subject": "Hi $username", "password_reset.text": "Go to $link for $$5"})
    policy = MailPolicy(language="en", sender="ACME <a@b.example>", words=words)

    mail = render(policy, MailKind.PASSWORD_RESET, "x@example.com", FACTS)

    assert (mail.subject, mail.text, mail.sender) == ("Hi ann", "Go to https://x/y for $5", "ACME <a@b.example>")


def test_a_name_with_line_breaks_cannot_begin_another_header() -> None:
    facts = FACTS | {"tenant": "acme\r\nBcc: all@example.com"}

    assert "\n" not in render(MailPolicy(), MailKind.SIGNED_UP, "x@example.com", facts).subject


@pytest.mark.parametrize("words", [[], {"x": "y"}, {"password_reset.text": 5}, {"password_reset.text": "$ 5"}])
def test_wrong_words_are_refused(words: Any) -> None:
    with pytest.raises(InvalidInput):
        check_words(words)


def test_a_language_that_nobody_wrote_is_refused() -> None:
    with pytest.raises(InvalidInput):
        check_language("tlh")


def test_a_language_that_mails_are_written_in_is_fine() -> None:
    assert check_language("ja") == "ja"


def test_without_the_setting_no_link_is_mailed(site: Site) -> None:
    mail = AccountMail(OutboxMailer(Path("outbox"), ""), "", MAIL_PAGES)
    with pytest.raises(Unavailable, match="YOROZU_MAIL_LINK_BASE_URL"):
        mail.link(site.tenant, MailPage.CONFIRMATION, "secret")
