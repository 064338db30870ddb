"""What a Lambda pays before its first request: the import of app.py against the import of its main libraries.

Budget: under 2.5 times `import chalice, pymongo, jwt`, and no boto3 (docs/architecture.md). PyJWT is not one of our
requirements; without it the comparison is against the other two alone, which is the harder one.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STARTS = 9


def import_milliseconds(statements: list[str]) -> dict[str, float]:
    """The sum of `python -X importtime`'s own times, the least of several starts: other work only ever adds.

    The statements take turns, so that a busy minute of the machine meets all of them. Bytecode is kept between the
    starts for all of them alike, whatever the environment says.
    """
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode
        starts = [{each: _one_start(each, environment) for each in statements} for _ in range(STARTS)]
    return {each: min(start[each] for start in starts) for each in statements}


def _one_start(statement: str, environment: dict[str, str]) -> float:
    command = [sys.executable, "-X", "importtime", "-c", statement]
    run = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    own_times = [line.partition("|")[0].removeprefix("import time:").strip() for line in run.stderr.splitlines()]
    return sum(int(time) for time in own_times if time.isdigit()) / 1000


def main() -> None:
    with_jwt = importlib.util.find_spec("jwt") is not None
    libraries = "import chalice, pymongo" + (", jwt" if with_jwt else "")
    # The first request imports its engine before it is answered; a Lambda pays for that too.
    statements = ["pass", libraries, "import app", "import app, chalicelib.engines.aws.documentdb_documents"]
    times = import_milliseconds(statements)
    for statement, milliseconds in times.items():
        print(f"{milliseconds:>8.1f} ms  {statement}")
    for statement in statements[2:]:
        print(f"{times[statement] / times[libraries]:>8.2f} x   {statement}")
    program = "import app, sys; print(sorted(name for name in ('boto3', 'botocore') if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    print(f"AWS libraries loaded by app.py: {loaded.stdout.strip()}")


if __name__ == "__main__":
    main()
