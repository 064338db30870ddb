"""A tenant with an app, its users and callers, over documents that count their calls and can be interrupted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.model import Login, SignUp, User
from chalicelib.core.accounts.passwords import ScryptCost
from chalicelib.core.accounts.stored import GROUPS
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.core import Core
from chalicelib.core.documents import Documents
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.model import AppCredentials, Tenant
from chalicelib.core.tenants.stored import ACCOUNTS

CHEAP = ScryptCost(n=2, r=1, p=1)
"""A cost at which tests may hash thousands of passwords."""

PASSWORD = "correct horse"


class FixedClock:
    """Stands still until told otherwise."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **duration: float) -> None:
        self.moment += timedelta(**duration)


class WatchedDocuments:
    """Counts calls by name, and lets another writer in before the next call of a name."""

    def __init__(self, inner: Documents) -> None:
        self._inner = inner
        self._interruptions: dict[str, list[Callable[[], None]]] = {}
        self.calls: list[str] = []

    def before(self, name: str, *actions: Callable[[], Any]) -> None:
        """Runs one action before each of the next calls of that name."""
        self._interruptions.setdefault(name, []).extend(actions)

    @property
    def unwatched(self) -> Documents:
        """The same documents for whoever comes in between."""
        return self._inner

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def watched(*args: Any, **kwargs: Any) -> Any:
            waiting = self._interruptions.get(name)
            if waiting:
                waiting.pop(0)()
            self.calls.append(name)
            return method(*args, **kwargs)

        return watched


@dataclass
class Site:
    """One tenant. Callers are opened anew at each use, as each request opens its own."""

    core: Core
    documents: WatchedDocuments
    app: AppCredentials
    tenant_id: str
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def tenant(self) -> Tenant:
        return self.core.tenants.get(self.tenant_id)

    def open(self, token: str | None = None) -> Caller:
        return self.core.authentication.open(self.tenant_id, self.app.app.id, self.app.key, token)

    @property
    def guest(self) -> Caller:
        return self.open()

    @property
    def master(self) -> Caller:
        return self.core.authentication.open(self.tenant_id, self.app.app.id, self.app.master_key, None)

    def sign_up(self, username: str = "ann", **given: Any) -> User:
        new = {"email": f"{username}@example.com", "password": PASSWORD} | given
        user = self.core.accounts.sign_up(self.master, SignUp(username=username, **new))
        assert user is not None
        return user

    def log_in(self, username: str = "ann", password: str = PASSWORD) -> Login:
        return self.core.accounts.log_in(self.guest, password, username=username)

    def user(self, username: str = "ann") -> Caller:
        """A caller signed in as this user, who is signed up first if need be."""
        if username not in self.tokens:
            if not self.stored_user(username):
                self.sign_up(username)
            self.tokens[username] = self.log_in(username).token
        return self.open(self.tokens[username])

    def stored_user(self, username: str) -> dict[str, Any] | None:
        return self.core.documents.find_one(self.tenant_id, ACCOUNTS, parse_filter({"username": username}))

    def stored_group(self, name: str) -> dict[str, Any] | None:
        return self.core.documents.find_one(self.tenant_id, GROUPS, parse_filter({"name": name}))

    def stored(self, collection: str) -> list[dict[str, Any]]:
        return list(self.core.documents.find(self.tenant_id, collection, Query()))

    def allow(self, bucket: str, content_acl: Acl) -> None:
        """Sets the rules for users or groups as a whole."""
        contents = BucketContents("", Acl(), content_acl)
        self.core.buckets.put(self.master, BucketKind.OBJECTS, bucket, contents)
