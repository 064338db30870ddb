"""What a Lambda pays before its first request: the imports of the packaged zip, its size, and what is put off.

Budget: under 2.5 times the zip's own `import chalice, pymongo`, and no boto3 (docs/architecture.md, which counts PyJWT
too: it is none of our requirements, and without it the comparison is the harder one). Run in the unzipped package
without the site's packages, as a Lambda has them; needs a package index, for `chalice package` fetches requirements.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from zipfile import ZipFile

from scripts.package import package

STARTS = 5
Case = tuple[str, Path]
LIBRARIES = "import chalice, pymongo"
APP = "import app"
# The first request imports its engine before it is answered; a Lambda pays for that too.
FIRST_REQUEST = "import app, chalicelib.engines.aws.documentdb_documents"
LOADED = "import sys; print(*sorted({'boto3', 'botocore', 'sqlite3', 'uvicorn'} & set(sys.modules)) or ['none'])"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        built = package("prod", Path(folder) / "out", None)
        compiled, bare = Path(folder) / "compiled", Path(folder) / "bare"
        with ZipFile(built.archive) as archive:
            entries = archive.infolist()
            archive.extractall(compiled)
            archive.extractall(bare, [entry for entry in entries if not entry.filename.endswith(".pyc")])
        print(f"{built.template.stat().st_size:>12,} bytes  template")
        print(f"{built.archive.stat().st_size:>12,} bytes  zip")
        print(f"{sum(entry.file_size for entry in entries):>12,} bytes  unzipped")
        show_imports(compiled, bare)
        show_loaded(compiled)


def show_imports(compiled: Path, bare: Path) -> None:
    """Import times with the zip's compiled modules and without, and where most of it goes."""
    cases = [(APP, bare), (FIRST_REQUEST, bare), ("pass", compiled), (LIBRARIES, compiled)]
    cases += [(APP, compiled), (FIRST_REQUEST, compiled)]
    times = least_times(cases)
    for statement, folder in cases:
        print(f"{total(times[statement, folder]):>9.1f} ms  {folder.name:8}  {statement}")
    spent = least_processor_times([(statement, compiled) for statement in (LIBRARIES, APP, FIRST_REQUEST)])
    for statement in (APP, FIRST_REQUEST):
        ratio = spent[statement, compiled] / spent[LIBRARIES, compiled]
        print(f"{ratio:>9.2f} x   processor time of the libraries  {statement}")
    dearest = sorted(times[FIRST_REQUEST, compiled].items(), key=lambda share: -share[1])[:9]
    shares = ", ".join(f"{name} {time:.0f}" for name, time in dearest)
    print(f"by package, ms: {shares}")


def show_loaded(folder: Path) -> None:
    """Which heavy libraries the first request of the database has loaded."""
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-S", "-B", "-c", f"{FIRST_REQUEST}; {LOADED}"],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    print(f"of boto3, botocore, sqlite3, uvicorn loaded: {run.stdout.strip()}")


def least_times(cases: Iterable[Case]) -> dict[Case, dict[str, float]]:
    """Milliseconds by top-level package, of the quickest of several starts: other work only ever adds.

    The cases take turns, so that a busy minute of the machine meets all of them.
    """
    cases = list(cases)
    rounds = [{case: one_start(*case) for case in cases} for _ in range(STARTS)]
    return {case: min((one[case] for one in rounds), key=total) for case in cases}


def least_processor_times(cases: list[Case]) -> dict[Case, float]:
    """Milliseconds of processor time of whole starts: what a busy machine changes least."""
    rounds = [{case: processor_time(*case) for case in cases} for _ in range(STARTS)]
    return {case: min(one[case] for one in rounds) for case in cases}


def processor_time(statement: str, folder: Path) -> float:
    program = f"{statement}\nimport time\nprint(time.process_time() * 1000)"
    command = [sys.executable, "-S", "-B", "-c", program]
    return float(subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout)  # noqa: S603


def one_start(statement: str, folder: Path) -> dict[str, float]:
    """The own times that `python -X importtime` tells, without the site's packages and without keeping bytecode."""
    command = [sys.executable, "-S", "-B", "-X", "importtime", "-c", statement]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    run = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    spent: dict[str, float] = defaultdict(float)
    for line in run.stderr.splitlines():
        own, _, rest = line.removeprefix("import time:").partition("|")
        if own.strip().isdigit():
            top = rest.partition("|")[2].strip().partition(".")[0]
            local = (folder / top).exists() or (folder / f"{top}.py").exists()
            spent[top if local else "standard library"] += int(own) / 1000
    return spent


def total(spent: dict[str, float]) -> float:
    return sum(spent.values())


if __name__ == "__main__":
    main()
