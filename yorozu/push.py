"""`yorozu push`: notifications, and what became of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.push.model import Notification, PushInstallation
from yorozu.operate import TenantRef, operator
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="Notifications and how far they have come; installations.", no_args_is_help=True)

_IN_A_LINE = ("id", "sent_at", "queued", "sent", "failed", "dead", "waiting")
"""The part of a notification that fits in one line of a terminal; `push show TENANT ID` shows the rest."""

Limit = Annotated[int, typer.Option(min=1, help="How many to show.")]


@commands.command("show")
def show(
    context: typer.Context,
    tenant: TenantRef,
    notification: Annotated[str | None, typer.Argument(metavar="ID", help="A notification; without it, all.")] = None,
    limit: Limit = 20,
    as_json: AsJson = False,
) -> None:
    """Show a notification with its counters, or the newest ones."""
    who = operator(context)
    notifications, caller = who.core.push.notifications, who.caller(tenant)
    if notification is not None:
        found = notifications.get(caller, notification)
        show_record(_facts(found) | {"message": found.message.text, "problem": found.problem}, as_json)
        return
    rows = [_facts(found) for found in notifications.list(caller, limit)]
    shown = rows if as_json else [{name: row[name] for name in _IN_A_LINE} for row in rows]
    show_rows("Notifications", shown, as_json, empty="No notifications yet.")


@commands.command("resume")
def resume(
    context: typer.Context,
    tenant: TenantRef,
    notification: Annotated[str, typer.Argument(metavar="ID", help="A notification that makes no progress.")],
) -> None:
    """Queue the rest of a notification again whose jobs were put aside; nobody gets it twice."""
    who = operator(context)
    who.core.push.notifications.resume(who.caller(tenant), notification)
    say(f"Queued what is left of {notification}.")


@commands.command("installations")
def installations(context: typer.Context, tenant: TenantRef, limit: Limit = 100, as_json: AsJson = False) -> None:
    """List the installations of all apps, without device tokens."""
    who = operator(context)
    rows = [_device(found) for found in who.core.push.installations.list(who.caller(tenant), limit=limit)]
    show_rows("Installations", rows, as_json, empty="No installations yet.")


def _facts(notification: Notification) -> dict[str, Any]:
    counters = notification.counters
    return {
        "id": notification.id,
        "app": notification.app,
        "sent_at": notification.created_at,
        "finished_at": notification.finished_at,
        "installations": notification.installations,
        "queued": counters.queued,
        "waiting": counters.waiting,
        "sent": counters.sent,
        "failed": counters.failed,
        "dead": counters.dead,
        "retried": counters.retried,
    }


def _device(installation: PushInstallation) -> dict[str, Any]:
    fields = installation.fields
    return {
        "id": installation.id,
        "app": installation.app,
        "owner": installation.owner,
        "os": fields["_osType"],
        "technology": fields["_pushType"],
        "channels": fields["_channels"],
    }
