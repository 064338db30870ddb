"""Every ten minutes: fold counted API calls into statistics."""

from __future__ import annotations

from chalicelib.core.core import Core


def roll_up(core: Core) -> int:
    """Returns how many counters were read. See core/stats/service.py."""
    return core.stats.roll_up_all()
