"""What finding a caller's groups takes, in microseconds, while the tenant's groups grow from 10 to 10,000.

The caller is in three groups at the bottom of three levels; the others have members too. Prints medians.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from chalicelib.bootstrap import build_core
from chalicelib.core import ids
from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts.memberships import Memberships
from chalicelib.core.accounts.model import Group
from chalicelib.core.accounts.stored import GROUPS, group_to_document
from chalicelib.core.core import Core
from chalicelib.core.tenants.model import Tenant
from chalicelib.settings import Settings

SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 300
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    print(f"{'groups':>8} {'first request':>14} {'later ones':>11}")
    with TemporaryDirectory(prefix="yorozu-bench-") as folder:
        core = build_core(Settings(data_folder=Path(folder), durability="normal"))
        tenant, user = core.tenants.create("bench"), ids.new_id()
        made = _make_callers_groups(core, tenant, user)
        for size in SIZES:
            for number in range(made, size):
                _make(core, tenant, f"other{number}", (ids.new_id(), ids.new_id()), (f"other{number - 1}",))
            made = size
            first = _median(lambda: Memberships(core.documents).of(tenant, user))
            later = _median(partial(Memberships(core.documents).of, tenant, user))
            print(f"{size:>8} {first:>14.1f} {later:>11.1f}")
        core.close()


def _make_callers_groups(core: Core, tenant: Tenant, user: str) -> int:
    for number in range(3):
        _make(core, tenant, f"team{number}", (user,), ())
    _make(core, tenant, "department", (), ("team0", "team1", "team2"))
    _make(core, tenant, "company", (), ("department",))
    return 5


def _make(core: Core, tenant: Tenant, name: str, users: tuple[str, ...], groups: tuple[str, ...]) -> None:
    group = Group(ids.new_id(), name, users, groups, Acl(), NOW, NOW, ids.new_etag())
    core.documents.insert(tenant.id, GROUPS, group_to_document(group))


def _median(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        took.append((time.perf_counter() - started) * 1e6)
    return statistics.median(took)


if __name__ == "__main__":
    main()
