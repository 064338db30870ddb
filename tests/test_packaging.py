"""What `chalice package` makes: it succeeds without an account, ships the requirements, and lints clean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from app import app

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with sam.json and deployment.zip, made from a copy so that the checkout stays clean."""
    project = tmp_path_factory.mktemp("project")
    for name in (
        "app.py",
        "chalicelib",
        ".chalice/config.json",
        ".chalice/policy-prod.json",
        "requirements.txt",
        "infra",
    ):
        (project / name).parent.mkdir(exist_ok=True)
        copy = [*(["-r"] if (ROOT / name).is_dir() else []), str(ROOT / name), str(project / name)]
        subprocess.run(["cp", *copy], check=True)
    out = project / "out"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = ["package", "--stage", "prod", "--merge-template", "infra/app-merge.json", str(out)]
    subprocess.run(
        [str(BIN / "chalice"), *command],
        cwd=project,
        env=environment | {"AWS_DEFAULT_REGION": "ap-northeast-1", "HOME": str(project)},
        check=True,
        capture_output=True,
        timeout=240,
    )
    return out


@pytest.fixture(scope="module")
def template(package: Path) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads((package / "sam.json").read_text())
    return parsed


def test_every_route_is_in_the_template(template: dict[str, Any]) -> None:
    paths = template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    assert {(path, method.upper()) for path, methods in paths.items() for method in methods} == {
        (path, method) for path, methods in app.routes.items() for method in methods
    }


def test_the_template_has_fewer_path_nodes_than_api_gateway_allows(template: dict[str, Any]) -> None:
    paths = [
        path.strip("/").split("/") for path in template["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]["paths"]
    ]
    assert len({tuple(path[:length]) for path in paths for length in range(1, len(path) + 1)}) + 1 < 300


def test_the_template_stays_below_cloudformations_limit(template: dict[str, Any]) -> None:
    assert len(json.dumps(template, separators=(",", ":"))) < 1_000_000


def test_the_template_lints_clean(package: Path) -> None:
    lint = subprocess.run(
        [str(BIN / "cfn-lint"), "--regions", "ap-northeast-1", "--", str(package / "sam.json")],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert (lint.returncode, lint.stdout) == (0, "")


def test_the_zip_ships_the_code_and_its_requirements_and_nothing_for_development(package: Path) -> None:
    names = set(ZipFile(package / "deployment.zip").namelist())
    assert {"app.py", "chalicelib/settings.py", "chalicelib/web/chalice_bridge.py", "chalice/app.py"} <= names
    assert {"pymongo/__init__.py", "bson/__init__.py", "regex/__init__.py"} <= names
    assert not [name for name in names if name.split("/")[0] in ("boto3", "botocore", "uvicorn", "typer", "tests")]


AS_LAMBDA = """
import json, sys
sys.path[:] = [sys.argv[1], *[path for path in sys.path if "site-packages" not in path]]
from app import app
where = {"resourcePath": "/1/_health", "httpMethod": "GET", "path": "/api/1/_health", "requestId": "lambda-1"}
event = {"path": "/1/_health", "headers": {}, "requestContext": where}
print(json.dumps(app(event, None)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the package holds libraries for Lambda's system")
def test_the_package_answers_as_lambda_would_call_it(package: Path, tmp_path: Path) -> None:
    ZipFile(package / "deployment.zip").extractall(tmp_path / "task")
    environment = {"YOROZU_ENGINE": "embedded", "YOROZU_DATA_FOLDER": str(tmp_path / "data")}
    command = [sys.executable, "-S", "-c", AS_LAMBDA, str(tmp_path / "task")]
    run = subprocess.run(command, env=environment, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60)
    answer = json.loads(run.stdout)
    assert answer["statusCode"] == 200
    assert answer["headers"]["X-Request-Id"] == "lambda-1"
    assert json.loads(run.stderr)["route"] == "/1/_health"


def test_every_function_has_the_database_and_its_network(template: dict[str, Any]) -> None:
    functions = {
        name: part for name, part in template["Resources"].items() if part["Type"] == "AWS::Serverless::Function"
    }
    assert set(functions) == {"APIHandler", "PurgeWhatExpired", "RollUpApiCalls", "SweepFiles"}
    for part in functions.values():
        assert "YOROZU_MONGO_URI" in part["Properties"]["Environment"]["Variables"]
        assert part["Properties"]["VpcConfig"]["SubnetIds"] == {"Ref": "SubnetIds"}


def test_importing_the_app_reads_no_setting_and_touches_no_environment() -> None:
    program = (
        "import os; os.environ['YOROZU_ENGINE'] = 'nonsense'; before = dict(os.environ);"
        "import app; assert app.app.routes; assert dict(os.environ) == before"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
