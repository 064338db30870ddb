"""Where a client resumes: the only parameter of this API."""

from __future__ import annotations

from chalicelib.web.call import Headers


def last_event_id(headers: Headers) -> str | None:
    """The id of the event that the client saw last; None when it names none. Spec: html, "The Last-Event-ID header".

    Clients send it as UTF-8, while servers read headers as Latin-1.
    """
    sent = headers.get("last-event-id")
    if not sent:
        return None
    try:
        return sent.encode("latin-1").decode()
    except UnicodeError:
        return sent
