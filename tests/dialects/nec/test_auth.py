from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.core.tenants.model import ClientCertificatePolicy, CorsPolicy, TenantSettings
from tests.core.site import FixedClock
from tests.dialects.nec.conftest import CERTIFICATE_TOKEN
from tests.dialects.nec.world import Answer, Nec, Person


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


def read(nec: Nec, headers: Mapping[str, str | None]) -> Answer:
    return nec.send("GET", "/objects/box", headers=headers)


def change_settings(nec: Nec, **changes: Any) -> None:
    def change(settings: TenantSettings) -> TenantSettings:
        return replace(settings, **changes)

    nec.core.tenants.change_settings(nec.tenant, change)


# --- applications ---


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Application-Id": None},
        {"X-Application-Id": ""},
        {"X-Application-Id": "514af36644f9cb2eb8000002"},
        {"X-Application-Key": None},
        {"X-Application-Key": ""},
        {"X-Application-Key": "wrong"},
        {"X-Application-Id": None, "X-Application-Key": None},
    ],
)
def test_a_wrong_application_is_refused(nec: Nec, headers: dict[str, str | None]) -> None:
    answer = read(nec, headers)
    assert answer.status == 401
    assert isinstance(answer.json["error"], str)


def test_header_names_are_read_in_any_case(nec: Nec) -> None:
    headers: dict[str, str | None] = {"X-Application-Id": None, "X-Application-Key": None}
    lower = {"x-application-id": nec.app.app.id, "x-application-key": nec.app.key}
    assert read(nec, headers | lower).status == 200


@pytest.mark.parametrize("tenant", ["514af36644f9cb2eb8000002", "nobody", "%20", "_system", "%2e%2e"])
def test_an_unknown_tenant_is_not_found_whatever_the_keys(nec: Nec, tenant: str) -> None:
    for person in (nec.guest, nec.master, Person("wrong")):
        answer = nec.send_to(f"/1/{tenant}/objects/box", by=person)
        assert answer.status == 404
        assert isinstance(answer.json["error"], str)


def test_a_tenant_is_addressed_by_id_or_name(nec: Nec) -> None:
    name = nec.core.tenants.get(nec.tenant).name
    assert nec.send_to(f"/1/{quote(name)}/objects/box").status == 200


def test_a_disabled_tenant_lets_nobody_in(nec: Nec) -> None:
    nec.core.tenants.set_enabled(nec.tenant, False)
    assert read(nec, {}).status == 403
    assert nec.get("/auth/saml/init", redirect="https://a.example.com").status == 403
    assert nec.get("/objects/box", by=nec.master).status == 403


def test_two_apps_of_a_tenant_share_users_and_data(nec: Nec) -> None:
    second = replace(nec, app=nec.core.tenants.create_app(nec.tenant, "second"))
    made = nec.object(nec.user("ann"), n=1)
    assert second.get(f"/objects/box/{made['_id']}", by=second.log_in("ann")).json == made


def test_a_rate_limit_answers_when_to_come_again(nec: Nec, clock: FixedClock) -> None:
    change_settings(nec, rate_limit_per_minute=2)
    clock.moment = clock.moment.replace(second=20)
    assert [nec.get("/objects/box").status for _ in range(3)] == [200, 200, 429]
    answer = nec.get("/objects/box")
    assert answer.headers["Retry-After"] == "40"
    assert isinstance(answer.json["error"], str)
    assert nec.get("/objects/box", by=Person("wrong")).status == 401
    clock.advance(seconds=40)
    assert nec.get("/objects/box").status == 200


# --- sessions ---


def test_an_empty_session_token_is_none(nec: Nec) -> None:
    assert read(nec, {"X-Session-Token": ""}).status == 200


@pytest.mark.parametrize("token", ["x", "514af36644f9cb2eb8000002.x.y", "\u00e9", " ", "null"])
def test_a_dead_token_is_refused_also_where_none_is_needed(nec: Nec, token: str) -> None:
    ann = nec.user("ann")
    for method, path in (
        ("GET", "/objects/box"),
        ("GET", "/users"),
        ("PUT", f"/users/{ann.id}"),
        ("DELETE", f"/users/{ann.id}"),
        ("PUT", "/groups/staff"),
        ("DELETE", "/login"),
    ):
        answer = nec.send(method, path, {}, headers={"X-Session-Token": token})
        assert answer.status == 401
        assert isinstance(answer.json["error"], str)


def test_a_dead_token_is_refused_also_beside_the_master_key(nec: Nec) -> None:
    assert nec.get("/objects/box", by=Person(nec.app.master_key, "dead")).status == 401


def test_a_token_with_a_letter_changed_is_dead(nec: Nec) -> None:
    token = nec.user("ann").token or ""
    changed = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert nec.get("/users/current", by=Person(nec.app.key, changed)).status == 401


# --- client certificates ---

VOUCHED = {
    "X-SSL-Client-CertAuth-Validated": "1",
    "X-SSL-Client-CN": "device1",
    "X-SSL-Issuer-DN": "CN=ours",
    "X-SSL-Validate-Token": CERTIFICATE_TOKEN,
}


@pytest.fixture
def device(nec: Nec) -> str:
    change_settings(nec, client_certificate=ClientCertificatePolicy(enabled=True, issuer_dns=("CN=ours",)))
    user_id: str = nec.post("/users", {"username": "device1", "clientCertUser": True}, by=nec.master).json["_id"]
    return user_id


def test_a_certificate_that_the_proxy_vouches_for_names_the_user(nec: Nec, device: str) -> None:
    answer = nec.send("GET", "/users/current", headers=VOUCHED)
    assert answer.status == 200
    assert answer.json["_id"] == device
    assert answer.json["clientCertUser"] is True


@pytest.mark.parametrize(
    "change",
    [
        {"X-SSL-Validate-Token": None},
        {"X-SSL-Validate-Token": "guess"},
        {"X-SSL-Client-CertAuth-Validated": "0"},
        {"X-SSL-Client-CertAuth-Validated": None},
        {"X-SSL-Client-CN": "nobody"},
        {"X-SSL-Client-CN": None},
        {"X-SSL-Issuer-DN": "CN=theirs"},
    ],
)
def test_a_certificate_that_nobody_vouches_for_names_nobody(
    nec: Nec, device: str, change: dict[str, str | None]
) -> None:
    assert nec.send("GET", "/users/current", headers=VOUCHED | change).status == 401


@pytest.mark.parametrize("proof", ["guess", None, "\u00e9"])
def test_a_wrong_proof_is_refused_also_where_nobody_need_be_signed_in(nec: Nec, device: str, proof: str | None) -> None:
    answer = read(nec, VOUCHED | {"X-SSL-Validate-Token": proof})
    assert answer.status == 401
    assert CERTIFICATE_TOKEN not in answer.text
    for validated in ("0", "", None):
        unvouched = VOUCHED | {"X-SSL-Validate-Token": proof, "X-SSL-Client-CertAuth-Validated": validated}
        assert read(nec, unvouched).status == 200


def test_a_certificate_of_another_issuer_is_told_which(nec: Nec, device: str) -> None:
    answer = nec.send("GET", "/users/current", headers=VOUCHED | {"X-SSL-Issuer-DN": "CN=theirs"})
    assert "CN=theirs" in answer.json["error"]
    assert "CN=ours" not in answer.text


def test_a_certificate_never_names_a_user_with_a_password(nec: Nec, device: str) -> None:
    nec.user("ann")
    assert nec.send("GET", "/users/current", headers=VOUCHED | {"X-SSL-Client-CN": "ann"}).status == 401


def test_certificates_are_off_unless_the_tenant_says_so(nec: Nec) -> None:
    assert nec.send("GET", "/users/current", headers=VOUCHED).status == 401


# --- browsers of other origins ---

ORIGIN = "https://app.example.com"


def preflight(nec: Nec, **headers: str) -> Answer:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"} | headers
    return nec.send("OPTIONS", "/objects/box", headers=asked)


def test_any_origin_may_call_unless_the_tenant_says_otherwise(nec: Nec) -> None:
    answer = preflight(nec, **{"Access-Control-Request-Headers": "x-session-token, X-Mine, bad\u00e9"})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Max-Age"] == "604800"
    assert {"PUT", "DELETE", "PATCH"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"X-Application-Id", "X-Application-Key", "X-Session-Token", "Content-Type"} <= set(allowed)
    assert "X-Mine" in allowed
    assert len(allowed) == 9


def test_answers_and_errors_may_be_read_by_other_origins(nec: Nec) -> None:
    for path, status in (("/objects/box", 200), ("/objects/nobox", 404), ("/users", 403)):
        answer = nec.send("GET", path, headers={"Origin": ORIGIN})
        assert answer.status == status
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in nec.get("/objects/box").headers


def test_a_tenant_may_name_its_origins(nec: Nec) -> None:
    change_settings(nec, cors=CorsPolicy(origins=(ORIGIN,), credentials=True))
    named = nec.send("GET", "/objects/box", headers={"Origin": ORIGIN})
    assert named.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert named.headers["Access-Control-Allow-Credentials"] == "true"
    assert named.headers["Vary"] == "Origin"
    for answer in (preflight(nec, Origin="https://evil.example.com"), preflight(nec, Origin="null")):
        assert not any(name.startswith("Access-Control") for name in answer.headers)


def test_a_tenant_may_keep_browsers_out(nec: Nec) -> None:
    change_settings(nec, cors=CorsPolicy(enabled=False))
    answer = nec.send("GET", "/objects/box", headers={"Origin": ORIGIN})
    assert answer.status == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_unknown_tenant_answers_browsers_as_any_other(nec: Nec) -> None:
    answer = nec.send_to("/1/nobody/objects/box", headers={"Origin": ORIGIN})
    assert answer.status == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert nec.send_to("/1/_health", headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == "*"


def test_a_browsers_request_reads_the_tenant_once(nec: Nec, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(reference: str) -> None:
        raise AssertionError("the tenant was read again")

    monkeypatch.setattr(nec.core.authentication, "tenant", refuse)

    answer = nec.send("GET", "/groups", by=nec.master, headers={"Origin": ORIGIN})

    assert answer.status == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
