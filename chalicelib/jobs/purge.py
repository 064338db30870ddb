"""Hourly: delete for good what has outlived its keeping."""

from __future__ import annotations

from chalicelib.core.core import Core


def purge(core: Core) -> int:
    """Returns how many documents went. See core/purge.py."""
    return core.purge.run()
