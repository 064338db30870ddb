"""Server-sent events: what installations of the technology `sse` listen to, below `/events/`.

Spec: nec-rest, 10.1.1; nec-clients, 7.20 to 7.26; html, "Server-sent events".
"""

from chalicelib.dialects.sse import auth, errors
from chalicelib.dialects.sse.routes import events
from chalicelib.web.dialect import Dialect

dialect = Dialect(
    name="sse",
    prefix="/events",
    product="Server-sent events",
    tables=(events.routes,),
    authenticate=auth.listener,
    render_error=errors.render_error,
    cors=auth.cors,
    kind_of=auth.kind_of,
)
