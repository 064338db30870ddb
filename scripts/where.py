"""`make where ROUTE="PUT /1/acme/groups/staff"`: the code behind a request, and the test to change with it."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from chalicelib.dialects import all_dialects
from chalicelib.web.routing import Route
from chalicelib.web.server.asgi import STAGE
from chalicelib.web.server.route_trie import RouteTrie
from scripts.routes import ROOT, source_file, specification


def find(method: str, path: str) -> Route | None:
    """The route that answers this request; path as sent or as the template spells it, with a query or without."""
    routes = [route for dialect in all_dialects() for route in dialect.routes]
    match = RouteTrie(route.path for route in routes).match(path.partition("?")[0].removeprefix(STAGE))
    return next((route for route in routes if match and (route.method, route.path) == (method, match[0])), None)


def describe(route: Route) -> str:
    file, line = source_file(route), inspect.getsourcelines(route.handler)[1]
    test = mirrored_test(file)
    return "\n".join(
        [
            f"{route.method} {route.path}",
            f"  code  {file}:{line} {route.handler.__name__}",
            f"  test  {test}{'' if (ROOT / test).exists() else ' (missing)'}",
            f"  spec  {specification(route) or '(none)'}",
        ]
    )


def mirrored_test(file: Path) -> Path:
    """The test file that mirrors a source file."""
    below = file.relative_to("chalicelib")
    return Path("tests") / below.with_name(f"test_{below.name}")


def main(question: str) -> int:
    method, _, path = question.strip().partition(" ")
    if not path:
        print('usage: make where ROUTE="PUT /1/acme/groups/staff"', file=sys.stderr)
        return 2
    route = find(method.upper(), path.strip())
    print(describe(route) if route else f"no route answers {question}")
    return 0 if route else 1


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
