"""Memory that goes back to the system as soon as it is free."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

LARGE_BYTES = 1024 * 1024
"""From this size on a block of memory comes from the system and goes back to it. Source: our choice; a password's
hash takes 16 MiB, large bodies and answers take as much."""

_M_MMAP_THRESHOLD = -3


def give_back_large_blocks() -> None:
    """Fixes glibc's limit above which it asks the system for a block of its own; elsewhere there is nothing to do.

    glibc raises the limit, up to 32 MiB, to the largest block that was ever freed. From then on each thread's heap
    keeps such a block for itself: hashing passwords in many threads made 170 MiB of 60.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
