"""NEC Mobile Backend Platform (MBaaS), REST API version 1: everything below `/1/`. Spec: nec-rest, nec-clients."""

from chalicelib.dialects.nec import auth, errors
from chalicelib.dialects.nec.routes import auth as auth_routes
from chalicelib.dialects.nec.routes import (
    buckets,
    confirmations,
    files,
    files_uploads,
    groups,
    health,
    login,
    management,
    objects,
    public,
    push,
    request_password_reset,
    users,
)
from chalicelib.web.dialect import Dialect

dialect = Dialect(
    name="nec",
    prefix="/1",
    product="NEC Mobile Backend Platform 7.0.2",
    tables=(
        users.routes,
        login.routes,
        request_password_reset.routes,
        confirmations.routes,
        auth_routes.routes,
        groups.routes,
        buckets.routes,
        objects.routes,
        files.routes,
        files_uploads.routes,
        public.routes,
        push.routes,
        management.routes,
        health.routes,
    ),
    authenticate=auth.session,
    render_error=errors.render_error,
    cors=auth.cors,
    kind_of=auth.kind_of,
)
