"""What a deployment would send, made once for all tests here: packages of both stages, the translated app, the data."""

from __future__ import annotations

import fcntl
import json
import shutil
from pathlib import Path
from typing import Any

import botocore
import pytest
from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]

from scripts.deploy import with_code
from scripts.package import ROOT, Package, package
from tests.aws_server import REGION

STAGES = ("dev", "prod")

AUTHORITIES = Path(botocore.__file__).with_name("cacert.pem")
"""Any bundle of certificates: it stands in for that of DocumentDB."""

Template = dict[str, Any]


class NoManagedPolicies:
    """We name none of AWS's policies, so the translator need not ask AWS for them."""

    def load(self) -> dict[str, str]:
        return {}


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Package]:
    """The package of each stage, made once however many processes run the tests."""
    shared = tmp_path_factory.getbasetemp() / "packages"
    if worker_id != "master":
        shared = tmp_path_factory.getbasetemp().parent / "packages"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        built = {stage: Package(shared / stage / "app.json", shared / stage / "deployment.zip") for stage in STAGES}
        if not (shared / "done").exists():
            package("prod", shared / "prod", AUTHORITIES)
            with pytest.MonkeyPatch.context() as patch:
                # The code is the same at every stage, and compiling it is slow.
                patch.setattr("scripts.package.with_bytecode", shutil.copyfile)
                package("dev", shared / "dev", AUTHORITIES)
            (shared / "done").touch()
    return built


@pytest.fixture(scope="session", params=STAGES)
def template(request: pytest.FixtureRequest, packages: dict[str, Package]) -> Template:
    """The app stack of each stage as CloudFormation gets it, with SAM's short forms."""
    parsed: Template = json.loads(packages[request.param].template.read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="session")
def translated(packages: dict[str, Package]) -> Template:
    """The app stack as CloudFormation carries it out, by the translator that AWS publishes."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_DEFAULT_REGION", REGION)
        template = json.loads(with_code(packages["prod"].template, "artifacts", "code.zip"))
        plain: Template = transform(template, {}, NoManagedPolicies())
    return plain


@pytest.fixture(scope="session")
def data() -> Template:
    """infra/data.yaml."""
    return template_of(ROOT / "infra" / "data.yaml")


def template_of(file: Path) -> Template:
    """A template in YAML, with its short intrinsics written out."""
    parsed: Template = json.loads(json.dumps(cfn_yaml.load(str(file))))
    return parsed


def of_type(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The properties of all resources of a type, by logical id."""
    return {name: part.get("Properties", {}) for name, part in template["Resources"].items() if part["Type"] == kind}
