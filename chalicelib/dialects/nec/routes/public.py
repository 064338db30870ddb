"""Published files, for anybody who has their URL. Spec: nec-rest, 9.8."""

from __future__ import annotations

from chalicelib.dialects.nec.auth import named_tenant
from chalicelib.dialects.nec.wire import downloads
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable, nobody

routes = RouteTable()


@routes.get("/1/{tenant}/public/{bucket}/{token}/{filename}", authenticate=nobody)
def download_public_file(call: Call, bucket: str, token: str, filename: str) -> Reply:
    """A published file's content, or the part of it that Range asks for. The name in the URL is ignored.

    Replies: 200; 206 for a part; 304 for If-None-Match; 302 to the file store for what is too large here.
    Raises: TenantNotFound, FileNotFound for a wrong, old or invented URL; InvalidInput for several parts;
    PreconditionFailed; RangeNotSatisfiable.
    Spec: nec-rest, 9.8; nec-clients, 6.10 and 6.12. Decision: 0043-public-urls.
    """
    tenant = named_tenant(call)
    service = call.core.downloads
    fetch = service.describe_public if call.request.method == "HEAD" else service.open_public
    return downloads.public_reply(fetch(tenant, bucket, token, downloads.conditions(call.headers)))
