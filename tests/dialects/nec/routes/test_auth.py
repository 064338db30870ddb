from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.core.tenants.model import TenantSettings
from tests.dialects.nec.world import Answer, Nec, Person
from tests.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer

BARE = {"X-Application-Id": None, "X-Application-Key": None}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/auth/saml/init", {}, 400),
        ("/auth/saml/init", {"redirect": ""}, 400),
        ("/auth/saml/init", {"redirect": "https://app.example.com"}, 403),
        ("/auth/oidc/start", {}, 400),
        ("/auth/oidc/start", {"redirect": "https://app.example.com"}, 400),
        ("/auth/oidc/start", {"redirect": "https://app.example.com", "op": "google"}, 403),
        ("/auth/oidc/auth_resp", {}, 400),
        ("/auth/oidc/auth_resp", {"state": "x", "code": "y"}, 400),
    ],
)
def test_other_parties_logins_are_not_in_use_and_say_so_as_a_page(
    nec: Nec, path: str, query: dict[str, str], status: int
) -> None:
    answer = nec.send("GET", path, query=query, headers=BARE)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"<title>{status} Error</title>" in answer.text
    assert "app.example.com" not in answer.text


def test_an_unknown_tenant_has_no_login_page(nec: Nec) -> None:
    answer = nec.send_to("/1/514af36644f9cb2eb8000002/auth/saml/init", query={"redirect": "https://a.example.com"})
    assert answer.status == 404
    assert "<h1>404 Not Found</h1>" in answer.text


def test_errors_elsewhere_are_json_even_for_a_tenant_named_auth(nec: Nec) -> None:
    assert "error" in nec.send_to("/1/auth/users").json


# --- OpenID Connect ---

REDIRECT = "myapp://login"


@dataclass
class Openid:
    """A tenant that trusts a provider, and a browser that keeps its cookies."""

    nec: Nec
    server: OpenIdServer

    def start(self, **query: str) -> Answer:
        asked = {"redirect": REDIRECT, "op": "google"} | query
        return self.nec.send("GET", "/auth/oidc/start", query=asked, headers=BARE)

    def finish(self, started: Answer, cookie: str | None = None) -> Answer:
        assert started.status == 302, started.text
        back = urlsplit(self.server.log_in(started.headers["Location"]))
        assert back.path == f"/1/{self.nec.tenant}/auth/oidc/auth_resp"
        if cookie is None:
            ((name, morsel),) = SimpleCookie(started.headers["Set-Cookie"]).items()
            assert morsel["path"] == back.path
            cookie = f"theme=dark; {name}={morsel.value}"
        return self.nec.send_to(back.path, query=dict(parse_qsl(back.query)), headers=BARE | {"Cookie": cookie})

    def come(self, **query: str) -> dict[str, str]:
        """What the app is told after a login at the provider."""
        finished = self.finish(self.start(**query))
        assert finished.status == 302, finished.text
        url, _, told = finished.headers["Location"].partition("?")
        assert url == REDIRECT
        return dict(parse_qsl(told))

    def log_in(self, **query: str) -> dict[str, Any]:
        answer = self.nec.post("/login", {"token": self.come(**query)["token"]})
        assert answer.status == 200, answer.content
        found: dict[str, Any] = answer.json
        return found


@pytest.fixture
def openid(nec: Nec) -> Iterator[Openid]:
    server = OpenIdServer()
    nec.core.openid_providers.put(nec.tenant, "google", server.issuer, CLIENT_ID, CLIENT_SECRET)
    nec.core.openid_providers.set_redirects(nec.tenant, [REDIRECT])
    yield Openid(nec, server)
    server.close()


def test_a_stranger_logs_in_through_a_provider_and_is_a_user(openid: Openid) -> None:
    assert openid.come() == {"error": "user_not_found"}
    login = openid.log_in(createUser="true")
    assert login["federated"] is True
    (claims,) = login["options"]["claims"]
    assert json.loads(claims)["name"] == "Ann"
    ann = Person(openid.nec.app.key, login["sessionToken"])
    link = {"_id": login["primaryLinkedUserId"], "iss": openid.server.issuer, "sub": "outside-1", "op": "google"}
    assert openid.nec.get(f"/users/{login['_id']}/links", by=ann).json == {"results": [link]}
    assert openid.nec.get("/users/current", by=ann).json["primaryLinkedUserId"] == link["_id"]
    assert openid.nec.delete(f"/users/{login['_id']}/links/{link['_id']}", by=ann).status == 403
    assert openid.nec.put(f"/users/{login['_id']}", {"password": "another one"}, by=ann).status == 403
    assert openid.log_in()["_id"] == login["_id"]


def test_a_user_links_an_account_and_unlinks_it(openid: Openid) -> None:
    ann = openid.nec.user("ann")
    assert openid.log_in(sessionToken=str(ann.token))["_id"] == ann.id
    assert openid.log_in()["_id"] == ann.id
    (link,) = openid.nec.get(f"/users/{ann.id}/links", by=ann).json["results"]
    path = f"/users/{ann.id}/links/{link['_id']}"
    assert openid.nec.delete(path, by=openid.nec.user("bob")).status == 403
    assert openid.nec.delete(path).status == 401
    answer = openid.nec.delete(path, by=ann)
    assert (answer.status, answer.json) == (200, {})
    assert openid.nec.delete(path, by=ann).status == 404
    after = openid.nec.get("/users/current", by=ann).json
    assert (after["federated"], after["options"]) == (False, {"claims": []})
    assert openid.come() == {"error": "user_not_found"}


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"redirect": "https://evil.example.com/"}, 400),
        ({"op": "adfs"}, 400),
        ({"scope": "email"}, 400),
        ({"createUser": "perhaps"}, 400),
        ({"sessionToken": "wrong"}, 401),
    ],
)
def test_a_login_that_cannot_begin_is_told_as_a_page(openid: Openid, query: dict[str, str], status: int) -> None:
    answer = openid.start(**query)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("query", "title"),
    [({"op": "adfs"}, "400 Bad Request"), ({"sessionToken": "wrong"}, "401 Unauthorized")],
)
def test_a_page_names_the_error_as_the_reference_does(openid: Openid, query: dict[str, str], title: str) -> None:
    assert f"<h1>{title}</h1>" in openid.start(**query).text


def test_a_tenants_limit_holds_for_logins_too(openid: Openid) -> None:
    settings = TenantSettings(rate_limit_per_minute=1)
    openid.nec.core.tenants.change_settings(openid.nec.tenant, lambda _: settings)
    answers = {answer.status: answer for answer in (openid.start() for _ in range(4))}
    assert answers.keys() == {302, 429}
    assert "<h1>429 Too Many Requests</h1>" in answers[429].text
    assert 0 < int(answers[429].headers["Retry-After"]) <= 60


def test_the_operator_learns_why_a_provider_was_of_no_use(openid: Openid, capsys: pytest.CaptureFixture[str]) -> None:
    put = openid.nec.core.openid_providers.put
    put(openid.nec.tenant, "google", openid.server.issuer, CLIENT_ID, "an old secret")
    assert openid.come(createUser="true") == {"error": "temporarily_unavailable"}
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (failure,) = [line for line in lines if line["event"] == "failure"]
    assert (failure["level"], failure["route"]) == ("ERROR", "/1/{tenant}/auth/oidc/auth_resp")
    assert failure["cause"].startswith("Unavailable (invalid_client) at openid_http.py")
    assert failure["request_id"] == lines[-1]["request_id"]


def test_what_people_do_at_a_provider_is_no_failure_of_ours(openid: Openid, capsys: pytest.CaptureFixture[str]) -> None:
    assert openid.come() == {"error": "user_not_found"}
    assert '"failure"' not in capsys.readouterr().err


def test_a_login_is_tied_to_its_browser(openid: Openid) -> None:
    started = openid.start(createUser="true")
    cookie = started.headers["Set-Cookie"]
    assert "HttpOnly; SameSite=Lax" in cookie
    name = cookie.partition("=")[0]
    for other in ("", f"{name}=x", f"{name}=;;;=\x7f", name, "="):
        answer = openid.finish(started, other)
        assert (answer.status, answer.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert openid.finish(started).status == 302
    assert openid.finish(started).status == 400


def test_two_logins_of_one_browser_do_not_disturb_each_other(openid: Openid) -> None:
    first, second = openid.start(createUser="true"), openid.start(createUser="true")
    kept = SimpleCookie(first.headers["Set-Cookie"])
    kept.load(second.headers["Set-Cookie"])
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in kept.items())
    for started in (first, second):
        assert "token=" in openid.finish(started, cookie).headers["Location"]


def test_a_login_does_not_mind_what_other_cookies_look_like(openid: Openid) -> None:
    started = openid.start(createUser="true")
    cookie = started.headers["Set-Cookie"].partition(";")[0]
    strange = 'prefs={"a": [1, "b c"]}; ;=; naked; caf\xe9=1'
    assert openid.finish(started, f"{strange}; {cookie}; {strange}").status == 302


def test_the_browser_forgets_a_login_that_is_over(openid: Openid) -> None:
    started = openid.start(createUser="true")
    ((name, morsel),) = SimpleCookie(started.headers["Set-Cookie"]).items()
    ((gone, end),) = SimpleCookie(openid.finish(started).headers["Set-Cookie"]).items()
    assert (gone, end["path"], end.value, end["max-age"]) == (name, morsel["path"], "", "0")


def test_an_answer_of_another_provider_than_was_asked_is_refused(openid: Openid) -> None:
    openid.server.answer_issuer = "https://other.example.com"
    assert openid.come(createUser="true") == {"error": "authentication_failed"}


def test_a_login_by_the_tenants_name_comes_back_to_its_id(openid: Openid) -> None:
    name = openid.nec.core.tenants.get(openid.nec.tenant).name
    query = {"redirect": REDIRECT, "op": "google", "createUser": "true"}
    started = openid.nec.send_to(f"/1/{name}/auth/oidc/start", query=query, headers=BARE)
    assert "token=" in openid.finish(started).headers["Location"]


def test_nobody_keeps_or_passes_on_the_addresses_of_a_login(openid: Openid) -> None:
    started = openid.start(createUser="true")
    for answer in (started, openid.finish(started)):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_a_token_of_another_tenant_admits_nobody(openid: Openid, other: Nec) -> None:
    other.core.openid_providers.put(other.tenant, "google", openid.server.issuer, CLIENT_ID, CLIENT_SECRET)
    token = openid.come(createUser="true")["token"]
    assert other.post("/login", {"token": token}).status == 401
    assert openid.nec.post("/login", {"token": token, "username": "ignored", "password": "ignored"}).status == 200
    assert openid.nec.post("/login", {"token": token}).status == 401


def test_links_of_another_tenant_are_not_seen_or_removed_even_by_a_master_key(openid: Openid, other: Nec) -> None:
    other.core.openid_providers.put(other.tenant, "google", openid.server.issuer, CLIENT_ID, CLIENT_SECRET)
    ann = openid.nec.user("ann")
    openid.come(sessionToken=str(ann.token))
    (link,) = openid.nec.get(f"/users/{ann.id}/links", by=ann).json["results"]
    for path, method in ((f"/users/{ann.id}/links", "GET"), (f"/users/{ann.id}/links/{link['_id']}", "DELETE")):
        answer = other.send(method, path, by=other.master)
        unknown = other.send(method, path.replace(ann.id, "514af36644f9cb2eb8000aaa"), by=other.master)
        assert (answer.status, unknown.status) == (404, 404)
        assert link["sub"] not in answer.text
    assert openid.nec.get(f"/users/{ann.id}/links", by=ann).json["results"] == [link]


def test_a_token_is_ignored_where_no_provider_is_trusted(nec: Nec) -> None:
    nec.user("ann")
    assert nec.post("/login", {"token": "any", "username": "ann", "password": "correct horse"}).status == 200
    assert nec.post("/login", {"token": "any"}).status == 400
