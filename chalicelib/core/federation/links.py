"""Which accounts at OpenID providers belong to which user, and what the providers told of them.

The links are the truth; a user's `federated` and `options.claims` are written from them after each change. If the
process dies between, the next login writes them. Spec: nec-rest, 5.11 to 5.13.
"""

from __future__ import annotations

from chalicelib.core import ids
from chalicelib.core.accounts.model import User
from chalicelib.core.accounts.names import random_username
from chalicelib.core.accounts.stored import USER_KIND, user_to_document
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    AccountLinkNotFound,
    DuplicateId,
    DuplicateKey,
    RequestConflict,
    UserNotFound,
)
from chalicelib.core.federation.model import Link
from chalicelib.core.federation.stored import LINKS, link_from_document, link_to_document
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.stored import ACCOUNTS

ATTEMPTS = 5
"""How often a write is tried when other writes keep getting in first. Our choice."""

NO_MAIL_DOMAIN = "openid.invalid"
"""The domain of the made-up addresses of users created by their first login: it never exists. Spec: rfc2606, 2."""

_ONE_BY_ONE = parse_order([("_id", 1)])


class Links:
    """Keeps links, and keeps users in line with them."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def of_user(self, tenant_id: str, user_id: str) -> list[Link]:
        """The user's links. Raises: UserNotFound."""
        if self._user(tenant_id, user_id) is None:
            raise UserNotFound(user_id)
        return [link_from_document(found) for found in self._of(tenant_id, user_id)]

    def user_of(self, tenant_id: str, link_id: str) -> str | None:
        """The id of the user whom an outside account is linked to; None also when that user is gone."""
        found = self._documents.find_one(tenant_id, LINKS, parse_filter({"_id": link_id}))
        if found is None or self._user(tenant_id, found["userId"]) is None:
            return None
        return str(found["userId"])

    def add(self, tenant_id: str, link: Link, claims: str) -> bool:
        """Links an account, or stores what the provider told this time; False when another user has it.

        Raises: UserNotFound, RequestConflict.
        """
        document = link_to_document(link, claims)
        for _ in range(ATTEMPTS):
            try:
                self._documents.insert(tenant_id, LINKS, document)
                break
            except DuplicateId:
                stored = self._documents.find_one(tenant_id, LINKS, parse_filter({"_id": link.id}))
            if stored is None:
                continue
            # A user who was deleted has no accounts any more, and an id is never given twice.
            if stored["userId"] != link.user_id and self._user(tenant_id, stored["userId"]) is not None:
                return False
            seen = parse_filter({"_id": link.id, "userId": stored["userId"]})
            if self._documents.replace_one(tenant_id, LINKS, seen, document) is not None:
                break
        else:
            raise RequestConflict("Linking")
        try:
            self._bring_up_to_date(tenant_id, link.user_id)
        except UserNotFound:
            # Deleted a moment ago: what the provider told of them goes too.
            self._documents.delete_many(tenant_id, LINKS, parse_filter({"userId": link.user_id}))
            raise
        return True

    def remove(self, tenant_id: str, user_id: str, link_id: str) -> None:
        """Unlinks an account, but not the one that the user was made for.

        Raises: UserNotFound, AccountLinkNotFound, AccessDenied, RequestConflict.
        """
        user = self._user(tenant_id, user_id)
        if user is None:
            raise UserNotFound(user_id)
        if user.get("primaryLink") == link_id:
            raise AccessDenied("the user was made for this account: it stays linked")
        mine = parse_filter({"_id": link_id, "userId": user_id})
        if self._documents.delete_one(tenant_id, LINKS, mine) is None:
            raise AccountLinkNotFound(link_id)
        self._bring_up_to_date(tenant_id, user_id)

    def release(self, tenant_id: str, user_id: str) -> None:
        """Unlinks all accounts, the one that the user was made for included. Raises: UserNotFound, RequestConflict."""
        user = self._user(tenant_id, user_id)
        gone = self._documents.delete_many(tenant_id, LINKS, parse_filter({"userId": user_id}))
        if user is None:
            raise UserNotFound(user_id)
        if not gone and not user["federated"]:
            return
        unbound = parse_update({"$set": {"primaryLink": None}})
        self._documents.update_one(tenant_id, ACCOUNTS, parse_filter({"_id": user_id}), unbound)
        self._bring_up_to_date(tenant_id, user_id)

    def make_user(self, tenant_id: str, link_id: str) -> str:
        """A new user for an outside account; name and address are made up. Returns the id."""
        for _ in range(ATTEMPTS):
            name, now = random_username(), self._clock.now()
            user = User(
                id=ids.new_id(),
                username=name,
                email=f"{ids.new_id()}@{NO_MAIL_DOMAIN}",
                options=None,
                created_at=now,
                updated_at=now,
                last_login_at=None,
                etag=ids.new_etag(),
                is_federated=True,
                primary_link=link_id,
            )
            try:
                self._documents.insert(tenant_id, ACCOUNTS, user_to_document(user, None))
            except DuplicateKey:
                continue
            return user.id
        raise RequestConflict("Making a user")

    def discard_user(self, tenant_id: str, user_id: str) -> None:
        """Deletes a user made a moment ago, whose account another login has linked meanwhile."""
        self._documents.delete_one(tenant_id, ACCOUNTS, parse_filter({"_id": user_id, "lastLoginAt": None}))

    # --- inside ---

    def _user(self, tenant_id: str, user_id: str) -> Document | None:
        return self._documents.find_one(tenant_id, ACCOUNTS, parse_filter({"_id": user_id, "kind": USER_KIND}))

    def _of(self, tenant_id: str, user_id: str) -> list[Document]:
        query = Query(filter=parse_filter({"userId": user_id}), order=_ONE_BY_ONE)
        return list(self._documents.find(tenant_id, LINKS, query))

    def _bring_up_to_date(self, tenant_id: str, user_id: str) -> None:
        """Writes what the links say into the user, whose etag is read before the links and so reveals a later change.

        Raises: UserNotFound, RequestConflict.
        """
        for _ in range(ATTEMPTS):
            user = self._user(tenant_id, user_id)
            if user is None:
                raise UserNotFound(user_id)
            links = self._of(tenant_id, user_id)
            options = (user.get("options") or {}) | {"claims": [link["claims"] for link in links]}
            fields: Document = {"options": options, "federated": bool(links)}
            stamps = {"etag": ids.new_etag(), "updatedAt": self._clock.now()}
            unchanged = parse_filter({"_id": user_id, "etag": user["etag"]})
            if self._documents.update_one(tenant_id, ACCOUNTS, unchanged, parse_update({"$set": fields | stamps})):
                return
        raise RequestConflict("Updating")
