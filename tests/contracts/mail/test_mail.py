"""What core/mail/ports.py promises, held against every mailer."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import InvalidEmail
from chalicelib.core.mail.ports import Mail
from tests.contracts.mail.conftest import DOMAIN, SENDER, Post


def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    post.mailer.send(Mail("ann@example.com", "万屋 — パスワードの再設定", "本文\nhttps://x/y?a=b&c=d\n"))
    (mail,) = post.arrived()
    assert (mail.sender, mail.to, mail.subject) == (SENDER, "ann@example.com", "万屋 — パスワードの再設定")
    assert mail.bodies[-1].rstrip() == "本文\nhttps://x/y?a=b&c=d"


def test_the_richer_body_comes_last(post: Post) -> None:
    post.mailer.send(Mail("ann@example.com", "s", "plain", html="<p>本文 &amp; more</p>"))
    (mail,) = post.arrived()
    assert mail.bodies[-1].rstrip() == "<p>本文 &amp; more</p>"


def test_a_mail_may_name_its_sender_in_any_alphabet(post: Post) -> None:
    sender = f"万屋 <shop@{DOMAIN}>"
    post.mailer.send(Mail("ann@example.com", "s", "t", sender=sender))
    (mail,) = post.arrived()
    assert mail.sender == sender


def test_mails_arrive_in_their_order(post: Post) -> None:
    for subject in ("1", "2", "3"):
        post.mailer.send(Mail("ann@example.com", subject, "t"))
    assert [mail.subject for mail in post.arrived()] == ["1", "2", "3"]


@pytest.mark.parametrize("to", ["ann@example.com\nBcc: all@example.com", "ann@example.com\r\nX: y"])
def test_an_address_that_would_add_headers_is_refused(post: Post, to: str) -> None:
    with pytest.raises(InvalidEmail):
        post.mailer.send(Mail(to, "s", "t"))
    assert post.arrived() == []
