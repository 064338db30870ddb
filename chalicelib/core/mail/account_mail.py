"""Mail to users about their accounts: rendered, with links, and handed to the mailer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from enum import Enum

from chalicelib.core.errors import CoreError, Unavailable
from chalicelib.core.mail.ports import Mailer
from chalicelib.core.mail.templates import MailKind, render
from chalicelib.core.tenants.model import Tenant


class MailPage(Enum):
    """The pages that links in mails lead to."""

    PASSWORD_RESET = "password reset"  # noqa: S105 - a page, not a password
    CONFIRMATION = "confirmation"


class AccountMail:
    """Writes to users. Links lead below `link_base_url`, which has no slash at its end, to one of `pages`.

    `pages` are the paths of the pages, with `{tenant}` and `{token}`: which API serves them is not the core's business.
    The base URL is a setting and never taken from a request: anybody can send any Host header, and a link in a mail
    carries a secret.
    """

    def __init__(self, mailer: Mailer, link_base_url: str, pages: Mapping[MailPage, str]) -> None:
        self._mailer = mailer
        self._link_base_url = link_base_url
        self._pages = pages

    def send(self, tenant: Tenant, kind: MailKind, to: str, **facts: str) -> None:
        """Returns once the mail is accepted for delivery. Raises: Unavailable, InvalidEmail."""
        self._mailer.send(render(tenant.settings.mail, kind, to, {"tenant": tenant.name} | facts))

    def notify(self, tenant: Tenant, kind: MailKind, to: str | None, **facts: str) -> None:
        """Sends a notice if the tenant wants notices. A failure is ignored: what it reports has already happened."""
        if tenant.settings.mail.notify_accounts and to is not None:
            with suppress(CoreError):
                self.send(tenant, kind, to, **facts)

    def link(self, tenant: Tenant, page: MailPage, token: str) -> str:
        """The address of a page. Raises: Unavailable when the setting for it is missing."""
        if not self._link_base_url:
            raise Unavailable("no address for links in mails is set: YOROZU_MAIL_LINK_BASE_URL")
        return self._link_base_url + self._pages[page].format(tenant=tenant.id, token=token)
