"""Power cuts: the server is killed in the middle of writes, and what it acknowledged is there afterwards."""

from __future__ import annotations

import http.client
import json
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.live import PATIENCE_SECONDS, LiveServer, eventually, live_server, yorozu, yorozu_json

CLIENTS = 6
BUCKET = "scores"


@dataclass
class Writer:
    """A client that writes until its server is gone, and remembers what was acknowledged."""

    demo: dict[str, str]
    number: int
    made: dict[str, int] = field(default_factory=dict)
    increments: int = 0
    tried_increments: int = 0

    def run(self, counter: str) -> None:
        address = self.demo["base_url"].removeprefix("http://").removesuffix("/api")
        connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
        try:
            for serial in range(1_000_000):
                n = self.number * 1_000_000 + serial
                made = call(connection, self.demo, "POST", f"/objects/{BUCKET}", {"n": n, "text": "x" * (n % 3000)})
                self.made[made["_id"]] = n
                self.tried_increments += 1
                call(connection, self.demo, "PUT", f"/objects/{BUCKET}/{counter}", {"$inc": {"total": 1}})
                self.increments += 1
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()


def call(connection: http.client.HTTPConnection, demo: dict[str, str], method: str, path: str, body: Any = None) -> Any:
    headers = {
        "X-Application-Id": demo["app_id"],
        "X-Application-Key": demo["master_key"],
        "Content-Type": "application/json",
    }
    payload = None if body is None else json.dumps(body)
    connection.request(method, f"/api/1/{demo['tenant_id']}{path}", payload, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    assert response.status == 200, answer
    return answer


def write_until_killed(server: LiveServer, counter: str | None) -> tuple[list[Writer], str]:
    demo = server.demo
    address = demo["base_url"].removeprefix("http://").removesuffix("/api")
    with closing(http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)) as connection:
        counter = counter or call(connection, demo, "POST", f"/objects/{BUCKET}", {"total": 0})["_id"]
    writers = [Writer(demo, number) for number in range(CLIENTS)]
    threads = [threading.Thread(target=writer.run, args=(counter,)) for writer in writers]
    for thread in threads:
        thread.start()
    eventually(lambda: sum(len(writer.made) for writer in writers) >= 200)
    server.kill()
    for thread in threads:
        thread.join()
    return writers, counter


def test_a_killed_server_has_every_acknowledged_write_when_it_comes_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with live_server(data) as server:
        yorozu_json(data, "indexes", "create", "demo", BUCKET, "n:desc")
        writers, counter = write_until_killed(server, None)
    with live_server(data) as server:
        demo = server.demo
        address = demo["base_url"].removeprefix("http://").removesuffix("/api")
        acknowledged = {object_id: n for writer in writers for object_id, n in writer.made.items()}
        assert len(acknowledged) >= 200
        everything = {"where": {"n": {"$gte": 0}}, "limit": -1}
        with closing(http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)) as connection:
            stored = call(connection, demo, "POST", f"/objects/{BUCKET}/_query", everything)
            total = call(connection, demo, "GET", f"/objects/{BUCKET}/{counter}")["total"]
        found = {item["_id"]: item for item in stored["results"]}
        assert {object_id: found[object_id]["n"] for object_id in acknowledged} == acknowledged
        assert all(item["text"] == "x" * (item["n"] % 3000) and item["etag"] for item in found.values())
        assert len(found) - len(acknowledged) <= CLIENTS

        assert sum(writer.increments for writer in writers) <= total
        assert total <= sum(writer.tried_increments for writer in writers)
        checks = doctor(data)
        assert [row["check"] for row in checks if not row["ok"]] == []


def doctor(data: Path) -> list[dict[str, Any]]:
    done = yorozu(data, "doctor", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
