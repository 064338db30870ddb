"""NEC Mobile Backend Platform (MBaaS), REST API version 1: everything below `/1/`. Spec: nec-rest, nec-clients."""

from chalicelib.dialects.nec import auth, errors
from chalicelib.dialects.nec.routes import auth as auth_routes
from chalicelib.dialects.nec.routes import buckets, groups, health, login, management, objects, users
from chalicelib.web.dialect import Dialect

dialect = Dialect(
    name="nec",
    prefix="/1",
    product="NEC Mobile Backend Platform 7.0.2",
    tables=(
        users.routes,
        login.routes,
        auth_routes.routes,
        groups.routes,
        buckets.routes,
        objects.routes,
        management.routes,
        health.routes,
    ),
    authenticate=auth.session,
    render_error=errors.render_error,
    cors=auth.cors,
)
