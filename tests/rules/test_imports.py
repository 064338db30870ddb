"""Who may import whom. The sentence to remember: deleting one dialect breaks nothing else."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STANDARD = set(sys.stdlib_module_names)

ALLOWED: dict[str, tuple[str, ...]] = {
    "chalicelib/core": ("chalicelib.core", "bson"),
    "chalicelib/engines/aws": ("chalicelib.core", "chalicelib.engines.aws", "bson", "pymongo", "boto3", "botocore"),
    "chalicelib/engines/openid_http.py": ("chalicelib.core",),
    "chalicelib/engines/embedded": ("chalicelib.core", "chalicelib.engines.embedded", "bson"),
    "chalicelib/jobs": ("chalicelib.core", "chalicelib.jobs"),
    "chalicelib/dialects": ("chalicelib.web", "chalicelib.core", "bson"),
    "chalicelib/web": ("chalicelib.web", "chalicelib.core.errors", "chalicelib.core.access"),
    "chalicelib/settings.py": (),
    "chalicelib/bootstrap.py": ("chalicelib.core", "chalicelib.engines", "chalicelib.settings"),
    "app.py": (
        "chalicelib.bootstrap",
        "chalicelib.dialects",
        "chalicelib.jobs",
        "chalicelib.settings",
        "chalicelib.web",
    ),
}
"""What a file below a folder may import besides the standard library."""

ALSO: dict[str, tuple[str, ...]] = {
    # The only place where a regular expression meets a hostile pattern, under a time limit.
    "chalicelib/core/query/regex.py": ("regex",),
    # Loaded inside functions: AES is not in the standard library.
    "chalicelib/engines/embedded/key_file_sealer.py": ("cryptography",),
    "chalicelib/dialects/__init__.py": ("chalicelib.dialects",),
    "chalicelib/web/chalice_bridge.py": ("chalice",),
    # A tenant's policy for browsers is the core's value; its headers are the web's.
    "chalicelib/web/cors.py": ("chalicelib.core.tenants.model",),
    # The list of the folder's other files.
    "chalicelib/jobs/queues.py": ("chalicelib.jobs",),
    # A message of a queue is a job of the core.
    "chalicelib/web/queue_events.py": ("chalicelib.core.jobs",),
    "chalicelib/web/encoding.py": ("orjson",),
    "chalicelib/web/server/http_heads.py": ("uvicorn",),
    "chalicelib/web/server/process.py": ("uvicorn", "chalicelib.settings"),
    "chalicelib/web/server/schedules.py": ("chalice",),
    "chalicelib/web/server/workers.py": ("chalicelib.core.jobs",),
}
"""What single files may import besides."""

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

TYPES_ONLY = ("chalicelib.core.core",)
"""What the web may name in types only: the core that it passes through."""


def python_files() -> list[Path]:
    return [ROOT / "app.py", *sorted((ROOT / "chalicelib").rglob("*.py"))]


def imports(tree: ast.AST, typing_only: bool = False) -> Iterator[tuple[str, bool]]:
    """Every imported module, and whether it is imported for type checking only."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Import(names=names):
                yield from ((name.name, typing_only) for name in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield from ((f"{module}.{name.name}", typing_only) for name in node.names)
            case ast.ImportFrom():
                yield (".", typing_only)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from imports(node, typing_only=True)
            case _:
                yield from imports(node, typing_only)


def may_import(file: str, module: str, typing_only: bool) -> bool:
    folder = next((folder for folder in ALLOWED if file == folder or file.startswith(folder + "/")), None)
    allowed = (*ALLOWED.get(folder or "", ()), *ALSO.get(file, ()))
    if file.startswith("chalicelib/dialects/") and file.count("/") > 2:
        allowed += (".".join(file.split("/")[:3]),)
    if file.startswith("chalicelib/web/") and typing_only:
        allowed += TYPES_ONLY
    return module.partition(".")[0] in STANDARD or any((module + ".").startswith(name + ".") for name in allowed)


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_folder_may(path: Path) -> None:
    file = path.relative_to(ROOT).as_posix()
    found = imports(ast.parse(path.read_text(encoding="utf-8")))
    assert [module for module, typing_only in found if not may_import(file, module, typing_only)] == []


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_aws_sdk_is_imported_inside_functions_only(path: Path) -> None:
    """Importing it takes a quarter of a second, which a Lambda that only reads the database shall not pay."""
    at_import = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if not isinstance(node, DEFINITIONS)]
    found = [module for module, typing_only in imports(ast.Module(at_import, [])) if not typing_only]
    assert [module for module in found if module.partition(".")[0] in ("boto3", "botocore")] == []


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("chalicelib/core/clock.py", "chalicelib.web.call"),
        ("chalicelib/core/clock.py", "pymongo"),
        ("chalicelib/core/query/filter.py", "regex"),
        ("chalicelib/web/mount.py", "chalicelib.core.core"),
        ("chalicelib/web/mount.py", "chalicelib.dialects"),
        ("chalicelib/web/mount.py", "chalice"),
        ("chalicelib/dialects/nec/wire.py", "chalicelib.dialects.ncmb.wire"),
        ("chalicelib/dialects/nec/wire.py", "chalicelib.engines.embedded"),
        ("chalicelib/dialects/nec/wire.py", "chalice"),
        ("chalicelib/jobs/purge.py", "chalicelib.engines.embedded"),
        ("chalicelib/engines/embedded/writes.py", "pymongo"),
        ("chalicelib/engines/embedded/writes.py", "chalicelib.engines.aws.clients"),
        ("app.py", "boto3"),
    ],
)
def test_the_rule_refuses_arrows_that_point_the_wrong_way(file: str, module: str) -> None:
    assert not may_import(file, module, typing_only=False)
