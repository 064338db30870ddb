"""Push: installations of an app, and notifications to them. Spec: nec-rest, 10."""

from __future__ import annotations

from chalicelib.core.push.queries import misuse_is_invalid
from chalicelib.dialects.nec.auth import master
from chalicelib.dialects.nec.query import UNLIMITED, condition, limit_of, url_parameters, whole_number
from chalicelib.dialects.nec.wire import push as wire
from chalicelib.dialects.nec.wire.body import object_body
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()

NOTIFICATION_HEADER = "X-Notification-Id"
"""The header with the id of an accepted notification; the reference leaves no room for it in the body. Our own."""


@routes.post("/1/{tenant}/push/installations")
def register_installation(call: Call) -> Reply:
    """Register an app on a device; an installation with the same device token and technology is overwritten.

    Replies: 200 with the installation; for SSE with the credentials to listen with.
    Raises: InvalidInput when a required field is missing or wrong; InvalidDocument; DocumentTooLarge.
    Spec: nec-rest, 10.1; nec-clients, 7.1 and 7.2.
    """
    registered = call.core.push.installations.register(call.caller, wire.installation_fields(object_body(call)))
    return Reply(200, wire.installation_json(registered, _events_uri(call)))


@routes.get("/1/{tenant}/push/installations/{installation_id}")
def get_installation(call: Call, installation_id: str) -> Reply:
    """One installation, as it was registered.

    Replies: 200 with the installation.
    Raises: InstallationNotFound.
    Spec: nec-rest, 10.2.
    """
    found = call.core.push.installations.get(call.caller, installation_id)
    return Reply(200, wire.installation_json(found, _events_uri(call)))


@routes.put("/1/{tenant}/push/installations/{installation_id}")
def update_installation(call: Call, installation_id: str) -> Reply:
    """Change parts of an installation, as of an object; a change that leaves no valid installation deletes it.

    Replies: 200 with the installation.
    Raises: InvalidUpdate; InstallationNotFound, also when this deleted it; DuplicateKey when another one has the
    device token; DocumentTooLarge.
    Spec: nec-rest, 10.3.
    """
    body, installations = object_body(call), call.core.push.installations
    fields = wire.full_update(body)
    if fields is not None:
        changed = installations.overwrite(call.caller, installation_id, fields)
    else:
        changed = installations.update(call.caller, installation_id, wire.installation_change(body))
    return Reply(200, wire.installation_json(changed, _events_uri(call)))


@routes.delete("/1/{tenant}/push/installations/{installation_id}")
def delete_installation(call: Call, installation_id: str) -> Reply:
    """Forget an installation.

    Replies: 200 with `{"result": "ok"}`.
    Raises: InstallationNotFound.
    Spec: nec-rest, 10.4; nec-clients, 7.8.
    """
    call.core.push.installations.delete(call.caller, installation_id)
    return Reply(200, {"result": "ok"})


@routes.get("/1/{tenant}/push/installations", authenticate=master)
def list_installations(call: Call) -> Reply:
    """The installations of the app that `where`, `skip` and `limit` ask for, else all; without credentials.

    Replies: 200 with `results`.
    Raises: WrongAppKey without the master key; InvalidQuery.
    Spec: nec-rest, 10.5.
    """
    asked = url_parameters(call.query)
    with misuse_is_invalid():
        where = condition(asked)
    found = call.core.push.installations.list(
        call.caller,
        where,
        skip=whole_number(asked, "skip", 0, smallest=0),
        limit=limit_of(asked, UNLIMITED),
    )
    return Reply(200, wire.installations_json(found))


@routes.post("/1/{tenant}/push/notifications")
def send_notification(call: Call) -> Reply:
    """Send a message to the installations of the app that match; workers deliver it.

    Replies: 200 with how many match; a header names the notification.
    Raises: AccessDenied for the application key unless the app lets its clients send; InvalidInput, InvalidQuery;
    DocumentTooLarge; TimedOut.
    Spec: nec-rest, 10.6; nec-clients, 7.3 to 7.7.
    """
    sent = call.core.push.notifications.send(call.caller, wire.new_notification(object_body(call)))
    return Reply(200, wire.sent_json(sent), ((NOTIFICATION_HEADER, sent.id),))


@routes.get("/1/{tenant}/push/notifications/{notification_id}", authenticate=master)
def get_notification(call: Call, notification_id: str) -> Reply:
    """How far the sending of a notification has come: our own extension.

    Replies: 200 with its state and counters.
    Raises: WrongAppKey without the master key; NotificationNotFound.
    Spec: nec-rest, 10.6. Decision: 0053-push-report.
    """
    found = call.core.push.notifications.get(call.caller, notification_id)
    return Reply(200, wire.notification_json(found))


def _events_uri(call: Call) -> str:
    """The URI below which the tenant's events are: the operator's, or at the address that the caller used.

    Spec: nec-clients, 7.20.
    """
    base = call.core.installation.sse_public_uri or call.request.base_url
    return f"{base}/events/{call.caller.tenant.id}"
