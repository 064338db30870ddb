"""`yorozu serve` and `yorozu demo`: the first ten minutes."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.panel import Panel

from chalicelib.core.errors import Unavailable
from chalicelib.web.server import serve as serve_app
from yorozu.demo import Demo, ensure_demo
from yorozu.operate import CannotRun, Operator, operator
from yorozu.output import AsJson, console, print_json, say

DEFAULT_PORT = 8080


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = DEFAULT_PORT,
    data: Annotated[Path | None, typer.Option(help="The folder of the data.", show_default=False)] = None,
    workers: Annotated[int, typer.Option(min=1, help="Server processes; each uses about one core.")] = 1,
    no_demo: Annotated[bool, typer.Option("--no-demo", help="Do not make or show the demo tenant.")] = False,
) -> None:
    """Run the server; at the first start, create a demo tenant and show how to call it."""
    who = operator(context)
    if data is not None:
        who.settings = replace(who.settings, data_folder=data)
    who.check_place()
    check_address(host, port)
    if not no_demo:
        _offer_demo(who, base_url(host, port))
    address = who.settings.mail_link_base_url or who.settings.public_base_url or base_url(host, port)
    settings = replace(who.settings, mail_link_base_url=address)
    who.close()
    say(f"Yorozu answers at {base_url(host, port)} until Ctrl-C.")
    serve_app(settings, host=host, port=port, workers=workers)


def demo(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the demo tenant's address, ids and keys; create it if there is none."""
    who = operator(context)
    found = ensure_demo(who.core, who.settings.data_folder, None)
    if as_json:
        print_json(found.facts())
    else:
        show_demo(found)


def _offer_demo(who: Operator, address: str) -> None:
    try:
        show_demo(ensure_demo(who.core, who.settings.data_folder, address))
    except Unavailable as error:
        # The other tenants' files may be sound: they are served.
        say(f"The demo tenant cannot be shown, {error}: ask yorozu doctor. The server starts without it.")


def check_address(host: str, port: int) -> None:
    """Raises: CannotRun when nobody can listen there, before anything else is done."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # As the server does: connections of the last run that are still closing are not in the way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror as error:
        raise CannotRun(f"there is no address {host}: {error.strerror}") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotRun(
                f"port {port} of {host} is taken: stop what listens there (perhaps another Yorozu), "
                f"or choose another one with --port (make serve: PORT=)"
            ) from error
        raise CannotRun(f"nobody can listen at {host} port {port}: {os.strerror(error.errno or 0)}") from error


def base_url(host: str, port: int) -> str:
    """The address that clients on this machine use; NEC's SDKs expect it to end in /api."""
    reachable = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}/api"


def show_demo(found: Demo) -> None:
    """The keys and three commands to paste."""
    facts = "\n".join(
        f"[bold]{name.replace('_', ' '):11}[/bold] {escape(value)}" for name, value in found.facts().items()
    )
    console.print(Panel(facts, title="Yorozu: the demo tenant", expand=False))
    console.print("\n[bold]Try it[/bold] (sign up, log in, store and query an object):\n")
    for line in found.curl_lines():
        print(line, end="\n\n", flush=True)
