"""`make package`: the app stack's template and zip, in out/<stage>/.

Chalice generates both; infra/app-merge.json adds what it does not know (network, settings from the data stack, gateway
responses, alarms). The template is then written without spaces, for CloudFormation takes at most 1 MB, and linted.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import py_compile
import shutil
import ssl
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from chalicelib.bootstrap import code_written_at

ROOT = Path(__file__).resolve().parent.parent

SHIPPED = ("app.py", "chalicelib", ".chalice", "requirements.txt")
"""What Chalice sees. A copy, so that the checkout stays clean."""

AUTHORITIES = Path("chalicelib") / "database-authorities.pem"
"""Where the zip carries the authorities that sign DocumentDB's certificates: YOROZU_MONGO_CA_FILE says the same."""

AUTHORITIES_ADDRESS = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"

MAX_TEMPLATE_BYTES = 1_000_000
"""Spec: aws-cloudformation, "CloudFormation quotas": 1 MB for a template that comes from S3."""

MAX_UNZIPPED_BYTES = 250 * 1024 * 1024
"""Spec: aws-lambda, "Lambda quotas": code and layers together, unzipped."""


class PackagingFailed(Exception):
    """What went wrong, for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Package:
    """What a deployment needs: a template whose CodeUri still is a file, and that file."""

    template: Path
    archive: Path

    @property
    def trusts_the_database(self) -> bool:
        """Whether the authorities are in the zip; without them no connection to DocumentDB opens."""
        with ZipFile(self.archive) as archive:
            return str(AUTHORITIES) in archive.namelist()


def package(stage: str, out: Path, ca_bundle: Path | None) -> Package:
    """Builds the zip and the template of a stage into a folder.

    Raises: PackagingFailed for an unknown stage, a bundle without certificates, and whatever Chalice or the linter say.
    """
    stages = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))["stages"]
    if stage not in stages:
        raise PackagingFailed(f"no stage {stage!r} in .chalice/config.json, but {', '.join(stages)}")
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        _copy_sources(project, ca_bundle)
        _chalice(project, stage)
        built = Package(out / "app.json", out / "deployment.zip")
        out.mkdir(parents=True, exist_ok=True)
        template = json.loads((project / "out" / "sam.json").read_text(encoding="utf-8"))
        # The files of the zip have no times, so that the same content makes the same zip.
        template["Globals"]["Function"]["Environment"]["Variables"]["YOROZU_BUILD_TIME"] = code_written_at()
        built.template.write_text(compact(template), encoding="utf-8")
        with_bytecode(project / "out" / "deployment.zip", built.archive)
    lint(built.template)
    return built


def with_bytecode(source: Path, target: Path) -> None:
    """The same zip with every module compiled, and the same bytes for the same content.

    A Lambda cannot keep what it compiles: without this, each cold start compiles all that it imports, which took longer
    than the imports themselves (docs/decisions/0082-cold-start.md). Another Python than this one passes over it.
    """
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder)
        with ZipFile(source) as archive:
            archive.extractall(unpacked)
        unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(unpacked, quiet=2, stripdir=unpacked, invalidation_mode=unchecked)
        with ZipFile(target, "w", ZIP_DEFLATED) as archive:
            for path in sorted(path for path in unpacked.rglob("*") if path.is_file()):
                entry = ZipInfo(path.relative_to(unpacked).as_posix())
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes(), ZIP_DEFLATED)


def compact(template: dict[str, Any]) -> str:
    """A template in the fewest bytes. Raises: PackagingFailed when even they are too many."""
    text = json.dumps(template, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) > MAX_TEMPLATE_BYTES:
        raise PackagingFailed(f"the template has {len(text.encode()):,} bytes, more than CloudFormation takes")
    return text


def lint(*templates: Path) -> None:
    """Raises: PackagingFailed with what cfn-lint has to say."""
    region = os.environ.get("AWS_DEFAULT_REGION", "ap-northeast-1")
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--regions", region, "--", *map(str, templates)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if run.returncode:
        raise PackagingFailed(run.stdout + run.stderr)


def _copy_sources(project: Path, ca_bundle: Path | None) -> None:
    leave_out = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, project / name, ignore=leave_out)
        else:
            shutil.copyfile(ROOT / name, project / name)
    if ca_bundle is not None:
        try:
            ssl.create_default_context(cafile=ca_bundle)
        except OSError as error:
            raise PackagingFailed(f"{ca_bundle} is not a bundle of certificates: {error}") from error
        shutil.copyfile(ca_bundle, project / AUTHORITIES)


def _chalice(project: Path, stage: str) -> None:
    # Chalice asks for a region even though nothing is called, and for no credentials.
    environment = {"AWS_DEFAULT_REGION": "ap-northeast-1"} | dict(os.environ)
    merge = ROOT / "infra" / "app-merge.json"
    command = [str(Path(sys.executable).parent / "chalice"), "package", "--stage", stage]
    run = subprocess.run(  # noqa: S603
        [*command, "--merge-template", str(merge), "out"],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise PackagingFailed(run.stdout + run.stderr)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make package", description=__doc__)
    parser.add_argument("--stage", default="prod")
    parser.add_argument("--ca-bundle", type=Path, help="the authorities of DocumentDB: " + AUTHORITIES_ADDRESS)
    wanted = parser.parse_args(arguments)
    try:
        built = package(wanted.stage, ROOT / "out" / wanted.stage, wanted.ca_bundle)
    except PackagingFailed as error:
        print(f"make package: {error}", file=sys.stderr)
        return 1
    for part in (built.template, built.archive):
        print(f"{part.stat().st_size:>12,} bytes  {part.relative_to(ROOT)}")
    if wanted.ca_bundle is None:
        print("The zip has no certificate authorities, so it cannot reach DocumentDB. To deploy it, fetch")
        print(f"  {AUTHORITIES_ADDRESS}\nand say make package CA_BUNDLE=/path/to/global-bundle.pem")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
