"""Listening: one route, which stays open where the host can keep it open."""

from __future__ import annotations

from chalicelib.dialects.sse import auth, query
from chalicelib.dialects.sse.wire import EVENT_STREAM_HEADERS, EventFeed
from chalicelib.web.call import Call, Live, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.get("/events/{tenant}/{installation}")
def listen_to_events(call: Call, installation: str) -> Reply:
    """The events of an installation: first those that it missed, then each as it comes.

    Where connections cannot stay open (Lambda), the answer ends with what is there so far; clients come back.
    Replies: 200 with `text/event-stream`.
    Raises: WrongPassword without the installation's credentials.
    Spec: nec-rest, 10.1.1; nec-clients, 7.20 to 7.25.
    """
    username, password = auth.credentials(call.headers)
    streams = call.core.push.event_streams
    stream = streams.open(call.caller, installation, username, password, query.last_event_id(call.headers))
    return Reply(200, Live(EventFeed(stream, streams.heartbeat_seconds, streams.wait_seconds)), EVENT_STREAM_HEADERS)
