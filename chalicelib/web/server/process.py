"""The server's process: uvicorn, its workers, and an orderly end."""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import resource
import signal
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

from chalicelib.settings import Settings
from chalicelib.web.log import log_line, set_log_level
from chalicelib.web.server.asgi import AsgiApp
from chalicelib.web.server.http_heads import WholeHeads
from chalicelib.web.server.memory import give_back_large_blocks
from chalicelib.web.server.schedules import Schedules
from chalicelib.web.server.workers import QueueWorkers

KEEP_ALIVE_SECONDS = 65
"""Longer than the 60 s of common load balancers, so that they, not we, close idle connections."""

STOP_SECONDS = 30
"""How long running requests may take to end after SIGTERM; API Gateway allows 29 s too."""

WORKER_SILENCE_SECONDS = 30
"""A worker silent for longer counts as hung and is replaced; the default of 5 kills workers of a busy machine."""

REPEATED_AFTER_SECONDS = 1.0
"""How soon the same complaint is written again: out of open files, the event loop complains thousands of times a
second."""

_COMPLAINTS = ("uvicorn.error", "asyncio")
"""The loggers in which uvicorn and its event loop report how they are doing, errors or not."""


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8080, workers: int = 1) -> None:
    """Answers HTTP until SIGTERM or SIGINT; running requests are finished first.

    Raises: SystemExit when the port is taken or the core cannot be built.
    """
    # Workers are new processes and read their settings as Lambda does: from the environment.
    os.environ.update(settings.to_environment())
    if workers == 1:
        run(create(), host, port)
    else:
        _run("chalicelib.web.server.process:create", host=host, port=port, workers=workers, factory=True)


def run(asgi: AsgiApp, host: str, port: int) -> None:
    """Serves one ASGI application in this process."""
    _run(asgi, host=host, port=port)


def create() -> AsgiApp:
    """The app of app.py under ASGI, its core built at the start and closed at the end."""
    send_complaints_as_log_lines()
    _end_with_parent()
    _allow_many_connections()
    give_back_large_blocks()
    # Imported by name, as the Lambda runtime does: app.py is outside the package, and nothing else imports it.
    module = importlib.import_module("app")
    settings = Settings.from_environment(os.environ)
    schedules = Schedules(module.app, _lock_file(settings))
    workers = QueueWorkers(
        module.app, module.core, threads=settings.queue_threads, hidden_seconds=settings.queue_hidden_seconds
    )

    def start() -> None:
        set_log_level(settings.log_level)
        module.core()
        schedules.start()
        workers.start()

    def stop() -> None:
        workers.stop()
        schedules.stop()
        module.core.close()

    for mounted in module.app.mounts:
        mounted.max_body_bytes = settings.max_body_bytes
    return AsgiApp(
        module.app,
        start,
        stop,
        max_body_bytes=settings.max_body_bytes,
        max_file_bytes=settings.max_file_bytes,
        spool_folder=_spool_folder(settings),
    )


def _allow_many_connections() -> None:
    """Lifts the soft limit on open files, often 1,024: each open stream is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _end_with_parent() -> None:
    """Stops a worker whose server was killed: it would go on to hold the port and the data, with nobody to stop it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _spool_folder(settings: Settings) -> Path | None:
    """Beside the data, because the system's folder for temporary files may be in memory."""
    return settings.data_folder if settings.engine == "embedded" else None


def _lock_file(settings: Settings) -> Path:
    if settings.engine == "embedded":
        return settings.data_folder / "schedules.lock"
    return Path(tempfile.gettempdir()) / "yorozu-schedules.lock"


def _run(asgi: AsgiApp | str, **options: Any) -> None:
    send_complaints_as_log_lines()
    with suppress(KeyboardInterrupt):
        uvicorn.run(
            asgi,
            http=WholeHeads,
            loop="asyncio",
            lifespan="on",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=STOP_SECONDS,
            timeout_worker_healthcheck=WORKER_SILENCE_SECONDS,
            **options,
        )


class _LogLines(logging.Handler):
    _last = "", 0.0

    def emit(self, record: logging.LogRecord) -> None:
        level = "ERROR" if record.levelno >= logging.ERROR else "WARNING"
        message = record.getMessage().partition("\n")[0]
        before, at = self._last
        now = time.monotonic()
        if message != before or now - at >= REPEATED_AFTER_SECONDS:
            self._last = message, now
            log_line(level, "server", message=message)


def send_complaints_as_log_lines() -> None:
    """The HTTP server's own complaints as JSON lines like ours."""
    for name in _COMPLAINTS:
        logger = logging.getLogger(name)
        logger.handlers = [_LogLines()]
        logger.propagate = False
