"""The public APIs, one folder each, all with the same files. A folder is found by being there."""

from __future__ import annotations

import importlib
import pkgutil

from chalicelib.web.dialect import Dialect


def all_dialects() -> list[Dialect]:
    """Every dialect: the value named `dialect` in each folder below, in the order of their names."""
    folders = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    return [importlib.import_module(f"{__name__}.{folder}").dialect for folder in folders]
