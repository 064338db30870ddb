from __future__ import annotations

import socket
import threading
from email import message_from_bytes
from pathlib import Path

import pytest

from chalicelib.core.errors import InvalidEmail, Unavailable
from chalicelib.core.mail.ports import Mail
from chalicelib.engines.embedded.outbox_mail import OutboxMailer, SmtpAddress, SmtpMailer
from tests.live import reserved_port

MAIL = Mail("ann@example.com", "件名", "本文\nhttps://x/y\n", html="<p>本文</p>")


def test_a_mail_is_a_private_file_that_mail_programs_read(tmp_path: Path) -> None:
    OutboxMailer(tmp_path / "outbox", "Yorozu <no-reply@example.com>").send(MAIL)

    (file,) = (tmp_path / "outbox").iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o077 == 0
    assert b"To: ann@example.com" in file.read_bytes()


def test_a_mails_id_is_of_its_senders_domain_and_absence_notes_stay_away(tmp_path: Path) -> None:
    OutboxMailer(tmp_path / "outbox", "Yorozu <no-reply@example.com>").send(MAIL)

    (file,) = (tmp_path / "outbox").iterdir()
    message = message_from_bytes(file.read_bytes())
    assert message["Message-ID"].endswith("@example.com>")
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("to", ["ann@example.com\nBcc: all@example.com", "ann@example.com\r\nX: y"])
def test_an_address_with_a_line_break_is_refused(tmp_path: Path, to: str) -> None:
    with pytest.raises(InvalidEmail):
        OutboxMailer(tmp_path, "a@b.example").send(Mail(to, "s", "t"))


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with reserved_port() as port, pytest.raises(Unavailable):
        SmtpMailer(SmtpAddress("127.0.0.1", port, "none"), "a@b.example").send(MAIL)


class TinySmtpServer(threading.Thread):
    """Takes one mail; refuses recipients at `refused.example`."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.received = b""

    def run(self) -> None:
        connection, _ = self._socket.accept()
        with self._socket, connection, connection.makefile("rwb") as lines:
            self._say(lines, b"220 tiny")
            while line := lines.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self._say(lines, b"354 go on")
                    while (part := lines.readline()) != b".\r\n":
                        self.received += part
                if verb == b"QUIT":
                    self._say(lines, b"221 bye")
                    return
                self._say(lines, b"550 no" if b"refused.example" in line else b"250 ok")

    def _say(self, lines: object, text: bytes) -> None:
        lines.write(text + b"\r\n")  # type: ignore[attr-defined]
        lines.flush()  # type: ignore[attr-defined]


def test_a_mail_goes_to_the_server() -> None:
    server = TinySmtpServer()
    server.start()

    SmtpMailer(SmtpAddress("127.0.0.1", server.port, "none"), "a@b.example").send(MAIL)

    server.join(10)
    assert b"To: ann@example.com" in server.received


def test_a_refused_address_is_no_address() -> None:
    server = TinySmtpServer()
    server.start()

    with pytest.raises(InvalidEmail):
        SmtpMailer(SmtpAddress("127.0.0.1", server.port, "none"), "a@b.example").send(
            Mail("x@refused.example", "s", "t")
        )
    server.join(10)
