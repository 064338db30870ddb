"""The mails that the embedded engine has written instead of sending them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path


class Outbox:
    """The mails that were sent, in order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __iter__(self) -> Iterator[EmailMessage]:
        for file in sorted(self._folder.glob("*.eml")):
            message = message_from_bytes(file.read_bytes(), policy=default)
            assert isinstance(message, EmailMessage)
            yield message

    @property
    def addresses(self) -> list[str]:
        return [str(mail["To"]) for mail in self]

    @property
    def token(self) -> str:
        """The secret in the link of the last mail."""
        links = re.findall(r"https://api\.example\.com/api/1/[0-9a-f]{24}/\w+/(\S+)", list(self)[-1].get_content())
        assert len(links) == 1
        return str(links[0])
