"""What a Lambda pays before its first request: the import of app.py against the import of its main libraries.

Budget: under 2.5 times `import chalice, pymongo, jwt`, and no boto3 (docs/architecture.md). PyJWT is not one of our
requirements; without it the comparison is against the other two alone, which is the harder one.
"""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STARTS = 9


def import_milliseconds(statement: str) -> float:
    """The sum of `python -X importtime`'s own times: the median of several process starts."""
    return statistics.median(_one_start(statement) for _ in range(STARTS))


def _one_start(statement: str) -> float:
    command = [sys.executable, "-X", "importtime", "-c", statement]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stderr.splitlines()  # noqa: S603
    return (
        sum(int(line.split(":")[1].split("|")[0]) for line in lines if line.split("|")[0].strip()[-1:].isdigit()) / 1000
    )


def main() -> None:
    with_jwt = importlib.util.find_spec("jwt") is not None
    libraries = "import chalice, pymongo" + (", jwt" if with_jwt else "")
    # The first request imports its engine before it is answered; a Lambda pays for that too.
    statements = ["pass", libraries, "import app", "import app, chalicelib.engines.aws.documentdb_documents"]
    times = {statement: import_milliseconds(statement) for statement in statements}
    for statement, milliseconds in times.items():
        print(f"{milliseconds:>8.1f} ms  {statement}")
    for statement in statements[2:]:
        print(f"{times[statement] / times[libraries]:>8.2f} x   {statement}")
    program = "import app, sys; print(sorted(name for name in ('boto3', 'botocore') if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    print(f"AWS libraries loaded by app.py: {loaded.stdout.strip()}")


if __name__ == "__main__":
    main()
