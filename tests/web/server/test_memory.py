from __future__ import annotations

import subprocess
import sys

from tests.live import PATIENCE_SECONDS, ROOT

HASH_IN_MANY_THREADS = """
import hashlib
import resource
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from chalicelib.web.server.memory import give_back_large_blocks

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024 / 1024

give_back_large_blocks()
together = Barrier(8)
def hash_a_password(_):
    together.wait()
    return hashlib.scrypt(b"secret", salt=b"salt", n=2**14, r=8, p=1, maxmem=2**25)

with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda _: together.wait(), range(8)))  # the threads' own stacks do not count
    before = resident_mib()
    for _ in range(3):
        list(pool.map(hash_a_password, range(8)))
    print(resident_mib() - before)
"""


def test_the_memory_of_hashed_passwords_goes_back_to_the_system() -> None:
    command = [sys.executable, "-c", HASH_IN_MANY_THREADS]
    run = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert float(run.stdout) < 16
