"""`make new-dialect NAME=x PREFIX=/x`: the files that every dialect has, with one route that works, and its tests.

Then run `make check`: the rule tests list what is missing.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from scripts.routes import ROOT

FILES: dict[str, str] = {
    "chalicelib/dialects/{name}/__init__.py": '''\
"""PRODUCT: everything below `{prefix}/`. Spec: {name}."""

from chalicelib.dialects.{name} import auth, errors
from chalicelib.dialects.{name}.routes import ping
from chalicelib.web.dialect import Dialect

dialect = Dialect(
    name="{name}",
    prefix="{prefix}",
    product="PRODUCT",
    tables=(ping.routes,),
    authenticate=auth.authenticate,
    render_error=errors.render_error,
    cors=auth.cors,
    kind_of=auth.kind_of,
)
''',
    "chalicelib/dialects/{name}/routes/__init__.py": '''\
"""One file per noun."""
''',
    "chalicelib/dialects/{name}/routes/ping.py": '''\
"""Ping: a first route. Delete it when there is another."""

from __future__ import annotations

from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable, nobody

routes = RouteTable()


@routes.get("{prefix}/ping", authenticate=nobody)
def ping(call: Call) -> Reply:
    """Answer.

    Replies: 200 with `{{}}`.
    Spec: {name}, silent; chosen here.
    """
    return Reply(200, {{}})
''',
    "chalicelib/dialects/{name}/wire.py": '''\
"""Core values to this API's JSON and back: field names, dates, ids. Pure functions."""
''',
    "chalicelib/dialects/{name}/query.py": '''\
"""This API's where, order, skip and limit to a checked core query."""
''',
    "chalicelib/dialects/{name}/acl.py": '''\
"""This API's ACL JSON to a core Acl and back."""
''',
    "chalicelib/dialects/{name}/auth.py": '''\
"""Headers and keys to a Caller; and which browsers may read answers."""

from __future__ import annotations

from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.core.errors import WrongAppKey
from chalicelib.web.call import Request
from chalicelib.web.cors import HeaderPairs


def authenticate(core: Core, request: Request) -> Caller:
    """The caller of a request. Raises: WrongAppKey, until this API's keys are read here."""
    raise WrongAppKey("no key of this API is known yet")


def cors(core: Core, request: Request, caller: Caller | None) -> HeaderPairs:
    """No browser of another origin is let in."""
    return ()


def kind_of(path: str) -> str:
    """What statistics count a route's calls as."""
    return path.split("/")[2]
''',
    "chalicelib/dialects/{name}/errors.py": '''\
"""Core errors to this API's status and body: one table, looked up through a class's ancestors."""

from __future__ import annotations

from chalicelib.core.errors import CoreError
from chalicelib.web.call import Reply, Request
from chalicelib.web.errors import InternalError

STATUSES: dict[type[CoreError], int] = {{InternalError: 500}}


def render_error(error: CoreError, request: Request) -> Reply:
    """The reply for an error."""
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
    return Reply(status, {{"error": error.message}})
''',
    "tests/dialects/{name}/__init__.py": "",
    "tests/dialects/{name}/routes/__init__.py": "",
    "tests/dialects/{name}/routes/test_ping.py": """\
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from chalice.test import Client

from chalicelib.core.installation import Installation
from chalicelib.dialects.{name} import dialect
from chalicelib.web.chalice_bridge import YorozuApp, mount


def test_ping_answers() -> None:
    app, core = YorozuApp("{name}"), SimpleNamespace(installation=Installation())
    small_core: Any = core
    mount(app, dialect, lambda: small_core)
    assert Client(app).http.get("{prefix}/ping").json_body == {{}}
""",
}


def write(name: str, prefix: str, root: Path) -> list[Path]:
    """Writes the files of a new dialect. Raises: ValueError for a bad or taken name."""
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ValueError("NAME must be small letters and digits")
    if not re.fullmatch(r"/[a-z0-9][a-z0-9_-]*", prefix):
        raise ValueError("PREFIX must be a slash and one path segment, such as /x")
    if (root / "chalicelib" / "dialects" / name).exists():
        raise ValueError(f"there is a dialect {name} already")
    written = []
    for template, content in FILES.items():
        file = root / template.format(name=name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content.format(name=name, prefix=prefix), encoding="utf-8")
        written.append(file)
    return written


def main(arguments: list[str]) -> int:
    try:
        name, prefix = arguments
        written = write(name, prefix, ROOT)
    except ValueError as error:
        print(f"usage: make new-dialect NAME=x PREFIX=/x ({error})", file=sys.stderr)
        return 2
    print("\n".join(str(file.relative_to(ROOT)) for file in written))
    print("next: name the product, run `make routes`, then `make check`; docs/adding-a-dialect.md says the rest")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
