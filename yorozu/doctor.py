"""`yorozu doctor`: is this installation sound?"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Annotated

import typer

from chalicelib.bootstrap import local_mailer
from chalicelib.core.errors import CoreError, Unavailable
from chalicelib.engines.embedded.outbox_mail import OutboxMailer, SmtpMailer
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.jobs.queues import QUEUE_JOBS
from chalicelib.settings import NO_SENDER, PREFIX, Settings, variable
from yorozu.operate import CannotRun, Operator, check_data_folder, operator
from yorozu.output import AsJson, say, show_rows

LEAST_FREE_BYTES = 256 * 1024 * 1024
"""The doctor warns of less space: a write-ahead log and one large upload fill it. Our choice."""

Check = Callable[[Operator], str]
"""Checks one thing and says what it found. Raises: CoreError, CannotRun, OSError when something is wrong."""


def doctor(
    context: typer.Context,
    fix: Annotated[bool, typer.Option("--fix", help="Make the indexes that are missing after an upgrade.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check settings, engines and stored data; exit status 1 when something is wrong."""
    if fix:
        say(f"Made {operator(context).core.upkeep.run()} indexes.")
    rows = [
        {"check": name, "ok": ok, "found": found}
        for name, check in CHECKS.items()
        for ok, found in [_run(check, operator(context))]
    ]
    show_rows("Yorozu doctor", rows, as_json, empty="")
    if not all(row["ok"] for row in rows):
        raise typer.Exit(1)


def _run(check: Check, who: Operator) -> tuple[bool, str]:
    try:
        return True, check(who)
    except (CoreError, CannotRun, OSError) as error:
        return False, str(error)


def _python(_: Operator) -> str:
    return sys.version.split()[0]


def _settings(_: Operator) -> str:
    known = {variable(setting.name) for setting in fields(Settings)}
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise CannotRun(f"{', '.join(unknown)} means nothing: see chalicelib/settings.py for the names")
    return f"{sum(name in os.environ for name in known)} set, {len(known)} known"


def _engine(who: Operator) -> str:
    return who.settings.engine


def _data_folder(who: Operator) -> str:
    if who.settings.engine != "embedded":
        return "not used by this engine"
    folder = who.settings.data_folder
    check_data_folder(folder)
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise CannotRun(f"only {free / 1e6:,.0f} MB are free where {folder.resolve()} is: make room")
    return f"{folder.resolve()} can be written, {free / 1e9:,.1f} GB free"


def _documents(who: Operator) -> str:
    who.core.documents.check()
    return "answers"


def _tenants(who: Operator) -> str:
    tenants = who.core.tenants.list()
    return f"{len(tenants)} tenants, {sum(len(tenant.apps) for tenant in tenants)} apps"


def _secrets(who: Operator) -> str:
    providers = who.core.openid_providers
    tried, lost = 0, []
    for tenant in who.core.tenants.list():
        for provider in providers.list(tenant.id):
            tried += 1
            try:
                providers.client_secret(tenant.id, provider)
            except Unavailable as error:
                lost.append(f"{provider.name} of {tenant.name} ({error})")
    if lost:
        raise CannotRun(
            f"cannot be read: {', '.join(lost)}; bring the key back, or set the providers anew with yorozu openid set"
        )
    return f"{tried} can be read" if tried else "none kept"


def _indexes(who: Operator) -> str:
    missing = sum(len(who.core.upkeep.missing(tenant)) for tenant in who.core.tenants.list())
    if missing:
        raise CannotRun(f"{missing} of this version are missing: yorozu doctor --fix makes them, or wait an hour")
    return "all there"


def _consistency(who: Operator) -> str:
    documents = who.core.documents
    if not isinstance(documents, SqliteDocuments):
        return "checked by the database itself"
    faults = list(_faults(documents))
    if faults:
        raise OSError("; ".join(faults))
    return "documents and indexes agree"


def _faults(documents: SqliteDocuments) -> Iterator[str]:
    # By files, not by the list of tenants: one that is damaged may keep the list from being read.
    for tenant in documents.tenants():
        try:
            for fault in documents.verify(tenant):
                yield f"{tenant}: {fault}"
        except Unavailable as error:
            yield f"{tenant}: {error} {error.code}"


def _queues(who: Operator) -> str:
    jobs = who.core.jobs
    waiting = sum(jobs.count(queue) for queue in QUEUE_JOBS)
    dead = {queue: len(jobs.dead(queue)) for queue in QUEUE_JOBS}
    if any(dead.values()):
        given_up = ", ".join(f"{count} jobs of {queue}" for queue, count in dead.items() if count)
        raise CannotRun(
            f"given up: {given_up}, forgotten after 14 days; yorozu push resume goes on with a notification"
        )
    return f"{waiting} jobs wait"


def _mail(who: Operator) -> str:
    settings = who.settings
    mailer = None if settings.engine == "aws" else local_mailer(settings)
    if isinstance(mailer, OutboxMailer):
        return f"kept in {settings.data_folder / 'outbox'} and not sent, for YOROZU_SMTP_HOST is not set"
    if settings.mail_sender == NO_SENDER:
        raise CannotRun("nobody takes mail without a sender: set YOROZU_MAIL_SENDER to an address of yours")
    if not (settings.mail_link_base_url or settings.public_base_url):
        raise CannotRun("links in mails lead nowhere: set YOROZU_PUBLIC_BASE_URL to where users reach this server")
    if isinstance(mailer, SmtpMailer):
        mailer.check()
    return f"sent from {settings.mail_sender}"


CHECKS: dict[str, Check] = {
    "Python": _python,
    "settings": _settings,
    "engine": _engine,
    "data folder": _data_folder,
    "documents": _documents,
    "queues": _queues,
    "mail": _mail,
    "tenants": _tenants,
    "secrets": _secrets,
    "indexes": _indexes,
    "consistency": _consistency,
}
