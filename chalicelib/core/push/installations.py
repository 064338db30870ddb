"""Installations: registered, read, changed, forgotten and listed, each within the caller's app.

Whoever knows an installation's id may change it: the id is the client's secret. Spec: nec-rest, 10.1 to 10.5.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import require
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    DuplicateKey,
    InstallationNotFound,
    InvalidInput,
    RequestConflict,
)
from chalicelib.core.push.changes import installation_change
from chalicelib.core.push.credentials import EventPasswords
from chalicelib.core.push.form import TECHNOLOGY, TOKEN, checked_form
from chalicelib.core.push.model import PushInstallation
from chalicelib.core.push.queries import check_query, misuse_is_invalid
from chalicelib.core.push.stored import (
    APP,
    ETAG,
    ID,
    INSTALLATIONS,
    OWNER,
    SERVER,
    client_fields,
    installation_document,
    installation_from_document,
    of_app,
)
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document

ATTEMPTS = 5
"""How often a write is tried when other writes of the same installation keep getting in first."""

_BY_ID = parse_order([(ID, 1)])


class InstallationsService:
    """What a caller may do with the installations of its app."""

    def __init__(self, documents: Documents, passwords: EventPasswords, clock: Clock) -> None:
        self._documents = documents
        self._passwords = passwords
        self._clock = clock

    def register(self, caller: Caller, fields: Document) -> PushInstallation:
        """A new installation; or the one with the same app, device token and technology, overwritten under its old id.

        Raises: InvalidInput when a field is missing or wrong; InvalidDocument; DocumentTooLarge; RequestConflict.
        Spec: nec-rest, 10.1; nec-clients, 7.1.
        """
        if caller.app is None:
            raise AccessDenied("an installation belongs to an app")
        form = checked_form(client_fields(fields))
        device = parse_filter({APP: caller.app.id, TECHNOLOGY: form[TECHNOLOGY], TOKEN: form[TOKEN]})
        for _ in range(ATTEMPTS):
            stored = self._documents.find_one(caller.tenant.id, INSTALLATIONS, device)
            document = self._document(caller, caller.app.id, form, stored)
            if self._put(caller, device, document, is_new=stored is None):
                return self._told(caller, document)
        raise RequestConflict("Registering")

    def get(self, caller: Caller, installation_id: str) -> PushInstallation:
        """One installation. Raises: InstallationNotFound. Spec: nec-rest, 10.2."""
        return self._told(caller, self._stored(caller, installation_id))

    def update(self, caller: Caller, installation_id: str, source: Document) -> PushInstallation:
        """Changes parts of an installation. A change that leaves no valid installation deletes it.

        Raises: InvalidUpdate, and nothing is changed; InstallationNotFound when there is none, or no longer;
        DuplicateKey when another has that token; InvalidDocument, DocumentTooLarge, RequestConflict.
        Spec: nec-rest, 10.3.
        """
        now = self._clock.now()
        change = installation_change(installation_id, source, now)
        for _ in range(ATTEMPTS):
            stored = self._stored(caller, installation_id)
            changed = self._changed(stored, change, now)
            if changed is None:
                if self._documents.delete_one(caller.tenant.id, INSTALLATIONS, _version(stored)) is not None:
                    raise InstallationNotFound(installation_id)
            elif self._replace(caller, stored, changed):
                return self._told(caller, changed)
        raise RequestConflict("Updating")

    def overwrite(self, caller: Caller, installation_id: str, fields: Document) -> PushInstallation:
        """Replaces all stored fields of the client by those given; the owner stays.

        Raises: InvalidInput when a field is missing or wrong, and nothing is changed; else as `update`.
        Spec: nec-rest, 10.3 and 8.5.2.
        """
        form, now = checked_form(client_fields(fields)), self._clock.now()
        for _ in range(ATTEMPTS):
            stored = self._stored(caller, installation_id)
            document = _with_fields(stored, form, now)
            if self._replace(caller, stored, document):
                return self._told(caller, document)
        raise RequestConflict("Updating")

    def delete(self, caller: Caller, installation_id: str) -> None:
        """Forgets an installation. Raises: InstallationNotFound. Spec: nec-rest, 10.4."""
        one = parse_filter({ID: installation_id} | of_app(caller))
        if self._documents.delete_one(caller.tenant.id, INSTALLATIONS, one) is None:
            raise InstallationNotFound(installation_id)

    def list(
        self, caller: Caller, condition: Filter = EVERYTHING, *, skip: int = 0, limit: int | None = None
    ) -> list[PushInstallation]:
        """The installations of the app that match, by id; without credentials.

        Raises: AccessDenied without the master key; InvalidQuery. Spec: nec-rest, 10.5.
        """
        require(caller.is_master, "list installations")
        check_query(condition)
        of_this_app = parse_filter(of_app(caller)) & condition
        asked = Query(filter=of_this_app, order=_BY_ID, skip=skip, limit=limit)
        with misuse_is_invalid():
            found = list(self._documents.find(caller.tenant.id, INSTALLATIONS, asked))
        return [installation_from_document(document) for document in found]

    def admits(self, tenant_id: str, installation_id: str, username: str, password: str) -> bool:
        """Whether there is such an installation that listens for events, and these are its credentials.

        Spec: nec-rest, 10.1.1; nec-clients, 7.20.
        """
        proven = self._passwords.admit(tenant_id, installation_id, username, password)
        one = parse_filter({ID: installation_id, TECHNOLOGY: "sse"})
        return proven and self._documents.find_one(tenant_id, INSTALLATIONS, one) is not None

    # --- one installation ---

    def _stored(self, caller: Caller, installation_id: str) -> Document:
        one = parse_filter({ID: installation_id} | of_app(caller))
        stored = self._documents.find_one(caller.tenant.id, INSTALLATIONS, one)
        if stored is None:
            raise InstallationNotFound(installation_id)
        return stored

    def _document(self, caller: Caller, app: str, form: Document, stored: Document | None) -> Document:
        now = self._clock.now()
        return installation_document(
            form,
            id=ids.new_secret_id() if stored is None else stored[ID],
            app=app,
            owner=caller.user,
            created_at=now if stored is None else stored[SERVER]["createdAt"],
            now=now,
        )

    def _put(self, caller: Caller, device: Filter, document: Document, *, is_new: bool) -> bool:
        """Whether the document was stored: not when another write got in first."""
        if not is_new:
            same = device & parse_filter({ID: document[ID]})
            return self._documents.replace_one(caller.tenant.id, INSTALLATIONS, same, document) is not None
        try:
            self._documents.insert(caller.tenant.id, INSTALLATIONS, document)
        except DuplicateKey:
            return False
        return True

    def _changed(self, stored: Document, change: Update, now: datetime) -> Document | None:
        """The installation after the change; None when it is no longer valid."""
        changed = change.apply(stored, now=now)
        try:
            form = checked_form(client_fields(changed))
        except InvalidInput:
            return None
        return _with_fields(stored, form, now)

    def _replace(self, caller: Caller, stored: Document, document: Document) -> bool:
        replaced = self._documents.replace_one(caller.tenant.id, INSTALLATIONS, _version(stored), document)
        return replaced is not None

    def _told(self, caller: Caller, document: Document) -> PushInstallation:
        """The installation as its client sees it, with credentials where it needs some."""
        installation = installation_from_document(document)
        if document[TECHNOLOGY] != "sse":
            return installation
        return replace(installation, credentials=self._passwords.of(caller.tenant.id, installation.id))


def _with_fields(stored: Document, form: Document, now: datetime) -> Document:
    server = stored[SERVER]
    return installation_document(
        form, id=stored[ID], app=server["app"], owner=stored.get(OWNER), created_at=server["createdAt"], now=now
    )


def _version(stored: Document) -> Filter:
    return parse_filter({ID: stored[ID], ETAG: stored[SERVER]["etag"]})
