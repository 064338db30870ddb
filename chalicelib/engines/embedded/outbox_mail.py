"""Mail without a cloud account: files in a folder, or an SMTP server."""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path
from typing import Literal

from chalicelib.core import ids
from chalicelib.core.errors import InvalidEmail, Unavailable
from chalicelib.core.mail.ports import Mail

SMTP_SECONDS = 15
"""How long to wait for an SMTP server; within the time of one request."""


class OutboxMailer:
    """Writes each mail to a file `<folder>/<time-ordered id>.eml`, for development and small machines."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, mail: Mail) -> None:
        message = to_message(mail, self._sender)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = ids.new_id()
            partial = self._folder / f"{name}.partial"
            # Links in mails are secrets: nobody else on the machine may read them.
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
                target.write(bytes(message))
                target.flush()
                os.fsync(target.fileno())
            partial.rename(self._folder / f"{name}.eml")
        except OSError as error:
            raise Unavailable(f"the mail could not be kept: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """Where an SMTP server is, and how to log in. `security`: `tls` from the start, `starttls`, or `none`."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    user: str = ""
    password: str = field(default="", repr=False)


class SmtpMailer:
    """Hands each mail to an SMTP server."""

    def __init__(self, address: SmtpAddress, sender: str) -> None:
        self._address = address
        self._sender = sender

    def send(self, mail: Mail) -> None:
        message = to_message(mail, self._sender)
        try:
            with self._connect() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise InvalidEmail("the mail server refuses the address") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable("the mail server failed") from error

    def check(self) -> None:
        """Signs in to the server and sends nothing. Raises: Unavailable with what the server or the network said."""
        try:
            with self._connect() as server:
                server.noop()
        except (OSError, smtplib.SMTPException) as error:
            raise Unavailable(
                f"the mail server {self._address.host} port {self._address.port} failed: {error}"
            ) from error

    def _connect(self) -> smtplib.SMTP:
        address = self._address
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if address.security == "tls":
            server = smtplib.SMTP_SSL(address.host, address.port, timeout=SMTP_SECONDS, context=context)
        else:
            server = smtplib.SMTP(address.host, address.port, timeout=SMTP_SECONDS)
        try:
            if address.security == "starttls":
                server.starttls(context=context)
            if address.user:
                server.login(address.user, address.password)
        except BaseException:
            server.close()
            raise
        return server


def to_message(mail: Mail, sender: str) -> EmailMessage:
    """The mail as a MIME message. Raises: InvalidEmail for an address that no header can hold."""
    message = EmailMessage()
    try:
        message["From"] = mail.sender or sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
    except (ValueError, MessageError) as error:
        raise InvalidEmail("the address cannot be written to") from error
    message["Date"] = formatdate(localtime=False)
    # The sender's domain: mail servers regard an id with a domain that does not exist as a sign of spam.
    message["Message-ID"] = make_msgid(domain=parseaddr(mail.sender or sender)[1].rpartition("@")[2] or "localhost")
    # Keeps absence notes from answering. RFC 3834.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message
