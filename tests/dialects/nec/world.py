"""A tenant as its clients see it: requests through the mounted app, by people of every standing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.core import Core
from chalicelib.core.tenants.model import AppCredentials

PASSWORD = "correct horse"

NOTHING: Any = object()
"""No body at all."""

EVERYBODY = {"r": ["g:anonymous"], "w": ["g:anonymous"]}
NOBODY: dict[str, list[str]] = {"r": [], "w": []}
LISTS: dict[str, list[str]] = {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}
"""The lists of an ACL, all empty: beside what a test expects in it."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        def refuse(name: str) -> None:
            raise AssertionError(f"{name} is not JSON")

        return json.loads(self.content, parse_constant=refuse)

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass(frozen=True)
class Person:
    """Somebody who sends requests: nobody in particular, a user, or whoever has the master key."""

    key: str
    token: str | None = None
    id: str = ""
    name: str = "guest"


@dataclass
class Nec:
    """One tenant, addressed below `/1/{tenant}`."""

    core: Core
    client: Any
    tenant: str
    app: AppCredentials
    people: dict[str, Person] = field(default_factory=dict)

    # --- people ---

    @property
    def guest(self) -> Person:
        return Person(self.app.key)

    @property
    def master(self) -> Person:
        return Person(self.app.master_key, name="master")

    def user(self, name: str) -> Person:
        """The signed-in user of this name, signed up first if need be."""
        if name not in self.people:
            body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
            made = self.post("/users", body, by=self.master)
            assert made.status == 200, made.content
            self.people[name] = self.log_in(name)
        return self.people[name]

    def log_in(self, name: str, password: str = PASSWORD) -> Person:
        """A new session of the user."""
        answer = self.post("/login", {"username": name, "password": password})
        assert answer.status == 200, answer.content
        return Person(self.app.key, answer.json["sessionToken"], answer.json["_id"], name)

    def person(self, name: str) -> Person:
        """`guest`, `master`, or a user."""
        return {"guest": self.guest, "master": self.master}.get(name) or self.user(name)

    def group(self, name: str, users: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> str:
        """Makes a group by its users' names."""
        body = {"users": [self.user(user).id for user in users], "groups": list(groups), "ACL": EVERYBODY}
        assert self.put(f"/groups/{name}", body, by=self.master).status == 200
        return f"g:{name}"

    def bucket(
        self,
        name: str = "box",
        acl: dict[str, Any] = EVERYBODY,
        content_acl: dict[str, Any] = EVERYBODY,
        kind: str = "object",
    ) -> str:
        """Makes a bucket, or changes one, and returns its name."""
        body = {"description": "", "ACL": acl, "contentACL": content_acl}
        answer = self.put(f"/buckets/{kind}/{name}", body, by=self.master)
        assert answer.status == 200, answer.content
        return name

    def allow(self, special: str, **content_acl: list[str]) -> None:
        """Sets the content ACL of `_USERS`, `_GROUPS` or `_ROOT`."""
        self.bucket(special, acl={}, content_acl=content_acl)

    def object(self, by: Person | None = None, bucket: str = "box", **fields: Any) -> dict[str, Any]:
        """Makes an object and returns it."""
        answer = self.post(f"/objects/{bucket}", fields, by=by or self.master)
        assert answer.status == 200, answer.content
        made: dict[str, Any] = answer.json
        return made

    def file_bucket_exists(self, name: str) -> bool:
        caller = self.core.authentication.open(self.tenant, self.app.app.id, self.app.master_key, None)
        return name in [bucket.name for bucket in self.core.buckets.list(caller, BucketKind.FILES)]

    # --- requests ---

    def get(self, path: str, *, by: Person | None = None, **query: Any) -> Answer:
        return self.send("GET", path, by=by, query=query)

    def post(self, path: str, body: Any = NOTHING, *, by: Person | None = None, **query: Any) -> Answer:
        return self.send("POST", path, body, by=by, query=query)

    def put(self, path: str, body: Any = NOTHING, *, by: Person | None = None, **query: Any) -> Answer:
        return self.send("PUT", path, body, by=by, query=query)

    def delete(self, path: str, *, by: Person | None = None, **query: Any) -> Answer:
        return self.send("DELETE", path, by=by, query=query)

    def send(
        self,
        method: str,
        path: str,
        body: Any = NOTHING,
        *,
        by: Person | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """A request below the tenant. A body of bytes goes as it is, any other as JSON; a header None is left out."""
        return self.send_to(
            f"/1/{quote(self.tenant, safe='')}{path}", method, body, by=by, query=query, headers=headers
        )

    def send_to(
        self,
        path: str,
        method: str = "GET",
        body: Any = NOTHING,
        *,
        by: Person | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """A request to any path."""
        person = by or self.guest
        content = b"" if body is NOTHING else body if isinstance(body, bytes) else json.dumps(body).encode()
        all_headers: dict[str, str | None] = {
            "X-Application-Id": self.app.app.id,
            "X-Application-Key": person.key,
            "X-Session-Token": person.token,
            "Content-Type": "application/json" if body is not NOTHING else None,
            **(headers or {}),
        }
        sent = {name: value for name, value in all_headers.items() if value is not None}
        url = f"{path}?{urlencode(_texts(query))}" if query else path
        reply = self.client.request(method, url, headers=sent, body=content)
        return Answer(reply.status_code, reply.headers, reply.body)


def _texts(query: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as text: objects and lists as JSON."""
    return {name: json.dumps(value) if isinstance(value, dict | list) else str(value) for name, value in query.items()}
