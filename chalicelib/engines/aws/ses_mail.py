"""Mail by SES. The sender's address must be one that SES has verified; a new account sends only to verified ones."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import Any

from chalicelib.core.errors import InvalidEmail
from chalicelib.core.mail.ports import Mail
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.service_errors import core_errors

MAIL = "the mail service"
CHARSET = "UTF-8"

REFUSED = ("BadRequestException", "InvalidParameterValue")
"""What SES says about an invalid address. MessageRejected is not among them: it is about the sender or the account,
which whoever asks for a mail cannot change. Spec: aws-ses, "SendEmail"."""


class SesMail:
    """The Mailer port on SES. `sender` is who writes when a message does not say so; a name in it may be in any
    alphabet."""

    def __init__(self, clients: Clients, sender: str) -> None:
        self._clients = clients
        self._sender = sender

    def send(self, mail: Mail) -> None:
        if not mail.to.isprintable():
            raise InvalidEmail("the address cannot be written to")
        with core_errors(MAIL, dict.fromkeys(REFUSED, InvalidEmail("the mail service refuses the address"))):
            self._clients.ses.send_email(
                FromEmailAddress=_encoded(mail.sender or self._sender),
                Destination={"ToAddresses": [mail.to]},
                Content={"Simple": _content(mail)},
            )


def _encoded(sender: str) -> str:
    """The sender with its name as headers have it. Raises: InvalidEmail for an address that is not in ASCII."""
    try:
        return formataddr(parseaddr(sender))
    except UnicodeError as error:
        raise InvalidEmail("the sender's address cannot be written") from error


def _content(mail: Mail) -> dict[str, Any]:
    body = {"Text": _text(mail.text)}
    if mail.html is not None:
        body["Html"] = _text(mail.html)
    return {"Subject": _text(mail.subject), "Body": body}


def _text(data: str) -> dict[str, str]:
    return {"Data": data, "Charset": CHARSET}
