"""Power cuts during uploads: the server is killed, and each file is the old one or the new one, whole."""

from __future__ import annotations

import http.client
import io
import json
import os
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import build_core
from chalicelib.engines.embedded.disk_blobs import DiskBlobs
from chalicelib.settings import Settings
from tests.live import PATIENCE_SECONDS, LiveServer, eventually, live_server

CLIENTS = 4
ROUNDS = 3
BUCKET = "/files/box"


class Client:
    """One connection with the master key."""

    def __init__(self, demo: dict[str, str]) -> None:
        address = demo["base_url"].removeprefix("http://").removesuffix("/api")
        self._connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
        self._tenant = demo["tenant_id"]
        self._headers = {"X-Application-Id": demo["app_id"], "X-Application-Key": demo["master_key"]}

    def send(self, method: str, path: str, body: Any = None, content_type: str = "a/b") -> tuple[int, bytes]:
        headers = self._headers | {"Content-Type": content_type}
        self._connection.request(method, f"/1/{self._tenant}{path}", body, headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def close(self) -> None:
        self._connection.close()


def content(name: str, version: int) -> bytes:
    """A content that no other name or version has, in every piece of it."""
    return f"{name}:{version};".encode() * (100_000 + version)


@dataclass
class Writer:
    """A client that uploads and replaces until its server is gone. For each name: the version that was acknowledged,
    and the one that was sent after it."""

    number: int
    acknowledged: dict[str, int] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def run(self, demo: dict[str, str]) -> None:
        client = Client(demo)
        try:
            for serial in range(1_000_000):
                name = f"w{self.number}-{serial % 3}"
                version = self.tried[name] = self.tried.get(name, 0) + 1
                method = "PUT" if name in self.acknowledged else "POST"
                status, answer = client.send(method, f"{BUCKET}/{name}", content(name, version))
                if status == 409:
                    # The upload before the power cut was done, though nobody was told.
                    status, answer = client.send("PUT", f"{BUCKET}/{name}", content(name, version))
                assert status == 200, answer
                self.acknowledged[name] = version
                self.count += 1
        except (OSError, http.client.HTTPException):
            return
        finally:
            client.close()


def write_until_killed(server: LiveServer, writers: list[Writer]) -> None:
    demo = server.demo
    before = sum(writer.count for writer in writers)
    threads = [threading.Thread(target=writer.run, args=(demo,)) for writer in writers]
    for thread in threads:
        thread.start()
    eventually(lambda: sum(writer.count for writer in writers) >= before + 40)
    server.kill()
    for thread in threads:
        thread.join()


def check(client: Client, writers: list[Writer]) -> None:
    """Every file is of a version that may be there, whole, and its metadata tell of that version."""
    listed = {file["filename"]: file for file in json.loads(client.send("GET", BUCKET)[1])["results"]}
    for writer in writers:
        for name, tried in writer.tried.items():
            acknowledged = writer.acknowledged.get(name)
            if name not in listed:
                assert acknowledged is None
                continue
            status, found = client.send("GET", f"{BUCKET}/{name}")
            assert status == 200, found
            assert len(found) == listed[name]["length"]
            version = int(found[: found.index(b";")].partition(b":")[2])
            assert version in (acknowledged, tried)
            assert found == content(name, version)


def stored_files(data: Path) -> list[Path]:
    return [path for path in (data / "files").rglob("*") if path.is_file()]


def test_a_killed_server_leaves_whole_files_and_the_sweep_removes_the_rest(tmp_path: Path) -> None:
    data = tmp_path / "data"
    writers = [Writer(number) for number in range(CLIENTS)]
    for _ in range(ROUNDS):
        with live_server(data) as server:
            with closing(Client(server.demo)) as client:
                client.send("PUT", "/buckets/file/box", "{}", "application/json")
                check(client, writers)
            write_until_killed(server, writers)
    leave_orphans(data)
    with live_server(data) as server, closing(Client(server.demo)) as client:
        check(client, writers)
        named = len(json.loads(client.send("GET", BUCKET)[1])["results"])
        assert len(stored_files(data)) >= named + 2
        sweep(data)
        assert len(stored_files(data)) == named
        check(client, writers)


def leave_orphans(data: Path) -> None:
    """What a crash leaves between the writing of a content and its naming, and in the middle of the writing."""
    folder = stored_files(data)[0].parent
    (folder / "514af36644f9cb2eb8000bbb.partial").write_bytes(b"not who")
    nameless = io.BytesIO(b"whole, but nameless")
    key = "file.box.none/514af36644f9cb2eb8000bbb"
    DiskBlobs(data / "files").write(folder.parent.name, key, nameless, content_type="a/b", max_bytes=100)


def sweep(data: Path) -> None:
    """Makes everything old, and runs the job."""
    for path in stored_files(data):
        os.utime(path, (1, 1))
    core = build_core(Settings(data_folder=data))
    core.blob_sweep.run()
    core.close()
