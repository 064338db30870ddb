"""Memory that is returned to the system as soon as it is free."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

LARGE_BYTES = 1024 * 1024
"""Blocks of memory from this size on come from the system and are returned to it. Source: our choice; hashing a
password takes 16 MiB, and large bodies and answers take as much."""

_M_MMAP_THRESHOLD = -3


def give_back_large_blocks() -> None:
    """Fixes the size above which glibc asks the system for a separate block; elsewhere there is nothing to do.

    glibc raises that size, up to 32 MiB, to the largest block ever freed. From then on each thread's heap keeps such
    blocks: hashing passwords in many threads took 170 MiB instead of 60.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
