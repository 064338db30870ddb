"""Contents of files as HTTP answers: whole, in part, unchanged, or by redirect. Spec: nec-rest, 9.3."""

from __future__ import annotations

from chalicelib.core.files.downloads import disposition
from chalicelib.core.files.model import ByteRange, Download, DownloadConditions
from chalicelib.web.call import Headers, Reply, Stream
from chalicelib.web.conditions import any_tags, byte_range, range_tag, strong_tags

PDF = "application/pdf"
"""The one type that browsers do not show in a sandbox. Scripts in a PDF do not run in the origin of its address."""

Pairs = tuple[tuple[str, str], ...]


def conditions(headers: Headers) -> DownloadConditions:
    """What the headers demand of a download. Raises: InvalidInput for several parts. Spec: nec-clients, 6.12."""
    part = byte_range(headers.get("range"))
    return DownloadConditions(
        part=None if part is None else ByteRange(*part),
        if_match=strong_tags(headers.get("if-match")),
        if_none_match=any_tags(headers.get("if-none-match")),
        if_range=range_tag(headers.get("if-range")),
    )


def private_reply(download: Download) -> Reply:
    """A content for the caller, to be saved under its name. Spec: nec-rest, 9.3; nec-clients, 6.2."""
    return _reply(download, "private", (("Content-Disposition", disposition(download.file.name)),))


def public_reply(download: Download) -> Reply:
    """A content for anybody, to be shown where it is linked. Spec: nec-rest, 9.8. Decision: 0043-public-urls.

    Whatever a browser takes it for, it must not run scripts in our origin.
    """
    file = download.file
    headers: Pairs = (("Content-Disposition", disposition(file.name, "inline")),)
    if file.content_type.lower() != PDF:
        headers += (("Content-Security-Policy", "sandbox"),)
    return _reply(download, "public", headers)


def _reply(download: Download, audience: str, headers: Pairs) -> Reply:
    file = download.file
    keeping = "no-store" if file.cache_disabled else f"{audience}, no-cache"
    version: Pairs = (("ETag", f'"{file.file_etag}"'), ("Cache-Control", keeping))
    if download.unchanged:
        return Reply(304, None, version)
    if download.elsewhere is not None:
        return Reply(302, None, (("Location", download.elsewhere.url), ("Cache-Control", "no-store")))
    headers = (
        ("Content-Type", file.content_type),
        ("X-Content-Length", str(download.length)),
        ("Accept-Ranges", "bytes"),
        ("X-Content-Type-Options", "nosniff"),
        *version,
        *headers,
    )
    if download.is_part:
        last = download.start + download.length - 1
        headers += (("Content-Range", f"bytes {download.start}-{last}/{file.length}"),)
    status = 206 if download.is_part else 200
    if download.chunks is None:
        return Reply(status, None, (*headers, ("Content-Length", str(download.length))))
    return Reply(status, Stream(download.chunks, download.length), headers)
