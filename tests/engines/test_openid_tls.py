"""Providers over TLS. The signature of ID tokens is not checked, so everything rests on the certificate."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.core.errors import TimedOut, Unavailable
from chalicelib.engines import openid_http
from chalicelib.engines.openid_http import OpenIdHttp
from tests.openid_server import OpenIdServer

HERE = "127.0.0.1"


def certificate(folder: Path, address: str) -> Path:
    """A certificate that vouches for itself and for this address, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an OpenID provider")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    file = folder / f"{address}.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + built.public_bytes(pem))
    return file


def tls_with(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@contextmanager
def serving(file: Path) -> Iterator[OpenIdServer]:
    server = OpenIdServer(tls_with(file))
    yield server
    server.close()


def test_a_provider_whose_certificate_is_trusted_is_spoken_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, HERE)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(file) as server:
        metadata = OpenIdHttp().metadata(server.issuer)
        assert metadata.issuer.startswith("https:")
        assert OpenIdHttp().userinfo(f"{server.issuer}/userinfo", "access")["name"] == "Ann"


def test_nothing_is_asked_of_a_provider_whose_certificate_nobody_vouches_for(tmp_path: Path) -> None:
    with serving(certificate(tmp_path, HERE)) as server:
        with pytest.raises(Unavailable):
            OpenIdHttp().userinfo(f"{server.issuer}/userinfo", "access")
        assert server.asked == []


def test_nothing_is_asked_of_a_provider_with_the_certificate_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path, "127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with serving(file) as server:
        with pytest.raises(Unavailable):
            OpenIdHttp().userinfo(f"{server.issuer}/userinfo", "access")
        assert server.asked == []


def test_an_exchange_over_tls_is_cut_off_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path, HERE)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setattr(openid_http, "EXCHANGE_SECONDS", 0.2)
    with socket.create_server((HERE, 0)) as slow:
        drips = threading.Thread(target=_drip, args=(slow, tls_with(file)))
        drips.start()
        with pytest.raises(TimedOut):
            OpenIdHttp().metadata(f"https://{HERE}:{slow.getsockname()[1]}")
        drips.join()


def _drip(slow: socket.socket, tls: ssl.SSLContext) -> None:
    """Sends one byte of a header at a time until the other side has gone."""
    plain, _ = slow.accept()
    with tls.wrap_socket(plain, server_side=True) as connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            connection.sendall(b" ")
            threading.Event().wait(0.001)
