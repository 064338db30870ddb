from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.engines.embedded.key_file_sealer import KEY_BYTES, KeyFileSealer


def test_the_key_is_for_its_owner_only_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    KeyFileSealer(tmp_path / "new" / "secrets.key").seal("acme", "s")
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secrets.key"]
    assert stat.S_IMODE((tmp_path / "new" / "secrets.key").stat().st_mode) == 0o600


def test_who_makes_the_key_at_the_same_moment_makes_the_same_key(tmp_path: Path) -> None:
    together, sealed = threading.Barrier(8), []

    def seal() -> None:
        sealer = KeyFileSealer(tmp_path / "secrets.key")
        together.wait()
        sealed.append(sealer.seal("acme", "s"))

    threads = [threading.Thread(target=seal) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [KeyFileSealer(tmp_path / "secrets.key").unseal("acme", one) for one in sealed] == ["s"] * 8


@pytest.mark.parametrize("content", [b"", b"k" * (KEY_BYTES - 1)])
def test_a_file_that_holds_no_key_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "secrets.key").write_bytes(content)
    with pytest.raises(Unavailable, match=r"secrets\.key"):
        KeyFileSealer(tmp_path / "secrets.key").seal("acme", "s")


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match=r"secrets\.key"):
        KeyFileSealer(tmp_path / "file" / "secrets.key").seal("acme", "s")
