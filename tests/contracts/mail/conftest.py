"""The mailers that the contract holds, each with a way to see what it has sent."""

from __future__ import annotations

import email
from collections.abc import Callable
from dataclasses import dataclass
from email import policy
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from chalicelib.core.mail.ports import Mailer
from chalicelib.engines.aws.ses_mail import SesMail
from chalicelib.engines.embedded.outbox_mail import OutboxMailer
from tests.aws_server import AwsServer

DOMAIN = "yorozu.example"
SENDER = f"Yorozu <no-reply@{DOMAIN}>"
"""Who writes when a mail does not say so."""


@dataclass(frozen=True)
class Arrived:
    """A mail as it arrives, the richest of its bodies last."""

    sender: str
    to: str
    subject: str
    bodies: list[str]


@dataclass(frozen=True)
class Post:
    """A mailer and what arrived by it, oldest first."""

    mailer: Mailer
    arrived: Callable[[], list[Arrived]]


def _outbox(request: pytest.FixtureRequest) -> Post:
    folder: Path = request.getfixturevalue("tmp_path") / "outbox"

    def arrived() -> list[Arrived]:
        found = []
        for file in sorted(folder.glob("*.eml")):
            message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            bodies = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
            found.append(Arrived(message["From"], message["To"], message["Subject"], bodies))
        return found

    return Post(OutboxMailer(folder, SENDER), arrived)


def _ses(request: pytest.FixtureRequest) -> Post:
    aws: AwsServer = request.getfixturevalue("aws")
    if DOMAIN not in aws.backend("ses").email_identities:
        aws.clients.ses.create_email_identity(EmailIdentity=DOMAIN)
    sent = aws.backend("ses").sent_messages
    sent.clear()

    def arrived() -> list[Arrived]:
        # moto keeps the richest body only.
        return [
            Arrived(
                str(make_header(decode_header(one.source))), one.destinations["ToAddresses"][0], one.subject, [one.body]
            )
            for one in sent
        ]

    return Post(SesMail(aws.clients, SENDER), arrived)


MADE_BY = {"embedded": _outbox, "aws": _ses}


@pytest.fixture(params=MADE_BY)
def post(request: pytest.FixtureRequest) -> Post:
    return MADE_BY[request.param](request)
