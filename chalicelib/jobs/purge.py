"""Hourly: create the indexes that a new version declares, and delete what is past its retention."""

from __future__ import annotations

from chalicelib.core.core import Core


def purge(core: Core) -> int:
    """Returns how many documents were deleted. See core/upkeep.py and core/purge.py.

    Indexes come first, as purges search by them. If one cannot be created, the purge runs all the same.
    """
    try:
        core.upkeep.run()
    finally:
        gone = core.purge.run()
    return gone
