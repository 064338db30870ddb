from __future__ import annotations

import pytest

from tests.dialects.nec.world import Nec

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
