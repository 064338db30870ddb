"""The mounted app under Chalice's own test client, which hands over events as API Gateway would."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.core.installation import Installation
from chalicelib.web.chalice_bridge import YorozuApp, mount
from tests.web.parrot import ParrotCore, dialect


@pytest.fixture
def app() -> YorozuApp:
    app = YorozuApp("parrot")
    core: Any = ParrotCore()
    mount(app, dialect, lambda: core)
    return app


@pytest.fixture
def client(app: YorozuApp) -> Any:
    return Client(app).http


def event(method: str, template: str, path: str, **extra: Any) -> dict[str, Any]:
    """What API Gateway hands to a Lambda, with what is not told left out."""
    return {
        "path": path,
        "headers": {},
        "requestContext": {"resourcePath": template, "httpMethod": method, "path": "/api" + path},
        **extra,
    }


def test_a_handler_gets_its_parameters_and_its_caller(client: Any) -> None:
    reply = client.get("/p/acme/words/hello")
    assert reply.status_code == 200
    assert reply.json_body == {"tenant": "acme", "word": "hello", "path": "/p/acme/words/hello"}
    assert reply.headers["Content-Type"] == "application/json"


def test_a_path_parameter_is_decoded_once(client: Any) -> None:
    assert client.get("/p/acme/words/%E6%97%A5%2F100%2525").json_body["word"] == "日/100%25"


def test_a_path_that_is_not_utf8_is_refused(client: Any) -> None:
    assert client.get("/p/acme/words/%ff").status_code == 400


def test_parameters_are_found_behind_a_base_path(app: YorozuApp) -> None:
    sent = event("GET", "/p/{tenant}/words/{word}", "/base/p/acme/words/a%2Fb")
    answer = app(sent | {"pathParameters": {"tenant": "acme", "word": "a%2Fb"}}, None)
    assert answer["statusCode"] == 200
    assert b'"word":"a/b"' in decoded(answer)


def test_parameters_of_a_gateway_that_decodes_the_path_are_taken_as_they_are(app: YorozuApp) -> None:
    sent = event(
        "GET", "/p/{tenant}/words/{word}", "/p/acme/words/a/50%25", pathParameters={"tenant": "acme", "word": "a/50%25"}
    )
    assert b'"word":"a/50%25"' in decoded(app(sent, None))


@pytest.mark.parametrize("accept", [None, "application/json", "text/html", "*/*", "", "image/png"])
@pytest.mark.parametrize(
    "content_type", ["application/octet-stream", "application/json", "image/png", "text/plain", "x"]
)
def test_binary_bodies_travel_unharmed_whatever_the_client_accepts(
    client: Any, accept: str | None, content_type: str
) -> None:
    body = bytes(range(256))
    headers = {"Content-Type": content_type} | ({} if accept is None else {"Accept": accept})
    reply = client.put("/p/acme/words/w", body=body, headers=headers)
    assert (reply.status_code, reply.body) == (200, body)
    assert reply.headers["Content-Type"] == content_type


def test_a_head_request_is_a_get_without_body(client: Any) -> None:
    got, headed = client.get("/p/acme/text"), client.head("/p/acme/text")
    assert (headed.status_code, headed.body) == (200, b"")
    assert headed.headers["Content-Length"] == str(len(got.body))


def test_a_preflight_is_answered_by_the_dialect(client: Any) -> None:
    reply = client.options("/p/acme/words/w", headers={"Origin": "https://dog.example"})
    assert reply.status_code == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "https://dog.example"
    assert reply.headers["Access-Control-Allow-Methods"] == "GET, PUT"


def test_an_unwelcome_origin_gets_no_cors_headers(client: Any) -> None:
    reply = client.options("/p/acme/words/w", headers={"Origin": "https://cat.example"})
    assert not [name for name in reply.headers if name.startswith("Access-Control")]


def test_errors_carry_cors_headers_too(client: Any) -> None:
    reply = client.get("/p/nowhere/words/w", headers={"Origin": "https://dog.example"})
    assert reply.status_code == 404
    assert reply.headers["Access-Control-Allow-Origin"] == "https://dog.example"


def test_an_unknown_method_is_refused_in_the_dialects_form(client: Any) -> None:
    reply = client.delete("/p/acme/words/w")
    assert reply.status_code == 405
    assert reply.json_body == {"squawk": "DELETE is not allowed here"}
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, PUT"


def test_an_unknown_path_handed_to_the_app_is_refused_in_the_dialects_form(app: YorozuApp) -> None:
    paths_before = len(app.routes)
    answer = app(event("GET", "/p/{tenant}/zzz", "/p/acme/zzz"), None)
    assert answer["statusCode"] == 404
    assert json.loads(decoded(answer)) == {"squawk": "no such path: /p/acme/zzz"}
    assert len(app.routes) == paths_before


def test_core_errors_are_rendered_by_the_dialect(client: Any) -> None:
    reply = client.get("/p/nowhere/words/w")
    assert (reply.status_code, reply.json_body) == (404, {"squawk": "no such tenant: nowhere"})


def test_an_unexpected_error_tells_the_client_nothing(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    reply = client.get("/p/acme/crash", headers={"X-Request-Id": "abc-1"})
    assert (reply.status_code, reply.json_body) == (500, {"squawk": "internal server error"})
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    failure = next(line for line in lines if line["event"] == "failure")
    assert failure["request_id"] == "abc-1"
    assert failure["route"] == "/p/{tenant}/crash"
    assert "KeyError at parrot.py" in failure["cause"]
    assert "secret word" not in json.dumps(lines)


def test_a_reply_that_json_cannot_say_is_an_internal_error(client: Any) -> None:
    reply = client.get("/p/acme/nan")
    assert (reply.status_code, reply.json_body) == (500, {"squawk": "internal server error"})


def test_a_failed_backend_is_logged_with_its_cause_and_answered_without_it(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = client.get("/p/acme/unavailable")
    assert (reply.status_code, reply.json_body) == (503, {"squawk": "the perch broke"})
    error_output = capsys.readouterr().err
    assert "caused by OSError" in error_output
    assert "/dev/secret" not in error_output


def test_the_log_names_the_route_and_never_the_path(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    client.get("/p/acme/words/hush?token=hush", headers={"X-Session-Token": "hush"})
    line = capsys.readouterr().err
    assert "hush" not in line
    fields = json.loads(line)
    assert fields["route"] == "/p/{tenant}/words/{word}"
    assert (fields["dialect"], fields["method"], fields["status"], fields["level"]) == ("parrot", "GET", 200, "INFO")
    assert fields["milliseconds"] >= 0


@pytest.mark.parametrize("sent", ["abc-1.2_3", "a" * 64])
def test_a_sane_request_id_is_kept(client: Any, sent: str) -> None:
    assert client.get("/p/acme/text", headers={"X-Request-Id": sent}).headers["X-Request-Id"] == sent


@pytest.mark.parametrize("sent", ["", "a b", "a" * 65, '"', "日本"])
def test_a_strange_request_id_is_replaced(client: Any, sent: str) -> None:
    given = client.get("/p/acme/text", headers={"X-Request-Id": sent}).headers["X-Request-Id"]
    assert given != sent
    assert len(given) == 32


def test_the_gateways_request_id_is_used_when_the_client_sends_none(app: YorozuApp) -> None:
    sent = event("GET", "/p/_health", "/p/_health")
    sent["requestContext"]["requestId"] = "gateway-7"
    assert app(sent, None)["headers"]["X-Request-Id"] == "gateway-7"


def test_query_parameters_know_first_last_and_all(client: Any) -> None:
    reply = client.get("/p/acme/query?a=1&a=2&b=&c=%E4%B8%87")
    assert reply.json_body == {"a": ["1", "2", ["1", "2"]], "b": ["", "", [""]], "c": ["万", "万", ["万"]]}


def test_repeated_headers_stay_repeated(client: Any) -> None:
    assert client.get("/p/acme/headers").headers["X-Two"] == ["1", "2"]


def test_a_reply_without_body_has_no_content_type(client: Any) -> None:
    reply = client.get("/p/acme/nothing")
    assert (reply.status_code, reply.body) == (204, b"")
    assert "Content-Type" not in reply.headers


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip"])
def test_an_encoded_body_is_refused(client: Any, encoding: str) -> None:
    assert client.put("/p/acme/words/w", body=b"x", headers={"Content-Encoding": encoding}).status_code == 415


def test_a_body_beyond_the_limit_is_refused_and_at_the_limit_is_not(app: YorozuApp, client: Any) -> None:
    app.mounts[0].max_body_bytes = 10
    assert client.put("/p/acme/words/w", body=b"x" * 10).status_code == 200
    assert client.put("/p/acme/words/w", body=b"x" * 11).status_code == 413


def test_an_answer_that_the_host_cannot_carry_is_refused_and_the_largest_it_can_is_not() -> None:
    core: Any = ParrotCore()
    app = YorozuApp("parrot")
    mount(app, dialect, lambda: core)
    client = Client(app).http
    answer = client.get("/p/acme/words/hello")
    core.installation = Installation(max_answer_bytes=len(answer.body))
    assert client.get("/p/acme/words/hello").body == answer.body
    reply = client.get("/p/acme/words/hello.")
    assert reply.status_code == 400
    assert str(len(answer.body)) in reply.json_body["squawk"]


@pytest.mark.parametrize("content_type", [None, "application/json", "Application/JSON; charset=utf-8", "a/b+json"])
def test_json_bodies_are_read(client: Any, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    reply = client.post("/p/acme/json", body='{"a": "万"}'.encode(), headers=headers)
    assert reply.json_body == {"sent": {"a": "万"}}


def test_a_json_body_of_another_type_is_refused(client: Any) -> None:
    assert client.post("/p/acme/json", body=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[NaN]", b"-Infinity", b"[" * 100_000, b"1" * 5000, b"{}{}"], ids=range(8)
)
def test_broken_json_is_refused(client: Any, body: bytes) -> None:
    assert client.post("/p/acme/json", body=body).status_code == 400


def test_half_a_surrogate_pair_goes_out_as_it_came(client: Any) -> None:
    reply = client.post("/p/acme/json", body=b'["\\ud83d"]')
    assert reply.body == b'{"sent":["\\ud83d"]}'


def test_a_chalice_middleware_sees_the_request(app: YorozuApp, client: Any) -> None:
    seen = []

    @app.middleware("http")
    def watch(request: Any, get_response: Any) -> Any:
        seen.append(request.headers["x-word"])
        return get_response(request)

    client.get("/p/_health", headers={"X-Word": "hello"})
    assert seen == ["hello"]


def decoded(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body"])
