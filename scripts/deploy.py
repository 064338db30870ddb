"""`make deploy STAGE=prod`: the data stack, then the app stack, by the AWS CLI; with DRY=1 only the commands.

The data stack's outputs are the app stack's parameters, name for name. Every step can be repeated: a deployment that
broke off is continued by another one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.package import AUTHORITIES_ADDRESS, ROOT, Package, PackagingFailed, compact, lint, package

FOR_DEPLOYMENT = {"ArtifactsBucket", "Routes", "Vpc"}
"""Outputs of the data stack that are for this script or the operator; all others are the app's parameters."""

SECRETS = ("DatabaseSecret", "OperatorSecret")
"""The app stack is told their versions: CloudFormation reads a secret again only when something changes."""


class DeploymentFailed(Exception):
    """What went wrong, for the person at the terminal."""


class Aws:
    """The AWS CLI, with each command shown before it runs."""

    def run(self, *arguments: str) -> str:
        """Runs a command and returns what it prints. Raises: DeploymentFailed."""
        _show(*arguments)
        done = subprocess.run(["aws", *arguments], stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603, S607
        if done.returncode:
            raise DeploymentFailed(f"aws {arguments[0]} {arguments[1]} ended with status {done.returncode}")
        return done.stdout

    def outputs(self, stack: str) -> dict[str, str]:
        """What a stack tells. Raises: DeploymentFailed."""
        query = ("--query", "Stacks[0].Outputs", "--output", "json")
        told = json.loads(self.run("cloudformation", "describe-stacks", "--stack-name", stack, *query)) or []
        return {output["OutputKey"]: output["OutputValue"] for output in told}

    def secret_version(self, secret: str) -> str:
        """The id of the version that counts now. Raises: DeploymentFailed."""
        told = json.loads(self.run("secretsmanager", "describe-secret", "--secret-id", secret, "--output", "json"))
        labelled: dict[str, list[str]] = told["VersionIdsToStages"]
        return next(version for version, labels in labelled.items() if "AWSCURRENT" in labels)


class DryAws(Aws):
    """Shows the commands and runs none; what they would tell is named in brackets."""

    def run(self, *arguments: str) -> str:
        _show(*arguments)
        return ""

    def outputs(self, stack: str) -> dict[str, str]:
        self.run("cloudformation", "describe-stacks", "--stack-name", stack)
        return {name: f"<{name} of {stack}>" for name in output_names()}

    def secret_version(self, secret: str) -> str:
        self.run("secretsmanager", "describe-secret", "--secret-id", secret)
        return f"<version of {secret.strip('<>')}>"


def _show(*arguments: str) -> None:
    print("+ " + shlex.join(["aws", *arguments]), flush=True)


def output_names() -> list[str]:
    """The outputs of infra/data.yaml. Read as lines, for a dry run should need no YAML parser."""
    text = (ROOT / "infra" / "data.yaml").read_text(encoding="utf-8").partition("\nOutputs:\n")[2]
    return [line.strip().removesuffix(":") for line in text.splitlines() if line.startswith("  ") and line[2] != " "]


def stage_parameters(stage: str) -> dict[str, dict[str, str]]:
    """`{"data": {...}, "app": {...}}`: what a stage says about its stacks' parameters, from infra/stages/."""
    path = ROOT / "infra" / "stages" / f"{stage}.json"
    if not path.exists():
        raise DeploymentFailed(f"{path.relative_to(ROOT)} is missing: it holds the parameters of the stage's stacks")
    parameters: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return parameters


def deploy(aws: Aws, stage: str, built: Package) -> None:
    """Brings both stacks to what this checkout says. Raises: DeploymentFailed."""
    parameters = stage_parameters(stage)
    data, app = f"yorozu-{stage}-data", f"yorozu-{stage}-app"
    print("1. The data stack: network, database, files, queues. The first time takes about 15 minutes.")
    _bring_up(aws, data, ROOT / "infra" / "data.yaml", {"Stage": stage} | parameters["data"])
    print("2. What the data stack tells the app stack.")
    told = aws.outputs(data)
    versions = {f"{secret}Version": aws.secret_version(told[secret]) for secret in SECRETS}
    print("3. The zip, under its own hash, so that nothing in use is overwritten.")
    bucket = told["ArtifactsBucket"]
    key = f"{hashlib.sha256(built.archive.read_bytes()).hexdigest()}.zip"
    aws.run("s3", "cp", "--only-show-errors", str(built.archive), f"s3://{bucket}/{key}")
    template = built.template.with_name("app-deployed.json")
    template.write_text(with_code(built.template, bucket, key), encoding="utf-8")
    print("4. The app stack: API, functions, roles, alarms.")
    passed = {name: value for name, value in told.items() if name not in FOR_DEPLOYMENT}
    by_s3 = ("--s3-bucket", bucket, "--s3-prefix", "templates")
    _bring_up(aws, app, template, {"Stage": stage} | passed | versions | parameters["app"], *by_s3)
    print("5. Where it is.")
    aws.run("cloudformation", "describe-stacks", "--stack-name", app, "--query", "Stacks[0].Outputs")


def with_code(template: Path, bucket: str, key: str) -> str:
    """The template with the zip's place in every function."""
    parsed = json.loads(template.read_text(encoding="utf-8"))
    for resource in parsed["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
    return compact(parsed)


def _bring_up(aws: Aws, stack: str, template: Path, parameters: Mapping[str, str], *options: str) -> None:
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    capabilities = ("--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
    file = ("--template-file", str(template))
    aws.run(
        "cloudformation", "deploy", "--stack-name", stack, *file, *options, *capabilities,
        "--no-fail-on-empty-changeset", "--parameter-overrides", *overrides,
    )  # fmt: skip


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make deploy", description=__doc__)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--ca-bundle", type=Path, help="the authorities of DocumentDB: " + AUTHORITIES_ADDRESS)
    parser.add_argument("--dry-run", action="store_true", help="show the commands and run none")
    wanted = parser.parse_args(arguments)
    try:
        if not wanted.dry_run and shutil.which("aws") is None:
            raise DeploymentFailed(
                "the AWS CLI (`aws`, version 2) is not installed; DRY=1 shows the commands without it"
            )
        lint(ROOT / "infra" / "data.yaml")
        built = package(wanted.stage, ROOT / "out" / wanted.stage, wanted.ca_bundle)
        if not wanted.dry_run and not built.trusts_the_database:
            raise DeploymentFailed(
                "the database's certificate authorities are missing, without which no connection to it opens: fetch "
                f"{AUTHORITIES_ADDRESS} and name the file, CA_BUNDLE=/path/to/global-bundle.pem"
            )
        deploy(DryAws() if wanted.dry_run else Aws(), wanted.stage, built)
    except (DeploymentFailed, PackagingFailed) as error:
        print(f"make deploy: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
