"""Mail to users about their accounts: rendered, with links, and handed to the mailer."""

from __future__ import annotations

from contextlib import suppress

from chalicelib.core.errors import CoreError, Unavailable
from chalicelib.core.mail.ports import Mailer
from chalicelib.core.mail.templates import MailKind, render
from chalicelib.core.tenants.model import Tenant


class AccountMail:
    """Writes to users. `link_base_url` is where links lead, without a slash at its end.

    It is a setting and never taken from a request: anybody can send any Host header, and a link in a mail carries a
    secret.
    """

    def __init__(self, mailer: Mailer, link_base_url: str) -> None:
        self._mailer = mailer
        self._link_base_url = link_base_url

    def send(self, tenant: Tenant, kind: MailKind, to: str, **facts: str) -> None:
        """Returns once the mail is accepted for delivery. Raises: Unavailable, InvalidEmail."""
        self._mailer.send(render(tenant.settings.mail, kind, to, {"tenant": tenant.name} | facts))

    def notify(self, tenant: Tenant, kind: MailKind, to: str | None, **facts: str) -> None:
        """Sends a notice if the tenant wants notices. A failure is ignored: what it reports has already happened."""
        if tenant.settings.mail.notify_accounts and to is not None:
            with suppress(CoreError):
                self.send(tenant, kind, to, **facts)

    def link(self, tenant: Tenant, page: str, token: str) -> str:
        """The address of a page. Raises: Unavailable when the setting for it is missing."""
        if not self._link_base_url:
            raise Unavailable("no address for links in mails is set: YOROZU_MAIL_LINK_BASE_URL")
        return f"{self._link_base_url}/1/{tenant.id}/{page}/{token}"
