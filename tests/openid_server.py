"""An OpenID provider on this machine, of the size that a login needs: everybody who comes is who it says they are."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

CLIENT_ID = "yorozu-client"
CLIENT_SECRET = "what only the client: knows"
FAR_FUTURE = 4_000_000_000


class OpenIdServer:
    """Answers on a port of its own until it is closed.

    `claims` go into ID tokens, `told` into answers about users; `metadata` and `answers` (path to status and bytes)
    take the place of what it would say; `answer_issuer` is who it says answers, when it says so.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.claims: dict[str, Any] = {"sub": "outside-1", "email": "ann@example.com"}
        self.told: dict[str, Any] = {"sub": "outside-1", "name": "Ann"}
        self.metadata: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.answer_issuer: str | None = None
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._scheme = "http"
        if tls is not None:
            self._scheme = "https"
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def issuer(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def log_in(self, url: str) -> str:
        """What a browser does with the URL of a login: where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"]}
        answer |= {"iss": self.answer_issuer} if self.answer_issuer else {}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # --- its three answers ---

    def _configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/login?tenant=1",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "scopes_supported": ["openid", "profile", "email"],
        } | self.metadata

    def _token(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        if not _is_client(authorization, form):
            return 401, {"error": "invalid_client"}
        if asked is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "nonce": asked["nonce"], "iat": 1, "exp": FAR_FUTURE}
        return 200, {"id_token": id_token(claims | self.claims), "access_token": "access", "token_type": "Bearer"}

    def _userinfo(self, authorization: str) -> tuple[int, dict[str, Any]]:
        return (200, self.told) if authorization == "Bearer access" else (401, {})

    def _answer(self, path: str, authorization: str, form: dict[str, str]) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        status, said = {
            "/.well-known/openid-configuration": lambda: (200, self._configuration()),
            "/token": lambda: self._token(authorization, form),
            "/userinfo": lambda: self._userinfo(authorization),
        }[path]()
        return status, json.dumps(said).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply({})

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._reply({name: values[0] for name, values in parse_qs(content).items()})

            def _reply(self, form: dict[str, str]) -> None:
                status, content = provider._answer(self.path, self.headers.get("Authorization", ""), form)
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", content.decode())
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def handle(self) -> None:
                with suppress(ssl.SSLError, ConnectionError):
                    super().handle()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def id_token(claims: Any, head: str = '{"alg":"RS256"}', signature: bytes = b"signed") -> str:
    """The claims in the form of a signed token."""
    parts = (head.encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _is_client(authorization: str, form: dict[str, str]) -> bool:
    if authorization.startswith("Basic "):
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
    return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
