"""Every six hours: delete contents that no file names, and uploads that nobody completed."""

from __future__ import annotations

from chalicelib.core.core import Core


def sweep(core: Core) -> int:
    """Returns how many were deleted. See core/files/sweep.py."""
    return core.blob_sweep.run()
