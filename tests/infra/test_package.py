"""What `make package` makes: it needs no account, ships what the Lambda needs, and stays within AWS's limits."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from app import app
from chalicelib.settings import Settings
from scripts.package import (
    AUTHORITIES,
    MAX_TEMPLATE_BYTES,
    MAX_UNZIPPED_BYTES,
    ROOT,
    Package,
    PackagingFailed,
    package,
    with_bytecode,
)
from tests.infra.conftest import Template
from tests.live import PATIENCE_SECONDS


def test_every_route_is_in_the_template(template: Template) -> None:
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == {
        (path, method) for path, methods in app.routes.items() for method in methods
    }


def test_the_template_has_fewer_path_nodes_than_api_gateway_allows(template: Template) -> None:
    paths = [
        path.strip("/").split("/") for path in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    ]
    assert len({tuple(path[:length]) for path in paths for length in range(1, len(path) + 1)}) + 1 < 300


def test_the_template_stays_below_cloudformations_limit(packages: dict[str, Package]) -> None:
    assert all(built.template.stat().st_size < MAX_TEMPLATE_BYTES for built in packages.values())


def test_the_zip_ships_the_code_and_its_requirements_and_nothing_for_development(packages: dict[str, Package]) -> None:
    with ZipFile(packages["prod"].archive) as archive:
        names, size = set(archive.namelist()), sum(entry.file_size for entry in archive.infolist())
    assert {"app.py", "chalicelib/settings.py", "chalicelib/web/chalice_bridge.py", "chalice/app.py"} <= names
    assert {"pymongo/__init__.py", "bson/__init__.py", "regex/__init__.py"} <= names
    assert not [name for name in names if name.split("/")[0] in ("boto3", "botocore", "uvicorn", "typer", "tests")]
    assert size < MAX_UNZIPPED_BYTES


def test_the_zip_imports_without_compiling_and_without_anything_else(
    packages: dict[str, Package], tmp_path: Path
) -> None:
    with ZipFile(packages["prod"].archive) as archive:
        archive.extractall(tmp_path)
    program = (
        "import app, chalicelib.engines.aws.documentdb_documents, sys; from os.path import exists;"
        "ours = [one for one in sys.modules.values() if str(getattr(one, '__file__', '')).startswith(sys.argv[1])];"
        "assert ours and [one for one in ours if one.__file__.endswith('.py') and not exists(one.__cached__)] == [];"
        "assert not {'boto3', 'botocore', 'sqlite3'} & set(sys.modules)"
    )
    # Without the site's packages (-S), as on a Lambda, and without writing bytecode (-B).
    command = [sys.executable, "-S", "-B", "-c", program, str(tmp_path)]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=PATIENCE_SECONDS)


def test_the_same_content_makes_the_same_zip(packages: dict[str, Package], tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    with_bytecode(packages["prod"].archive, again)
    assert again.read_bytes() == packages["prod"].archive.read_bytes()


def test_every_function_knows_when_its_code_was_written(template: Template) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", variables["YOROZU_BUILD_TIME"])


def test_the_zip_carries_the_authorities_where_the_setting_looks_for_them(packages: dict[str, Package]) -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    setting = Settings.from_environment(
        config["environment_variables"] | {"YOROZU_MONGO_URI": "mongodb://somewhere", "YOROZU_FILES_BUCKET": "files"}
    )
    # A Lambda unpacks its zip there.
    assert setting.mongo_ca_file == f"/var/task/{AUTHORITIES}"
    assert packages["prod"].trusts_the_database


def test_a_bundle_without_certificates_is_refused(tmp_path: Path) -> None:
    bundle = tmp_path / "global-bundle.pem"
    bundle.write_text("<html>not found</html>")
    with pytest.raises(PackagingFailed, match="not a bundle of certificates"):
        package("prod", tmp_path, bundle)


def test_a_stage_that_is_not_configured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingFailed, match=r"no stage 'production' in \.chalice/config\.json, but dev, prod"):
        package("production", tmp_path, None)


def test_importing_the_app_reads_no_setting_and_touches_no_environment() -> None:
    program = (
        "import os; os.environ['YOROZU_ENGINE'] = 'nonsense'; before = dict(os.environ);"
        "import app; assert app.app.routes; assert dict(os.environ) == before"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=PATIENCE_SECONDS)
