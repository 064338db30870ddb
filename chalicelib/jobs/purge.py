"""Hourly: delete for good what has outlived its keeping, and make the indexes that a new version declares."""

from __future__ import annotations

from chalicelib.core.core import Core


def purge(core: Core) -> int:
    """Returns how many documents went. See core/upkeep.py and core/purge.py.

    Indexes first, for purges search by them; one that cannot be made keeps nothing from being purged.
    """
    try:
        core.upkeep.run()
    finally:
        gone = core.purge.run()
    return gone
