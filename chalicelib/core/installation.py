"""What the operator has set for the installation as a whole, apart from tenants and engines."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Installation:
    """`public_base_url` is where clients find this installation, without a slash at its end; empty: wherever they ask.

    `version` and `built_at` (ISO 8601) are shown to those who may ask.

    `client_certificate_token` is what the proxy in front must send for its client-certificate headers to be believed;
    empty: they are never believed. Spec: nec-rest, 3.3.

    `system_key` is the operator's own key for statistics of all tenants; empty: there is none. Spec: nec-rest, 11.3.

    `sse_public_uri` is where clients listen for events, without `/events`; empty: wherever they ask.
    Spec: nec-clients, 7.20.

    `max_answer_bytes` is the largest answer that the host carries, included, files apart; 0: any.
    """

    public_base_url: str = ""
    version: str = "0.1.0"
    built_at: str = ""
    client_certificate_token: str = field(default="", repr=False)
    system_key: str = field(default="", repr=False)
    sse_public_uri: str = ""
    max_answer_bytes: int = 0
