"""Users: they sign up, log in and out, are found, changed and deleted, each within the caller's rights."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core import ids
from chalicelib.core.access.acl import Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import may_in_bucket, require
from chalicelib.core.accounts.changes import check_change, check_sign_up, fields_of, update_to
from chalicelib.core.accounts.confirmations import Confirmations
from chalicelib.core.accounts.logins import Logins
from chalicelib.core.accounts.memberships import Memberships, withdraw_user
from chalicelib.core.accounts.model import Login, SignUp, User, UserChange, UserPage, UserView
from chalicelib.core.accounts.names import is_email, is_user_id, is_username, random_username
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.accounts.ports import ContentAcls
from chalicelib.core.accounts.stored import USER_KIND, named, user_from_document, user_to_document
from chalicelib.core.buckets.model import USERS
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    CoreError,
    DuplicateKey,
    DuplicateUser,
    InvalidSession,
    RequestConflict,
    SessionRequired,
    UserNotFound,
    VersionMismatch,
)
from chalicelib.core.mail.account_mail import AccountMail
from chalicelib.core.mail.templates import MailKind
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.service import TenantsService
from chalicelib.core.tenants.stored import ACCOUNTS

RANDOM_NAME_ATTEMPTS = 5
"""Made-up user names that are tried before giving up; with 200,000 users, one in 10^9 is taken."""

_OLDEST_FIRST = parse_order([("createdAt", 1), ("_id", 1)])
_SHOWN = parse_projection({"password": 0, "sessions": 0})
_SIGNED_OUT: Document = {"sessions": []}


class AccountsService:
    """What a caller may do with users. Groups are in groups.py."""

    def __init__(
        self,
        documents: Documents,
        clock: Clock,
        content_acls: ContentAcls,
        memberships: Memberships,
        tenants: TenantsService,
        mail: AccountMail,
        passwords: Passwords,
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._content_acls = content_acls
        self._mail = mail
        self._confirmations = Confirmations(documents, clock, mail)
        self._memberships = memberships
        self._tenants = tenants
        self._passwords = passwords
        self._logins = Logins(documents, clock, self._passwords)

    # --- signing up, in and out ---

    def sign_up(self, caller: Caller, new: SignUp) -> User | None:
        """Creates a user, who is not signed in by it; None when the tenant wants a confirmation by mail first, which
        the master key need not give. Needs the create right of `_USERS`.

        Raises: AccessDenied, InvalidName, InvalidEmail, InvalidPassword, InvalidDocument and DocumentTooLarge for
        options, DuplicateUser; InvalidId and DuplicateId for an id given. Spec: nec-rest, 5.1.
        """
        require(self._may(caller, Action.CREATE), "sign up")
        check_sign_up(caller.tenant, new)
        now = self._clock.now()
        user = User(
            id=new.id or ids.new_id(),
            username=new.username or random_username(),
            email=new.email,
            options=new.options,
            created_at=now,
            updated_at=now,
            last_login_at=None,
            etag=ids.new_etag(),
            uses_client_certificate=new.uses_client_certificate,
        )
        password_hash = None
        if new.password is not None and not new.uses_client_certificate:
            password_hash = self._passwords.hash(new.password)
        if self._confirms(caller) and user.email is not None:
            held = user_to_document(user, password_hash)
            self._refuse_duplicate(caller, user.id, held)
            self._confirmations.hold_sign_up(caller.tenant, held)
            return None
        for _ in range(RANDOM_NAME_ATTEMPTS):
            try:
                self._documents.insert(caller.tenant.id, ACCOUNTS, user_to_document(user, password_hash))
            except DuplicateKey as error:
                if new.username is not None or error.index != "username_key":
                    raise DuplicateUser("a user with this name or mail address exists") from error
                user = replace(user, username=random_username())
            else:
                self._mail.notify(caller.tenant, MailKind.SIGNED_UP, user.email, username=user.username)
                return user
        raise DuplicateUser("no free user name was found")

    def log_in(self, caller: Caller, password: str, *, username: str | None = None, email: str | None = None) -> Login:
        """A new session for the user with this name, or else this mail address. Needs no right.

        The etag stays. Raises: InvalidInput when neither is given, WrongPassword for a wrong password and for no
        such user, AccountLocked. Spec: nec-rest, 5.2.
        """
        session = self._logins.begin(caller.tenant, password, username, email)
        user = session.user
        groups = self._groups_of(caller.tenant, user.id)
        return Login(user, groups, session.token, session.expires_at, user.last_login_at)

    def log_out(self, caller: Caller) -> str:
        """Ends the caller's session and returns the user's id.

        Raises: SessionRequired, InvalidSession when another request ended it first. Spec: nec-rest, 5.3.
        """
        if caller.user is None or caller.session is None:
            raise SessionRequired("logging out needs a session token")
        self._logins.end(caller.tenant, caller.user, caller.session)
        return caller.user

    def purge_expired_sessions(self, tenant: Tenant) -> int:
        """Forgets expired sessions, which admit nobody anyway; returns how many users had any."""
        expired = {"$lte": self._clock.now()}
        # `$exists`: see `named`.
        having_some = parse_filter({"sessions.expiresAt": expired | {"$exists": True}})
        update = parse_update({"$pull": {"sessions": {"expiresAt": expired}}})
        return self._documents.update_many(tenant.id, ACCOUNTS, having_some, update)

    # --- reading ---

    def get(self, caller: Caller, user_id: str) -> UserView:
        """A user. Needs the read right of `_USERS`, also for oneself. The last login shows to the master key only.

        Raises: AccessDenied, UserNotFound. Spec: nec-rest, 5.8.
        """
        require(self._may(caller, Action.READ), "read users")
        record = self._find(caller, user_id)
        if record is None:
            raise UserNotFound(user_id)
        return self._view(caller, record)

    def current(self, caller: Caller) -> UserView:
        """The user who is signed in, last login included. Needs no right.

        Raises: SessionRequired, InvalidSession when the user was deleted meanwhile. Spec: nec-rest, 5.9.
        """
        if caller.user is None:
            raise SessionRequired("nobody is signed in")
        record = self._find(caller, caller.user)
        if record is None:
            raise InvalidSession("the user was deleted")
        return UserView(user_from_document(record), self._groups_of(caller.tenant, caller.user))

    def search(
        self,
        caller: Caller,
        *,
        username: str | None = None,
        email: str | None = None,
        skip: int = 0,
        limit: int | None = 100,
    ) -> UserPage:
        """The user with this name, or else with this mail address; without either, a page of all users, oldest first.

        Needs the read right of `_USERS`. `limit` None means all. Raises: AccessDenied; UserNotFound when a name or
        mail address is given and nobody has it. Spec: nec-rest, 5.7; nec-clients, 2.5.
        """
        require(self._may(caller, Action.READ), "read users")
        if username is not None:
            return self._page_of_one(caller, "username", username, is_username(username))
        if email is not None:
            return self._page_of_one(caller, "email", email, is_email(email))
        everybody = parse_filter({"kind": USER_KIND})
        query = Query(filter=everybody, order=_OLDEST_FIRST, skip=skip, limit=limit, projection=_SHOWN)
        records = self._documents.find(caller.tenant.id, ACCOUNTS, query)
        users = [self._shown(caller, user_from_document(record)) for record in records]
        return UserPage(users, self._documents.count(caller.tenant.id, ACCOUNTS, everybody))

    # --- changing ---

    def update(self, caller: Caller, user_id: str, change: UserChange, etag: str | None = None) -> UserView | None:
        """Changes the caller's own user, or with the master key any user; a new password ends all sessions.

        None when the tenant wants a confirmation by mail first, which the master key need not give.

        Mail address and password of users of client certificates are left alone. Raises: AccessDenied,
        UserNotFound, VersionMismatch, RequestConflict, DuplicateKey for a name or mail address that is taken
        (DuplicateUser when it would wait for a confirmation), and what `sign_up` raises for wrong values.
        Spec: nec-rest, 5.4; nec-clients, 2.8 and 2.12.
        """
        self._require_own(caller, user_id, "change")
        check_change(caller.tenant, change)
        password_hash = None if change.password is None else self._passwords.hash(change.password)
        if self._confirms(caller):
            self._hold_change(caller, user_id, etag, change, password_hash)
            return None
        before = self._find(caller, user_id) if caller.tenant.settings.mail.notify_accounts else None
        stamps = {"etag": ids.new_etag(), "updatedAt": self._clock.now()}
        for uses_certificate in (False, True):
            condition = self._own(user_id, etag) | {"clientCertificate": uses_certificate}
            fields = fields_of(change, password_hash, uses_certificate=uses_certificate) | stamps
            update = parse_update(update_to(fields))
            record = self._documents.update_one(caller.tenant.id, ACCOUNTS, parse_filter(condition), update)
            if record is not None:
                self._notify_change(caller.tenant, before, record)
                return self._view(caller, record)
        raise self._refusal(caller, user_id, etag, "Updating")

    def delete(self, caller: Caller, user_id: str, etag: str | None = None) -> None:
        """Deletes the caller's own user, or with the master key any user, who leaves all groups and sessions.

        The user is deleted before the memberships: if the process dies in between, groups list an id that nobody has
        or will get. The other way round, a failed delete would cost an existing user their groups. Raises:
        AccessDenied, UserNotFound, VersionMismatch, RequestConflict. Spec: nec-rest, 5.5; nec-clients, 2.9.
        """
        self._require_own(caller, user_id, "delete")
        condition = parse_filter(self._own(user_id, etag))
        if self._documents.delete_one(caller.tenant.id, ACCOUNTS, condition) is None:
            raise self._refusal(caller, user_id, etag, "Deleting")
        if withdraw_user(self._documents, caller.tenant.id, user_id, self._clock.now()):
            self._tenants.count_group_change(caller.tenant.id)

    def set_enabled(self, caller: Caller, user_id: str, enabled: bool) -> UserView:
        """Lets a user in, or keeps them out and ends their sessions. Needs the master key.

        Raises: AccessDenied, UserNotFound.
        """
        require(caller.is_master, "enable or disable users")
        fields: Document = {"enabled": enabled, "etag": ids.new_etag(), "updatedAt": self._clock.now()}
        update = parse_update({"$set": fields if enabled else fields | _SIGNED_OUT})
        record = self._documents.update_one(caller.tenant.id, ACCOUNTS, parse_filter(_by_id(user_id)), update)
        if record is None:
            raise UserNotFound(user_id)
        return self._view(caller, record)

    # --- confirming by mail ---

    def check_link(self, tenant: Tenant, token: str) -> None:
        """Raises: LinkNotFound unless a confirmation's link still works."""
        self._confirmations.check(tenant, token)

    def confirm(self, tenant: Tenant, token: str) -> None:
        """Creates the user, or makes the change, that waited for this link. Raises: LinkNotFound, DuplicateUser,
        UserNotFound."""
        self._confirmations.confirm(tenant, token)

    def purge_confirmations(self, tenant: Tenant) -> int:
        """Forgets what nobody confirmed in time; returns how many."""
        return self._confirmations.purge(tenant)

    # --- inside ---

    def _confirms(self, caller: Caller) -> bool:
        return caller.tenant.settings.mail.confirm_accounts and not caller.is_master

    def _refuse_duplicate(self, caller: Caller, user_id: str, fields: Document) -> None:
        """Refuses before a mail is sent, where that is known by then; the unique indexes decide at confirmation."""
        names = [named(field, fields[field]) for field in ("username", "email") if field in fields]
        taken = {"$or": names, "_id": {"$ne": user_id}}
        if names and self._documents.find_one(caller.tenant.id, ACCOUNTS, parse_filter(taken)) is not None:
            raise DuplicateUser("a user with this name or mail address exists")

    def _hold_change(
        self, caller: Caller, user_id: str, etag: str | None, change: UserChange, password_hash: str | None
    ) -> None:
        record = self._find(caller, user_id)
        if record is None or record["federated"] or etag not in (None, record["etag"]):
            raise self._refusal(caller, user_id, etag, "Updating")
        if record.get("email") is None:
            raise AccessDenied("the user has no mail address to confirm by")
        fields = fields_of(change, password_hash, uses_certificate=record["clientCertificate"])
        self._refuse_duplicate(caller, user_id, fields)
        self._confirmations.hold_change(caller.tenant, record, fields)

    def _notify_change(self, tenant: Tenant, before: Document | None, after: Document) -> None:
        """Tells the user at their address, and at the one they had. Spec: nec-rest, 5.4."""
        for address in dict.fromkeys(((before or {}).get("email"), after.get("email"))):
            self._mail.notify(tenant, MailKind.CHANGED, address, username=after["username"])

    def _may(self, caller: Caller, action: Action) -> bool:
        return may_in_bucket(caller, action, self._content_acls.content_acl(caller.tenant, USERS))

    def _require_own(self, caller: Caller, user_id: str, doing: str) -> None:
        """Raises: AccessDenied for guests and for other users; UserNotFound when there is no such user.

        Spec: nec-clients, 2.8.
        """
        if caller.is_master or caller.user == user_id:
            return
        if caller.user is not None and self._find(caller, user_id) is None:
            raise UserNotFound(user_id)
        raise AccessDenied(f"users can {doing} only themselves")

    def _own(self, user_id: str, etag: str | None) -> Document:
        """The condition on the user to write; users of an outside directory are changed there. Spec: nec-rest, 5.4."""
        condition = _by_id(user_id) | {"federated": False}
        return condition if etag is None else condition | {"etag": etag}

    def _refusal(self, caller: Caller, user_id: str, etag: str | None, doing: str) -> CoreError:
        """The error that says why a write found nothing to change."""
        record = self._find(caller, user_id)
        if record is None:
            return UserNotFound(user_id)
        if record["federated"]:
            return AccessDenied("the user belongs to an outside directory")
        if etag is not None and record["etag"] != etag:
            return VersionMismatch(self._view(caller, record))
        return RequestConflict(doing)

    def _find(self, caller: Caller, user_id: str) -> Document | None:
        return self._documents.find_one(caller.tenant.id, ACCOUNTS, parse_filter(_by_id(user_id)))

    def _page_of_one(self, caller: Caller, field: str, value: str, possible: bool) -> UserPage:
        record = None
        if possible:
            record = self._documents.find_one(caller.tenant.id, ACCOUNTS, parse_filter(named(field, value)))
        if record is None:
            raise UserNotFound(value)
        return UserPage([self._shown(caller, user_from_document(record))], None)

    def _view(self, caller: Caller, record: Document) -> UserView:
        user = self._shown(caller, user_from_document(record))
        return UserView(user, self._groups_of(caller.tenant, user.id))

    def _shown(self, caller: Caller, user: User) -> User:
        """The user as this caller may see them. Spec: nec-clients, 2.11."""
        return user if caller.is_master else replace(user, last_login_at=None)

    def _groups_of(self, tenant: Tenant, user_id: str) -> tuple[str, ...]:
        return tuple(sorted(self._memberships.of(tenant, user_id)))


def _by_id(user_id: str) -> Document:
    """The condition on a user. Text that cannot be an id is not searched for: a query might not be able to hold it."""
    return {"_id": user_id if is_user_id(user_id) else "", "kind": USER_KIND}
