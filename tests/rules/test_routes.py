"""Rules that every dialect's route table keeps, so that a route is found in ten seconds and API Gateway takes it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from chalicelib.bootstrap import MAIL_PAGES
from chalicelib.dialects import all_dialects
from chalicelib.web.dialect import Dialect
from chalicelib.web.routing import TENANT, Route
from chalicelib.web.server.route_trie import RouteTrie
from scripts.routes import INDEX, ROOT, render, source_file, specification
from scripts.where import find, mirrored_test

DIALECTS = all_dialects()
ROUTES = [(dialect, route) for dialect in DIALECTS for route in dialect.routes]

MAX_PATH_NODES = 300
"""Resources of one REST API, every prefix of a path counted. Source: API Gateway's default quota."""

NEVER_A_VALUE = {"_health", "_system", "current", "_query", "_batch", "_aggregate"}
"""Fixed segments that stand where another route has a parameter, and that no value of that parameter can equal."""


def each_route(pair: tuple[Dialect, Route] | object) -> str:
    return f"{pair[1].method} {pair[1].path}" if isinstance(pair, tuple) else str(pair)


def segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def test_the_index_of_routes_is_fresh() -> None:
    assert INDEX.exists(), "run make routes"
    assert INDEX.read_text(encoding="utf-8") == render(), "run make routes"


@pytest.mark.parametrize("path", MAIL_PAGES.values())
def test_links_in_mails_lead_to_pages(path: str) -> None:
    assert {route.method for _, route in ROUTES if route.path == path} == {"GET", "POST"}


def test_one_parameter_name_stands_at_each_level() -> None:
    RouteTrie(route.path for _, route in ROUTES)


def test_the_paths_fit_into_one_rest_api() -> None:
    parts = [segments(route.path) for _, route in ROUTES]
    nodes = {tuple(path[:length]) for path in parts for length in range(1, len(path) + 1)}
    assert len(nodes) + 1 < MAX_PATH_NODES


def test_no_method_and_path_is_registered_twice() -> None:
    keys = [(route.method, route.path) for _, route in ROUTES]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("pair", ROUTES, ids=each_route)
def test_a_path_begins_with_its_dialects_prefix(pair: tuple[Dialect, Route]) -> None:
    dialect, route = pair
    assert route.path.startswith(dialect.prefix.rstrip("/") + "/")


@pytest.mark.parametrize("pair", ROUTES, ids=each_route)
def test_a_route_stands_in_the_file_that_its_first_noun_names(pair: tuple[Dialect, Route]) -> None:
    dialect, route = pair
    file = source_file(route)
    folder = Path("chalicelib/dialects") / dialect.name / "routes"
    assert folder in file.parents
    below = segments(route.path.removeprefix(dialect.prefix))
    fixed = [part for part in below if not part.startswith("{") and part != "_system"]
    # A dialect with one noun has it for its prefix.
    noun = fixed[0] if fixed else segments(dialect.prefix)[-1]
    assert file.relative_to(folder).parts[0].removesuffix(".py").startswith(noun.strip("_").replace("-", "_"))


@pytest.mark.parametrize("pair", ROUTES, ids=each_route)
def test_a_handler_says_where_it_is_specified(pair: tuple[Dialect, Route]) -> None:
    assert specification(pair[1])


@pytest.mark.parametrize("pair", ROUTES, ids=each_route)
def test_a_route_is_found_by_its_own_path(pair: tuple[Dialect, Route]) -> None:
    assert find(pair[1].method, pair[1].path) == pair[1]


@pytest.mark.parametrize("file", sorted({source_file(route) for _, route in ROUTES}), ids=str)
def test_a_route_file_has_its_test(file: Path) -> None:
    assert (ROOT / mirrored_test(file)).exists()


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.name))
def test_only_the_tenant_is_taken_from_the_path_by_authentication(dialect: Dialect) -> None:
    assert not [route.path for route in dialect.routes if TENANT in route.parameters]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.name))
def test_a_dialect_has_the_files_that_its_siblings_have(dialect: Dialect) -> None:
    folder = ROOT / "chalicelib" / "dialects" / dialect.name
    names = {path.name.removesuffix(".py") for path in folder.iterdir() if not path.name.startswith("__pycache__")}
    assert {"__init__", "wire", "query", "acl", "auth", "errors"} <= names
    assert names & {"routes", "methods"}


def test_no_fixed_segment_is_a_dead_end_where_a_parameter_leads_on() -> None:
    """Our router tries the parameter when the fixed segment leads nowhere; API Gateway may not."""
    paths = {tuple(segments(route.path)) for _, route in ROUTES}
    dead_ends = []
    for fixed, parameter in itertools.permutations(paths, 2):
        level = next((at for at, (a, b) in enumerate(zip(fixed, parameter, strict=False)) if a != b), None)
        if level is None or not parameter[level].startswith("{") or fixed[level].startswith("{"):
            continue
        twin = (*parameter[:level], fixed[level], *parameter[level + 1 :])
        if fixed[level] not in NEVER_A_VALUE and twin not in paths and len(parameter) > level + 1:
            dead_ends.append("/" + "/".join(twin))
    assert sorted(set(dead_ends)) == []
