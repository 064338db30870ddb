"""The port to mail: one message to one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as text and, perhaps, HTML; `sender` as an address or as `Name <address>`."""

    to: str
    subject: str
    text: str = field(repr=False)
    html: str | None = field(default=None, repr=False)
    sender: str | None = None


class Mailer(Protocol):
    """Hands messages to whoever delivers them."""

    def send(self, mail: Mail) -> None:
        """Returns once the message is accepted for delivery.

        Raises: Unavailable; InvalidEmail for an address that the mailer refuses.
        """
