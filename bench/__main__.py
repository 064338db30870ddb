"""`make bench`: every benchmark here that has a `main()`, one after the other. They print, they never judge."""

from __future__ import annotations

import importlib
import pkgutil
import platform
import sys
from pathlib import Path

import bench


def machine() -> str:
    """What the figures were measured on."""
    processor, processors = platform.processor() or platform.machine(), 0
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor, processors = (names or [processor])[0], len(names)
    system = f"{platform.system()} {platform.release()}"
    return f"{processor}, {processors} processors, {system}, Python {platform.python_version()}"


def main(wanted: list[str]) -> None:
    print(f"machine: {machine()}")
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name.startswith("_") or (wanted and module.name not in wanted):
            continue
        run = getattr(importlib.import_module(f"bench.{module.name}"), "main", None)
        if run is not None:
            print(f"\n== {module.name}\n", flush=True)
            run()


if __name__ == "__main__":
    main(sys.argv[1:])
