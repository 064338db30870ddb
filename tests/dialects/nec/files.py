"""A bucket with files as callers see it: requests with contents, beside those of world.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.dialects.nec.world import NOTHING, Answer, Nec, Person

ALL = {"r": ["g:anonymous"], "w": ["g:anonymous"], "admin": ["g:anonymous"]}
"""An ACL by which everybody may do everything."""


def without(metadata: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if name not in names}


@dataclass
class Files:
    """One file bucket of a tenant, that everybody may use unless a test says otherwise."""

    nec: Nec
    bucket: str = field(default="box", kw_only=True)

    def path(self, name: str, tail: str = "") -> str:
        return f"/files/{self.bucket}/{quote(name, safe='')}{tail}"

    def upload(
        self,
        name: str = "a.txt",
        content: bytes = b"hello",
        *,
        by: Person | None = None,
        headers: dict[str, str | None] | None = None,
        acl: str | None = None,
        **query: Any,
    ) -> Answer:
        sent = {"Content-Type": "text/plain", "X-ACL": acl} | (headers or {})
        return self.nec.send("POST", self.path(name), content, by=by, headers=sent, query=query)

    def made(self, name: str = "a.txt", content: bytes = b"hello", **options: Any) -> dict[str, Any]:
        """Uploads a file and returns its metadata."""
        answer = self.upload(name, content, **options)
        assert answer.status == 200, answer.content
        metadata: dict[str, Any] = answer.json
        return metadata

    def replace(
        self,
        name: str = "a.txt",
        content: bytes = b"other",
        *,
        by: Person | None = None,
        content_type: str | None = None,
        **query: Any,
    ) -> Answer:
        headers = {"Content-Type": content_type}
        return self.nec.send("PUT", self.path(name), content, by=by, headers=headers, query=query)

    def download(self, name: str = "a.txt", *, by: Person | None = None, **headers: str) -> Answer:
        sent = {header.replace("_", "-"): value for header, value in headers.items()}
        return self.nec.send("GET", self.path(name), by=by, headers=sent)

    def meta(self, name: str = "a.txt", *, by: Person | None = None, **query: Any) -> Answer:
        return self.nec.get(self.path(name, "/meta"), by=by, **query)

    def change(self, name: str = "a.txt", body: Any = NOTHING, *, by: Person | None = None, **query: Any) -> Answer:
        return self.nec.put(self.path(name, "/meta"), body, by=by, **query)

    def delete(self, name: str = "a.txt", *, by: Person | None = None, **query: Any) -> Answer:
        return self.nec.delete(self.path(name), by=by, **query)

    def publish(self, name: str = "a.txt", *, by: Person | None = None, **query: Any) -> Answer:
        return self.nec.put(self.path(name, "/publish"), by=by or self.nec.master, **query)

    def unpublish(self, name: str = "a.txt", *, by: Person | None = None, **query: Any) -> Answer:
        return self.nec.delete(self.path(name, "/publish"), by=by or self.nec.master, **query)

    def names(self, *, by: Person | None = None, **query: Any) -> list[str]:
        answer = self.nec.get(f"/files/{self.bucket}", by=by, **query)
        assert answer.status == 200, answer.content
        return [file["filename"] for file in answer.json["results"]]
