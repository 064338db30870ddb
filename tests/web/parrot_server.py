"""The parrot behind a real server process, for tests that send it signals: `python -m tests.web.parrot_server PORT`."""

from __future__ import annotations

import sys
from typing import Any

from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.server.asgi import AsgiApp
from chalicelib.web.server.process import run
from tests.web.parrot import ParrotCore, dialect


def parrot_asgi(core: Any, max_body_bytes: int = 1000) -> AsgiApp:
    app = YorozuApp("parrot")
    mount(app, dialect, lambda: core)

    def stop() -> None:
        core.close()
        print("closed", flush=True)

    return AsgiApp(app, on_start=lambda: print("ready", flush=True), on_stop=stop, max_body_bytes=max_body_bytes)


if __name__ == "__main__":
    run(parrot_asgi(ParrotCore()), "127.0.0.1", int(sys.argv[1]))
