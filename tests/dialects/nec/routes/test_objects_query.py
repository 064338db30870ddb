from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.tenants.model import TenantSettings
from tests.core.site import FixedClock
from tests.dialects.nec.world import Answer, Nec, Person


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


def ask(nec: Nec, form: str, by: Person | None = None, **asked: Any) -> Answer:
    """The same question by URL, by body, or by body with JSON inside text as the Python SDK sends it."""
    if form == "url":
        return nec.get("/objects/box", by=by, **asked)
    if form == "text":
        asked = {key: json.dumps(value) if isinstance(value, dict) else value for key, value in asked.items()}
    return nec.post("/objects/box/_query", asked, by=by)


FORMS = ["url", "body", "text"]


def names(answer: Answer) -> list[Any]:
    assert answer.status == 200, answer.content
    return [found["n"] for found in answer.json["results"]]


@pytest.mark.parametrize("form", FORMS)
def test_a_query_pages_orders_counts_and_tells_the_time(nec: Nec, form: str) -> None:
    for n in range(5):
        nec.object(n=n, even=n % 2 == 0)
    answer = ask(nec, form, where={"n": {"$gt": 0}}, order="-even, n", skip=1, limit=2, count=1)
    assert names(answer) == [4, 1]
    assert answer.json.keys() == {"results", "count", "currentTime"}
    assert answer.json["count"] == 4
    assert answer.json["currentTime"].endswith("Z")


@pytest.mark.parametrize("form", FORMS)
def test_a_query_counts_only_when_asked(nec: Nec, form: str) -> None:
    nec.object(n=1)
    for count in (0, None):
        asked: dict[str, Any] = {} if count is None else {"count": count}
        assert "count" not in ask(nec, form, **asked).json
    answer = ask(nec, form, count=1, limit=0)
    assert (answer.json["results"], answer.json["count"]) == ([], 1)


@pytest.mark.parametrize("form", FORMS)
def test_a_hundred_objects_come_unless_told_otherwise(nec: Nec, form: str) -> None:
    requests = [{"op": "insert", "data": {"n": n}} for n in range(120)]
    assert nec.post("/objects/box/_batch", {"requests": requests}).status == 200
    assert len(names(ask(nec, form))) == 100
    assert len(names(ask(nec, form, limit=-1))) == 120
    assert len(names(ask(nec, form, limit=110))) == 110


WHERES: list[tuple[dict[str, Any], list[int]]] = [
    ({"n": 1}, [1]),
    ({"n": {"$in": [1, 3]}}, [1, 3]),
    ({"n": {"$ne": 1}}, [2, 3, 4]),
    ({"tags": "a"}, [1]),
    ({"tags": {"$all": ["a", "b"]}}, [1]),
    ({"deep.x": {"$gte": 2}}, [2]),
    ({"deep": {"$eq": {"x": 2}}}, [2]),
    ({"text": {"$regex": "^ba", "$options": "i"}}, [3]),
    ({"text": {"$regularExpression": {"pattern": "^ba", "options": "i"}}}, [3]),
    ({"text": {"$not": {"$regex": "^BA"}}}, [1, 2, 4]),
    ({"text": {"$exists": True}}, [3]),
    ({"text": {"$type": "string"}}, [3]),
    ({"when": {"$lt": {"$date": "2021-01-01T00:00:00.000Z"}}}, [4]),
    ({"when": {"$date": "2020-01-01T00:00:00.000Z"}}, [4]),
    ({"n": {"$gt": {"$numberLong": "3"}}}, [4]),
    ({"$or": [{"n": 1}, {"$and": [{"n": {"$gt": 1}}, {"n": {"$lt": 3}}]}]}, [1, 2]),
    ({"$expr": {"$gte": ["$n", 3]}}, [3, 4]),
    ({"ACL.owner": {"$exists": True}}, []),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_condition_finds_the_objects_that_meet_it(nec: Nec, form: str) -> None:
    nec.object(n=1, tags=["a", "b"])
    nec.object(n=2, deep={"x": 2})
    nec.object(n=3, text="BAR")
    nec.object(n=4, when={"$date": "2020-01-01T00:00:00.000Z"})
    for where, expected in WHERES:
        assert names(ask(nec, form, where=where, order="n")) == expected, where


@pytest.mark.parametrize("form", FORMS)
def test_texts_are_dates_where_the_stamps_are_asked_for(nec: Nec, form: str, clock: FixedClock) -> None:
    made = []
    for n in range(3):
        made.append(nec.object(n=n, note="2020-01-01T00:00:00.000Z"))
        clock.advance(seconds=1)
    t = [item["updatedAt"] for item in made]
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"updatedAt": t[1]}, [1]),
        ({"updatedAt": {"$gt": t[1]}}, [2]),
        ({"createdAt": {"$in": [t[0], t[2]]}}, [0, 2]),
        ({"createdAt": {"$not": {"$gt": t[0]}}}, [0]),
        ({"$or": [{"updatedAt": {"$gt": t[1]}}, {"$and": [{"updatedAt": t[0]}, {"_id": {"$gte": ""}}]}]}, [0, 2]),
        ({"$nor": [{"updatedAt": {"$lte": t[1]}}]}, [2]),
        ({"updatedAt": {"$gt": {"$date": t[1]}}}, [2]),
        ({"updatedAt": {"$gt": "yesterday"}}, []),
        ({"note": "2020-01-01T00:00:00.000Z"}, [0, 1, 2]),
    ]
    for where, expected in cases:
        assert names(ask(nec, form, where=where, order="n")) == expected, where


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"where": {"a": {"$bad": 1}}}, 400),
        ({"where": {"$where": "true"}}, 400),
        ({"where": {"a": {"$all": None}}}, 500),
        ({"where": {"a": {"$in": 1}}}, 500),
        ({"where": {"$date": "2020-01-01T00:00:00.000Z"}}, 400),
        ({"where": {"a": {"$date": "yesterday"}}}, 400),
        ({"where": {"a": {"$regex": "(((((a+)+)+)+)+"}}}, 400),
        ({"projection": {"a": 1, "b": 0}}, 500),
        ({"projection": {"a": 0, "_id": 1}}, 500),
        ({"projection": {"a": {"$bad": 1}}}, 400),
        ({"limit": -2}, 400),
        ({"limit": 1.5}, 400),
        ({"skip": -1}, 400),
        ({"skip": 10**20}, 400),
        ({"count": 2}, 400),
        ({"count": "maybe"}, 400),
        ({"deleteMark": 7}, 400),
        ({"timeout": -1}, 400),
        ({"readPreference": "nearest"}, 400),
        ({"order": "-"}, 400),
        ({"order": "a,,b"}, 400),
        ({"order": "a,a"}, 400),
    ],
)
def test_questions_that_are_none_are_refused(nec: Nec, form: str, asked: dict[str, Any], status: int) -> None:
    nec.object(a=1)
    answer = ask(nec, form, **asked)
    assert answer.status == status
    assert isinstance(answer.json["error"], str)


@pytest.mark.parametrize(
    "asked", [{"where": []}, {"where": 5}, {"where": "["}, {"projection": "x"}, {"order": 1}, {"readPreference": 1}]
)
def test_values_of_another_type_are_refused(nec: Nec, asked: dict[str, Any]) -> None:
    assert nec.post("/objects/box/_query", asked).status == 400


@pytest.mark.parametrize("form", FORMS)
def test_what_clients_send_by_default_is_taken(nec: Nec, form: str) -> None:
    nec.object(n=1)
    asked: dict[str, Any] = {"where": {}, "order": "", "skip": 0, "limit": -1, "count": 0, "unknown": 1}
    asked |= {"deleteMark": 0, "timeout": 0}
    assert names(ask(nec, form, readPreference="SecondaryPreferred", **asked)) == [1]


def test_absent_and_null_are_the_same_in_a_body(nec: Nec) -> None:
    nec.object(n=1)
    keys = ("where", "order", "skip", "limit", "count", "deleteMark", "projection", "readPreference", "timeout")
    assert names(nec.post("/objects/box/_query", dict.fromkeys(keys))) == [1]


@pytest.mark.parametrize("form", FORMS)
def test_a_projection_shows_the_fields_that_it_asks_for(nec: Nec, form: str) -> None:
    nec.object(a=1, b={"c": 1, "d": 2}, list=[{"x": 1}, {"x": 2}])
    stamps = {"ACL", "createdAt", "updatedAt", "etag"}
    cases: list[tuple[dict[str, Any], set[str]]] = [
        ({"a": 1}, {"_id", "a"}),
        ({"a": 1, "_id": 0}, {"a"}),
        ({"a": 0}, {"_id", "b", "list"} | stamps),
        ({"_id": 0}, {"a", "b", "list"} | stamps),
        ({"b.c": 1}, {"_id", "b"}),
        ({"none": 1}, {"_id"}),
        ({"a": True, "createdAt": True}, {"_id", "a", "createdAt"}),
    ]
    for projection, keys in cases:
        assert ask(nec, form, projection=projection).json["results"][0].keys() == keys, projection
    only = ask(nec, form, projection={"list": {"$elemMatch": {"x": 2}}}).json["results"][0]
    assert only["list"] == [{"x": 2}]


@pytest.mark.parametrize(
    ("who", "seen"),
    [("guest", ["all"]), ("ann", ["all", "ann"]), ("inner", ["all", "staff"]), ("master", ["all", "ann", "staff"])],
)
def test_nobody_sees_counts_or_sorts_by_what_they_may_not_read(nec: Nec, who: str, seen: list[str]) -> None:
    nec.group("inner", users=("inner",))
    staff = nec.group("staff", groups=("inner",))
    nec.object(nec.user("ann"), n="ann")
    nec.object(n="staff", ACL={"r": [staff]})
    nec.object(n="all")
    for form in FORMS:
        answer = ask(nec, form, by=nec.person(who), order="n", count=1)
        assert names(answer) == seen
        assert answer.json["count"] == len(seen)
        assert names(ask(nec, form, by=nec.person(who), order="n", skip=1)) == seen[1:]


def test_reading_needs_the_read_right_of_the_bucket(nec: Nec) -> None:
    nec.object(n=1)
    nec.bucket(content_acl={"w": ["g:anonymous"]})
    for form in FORMS:
        assert ask(nec, form).status == 403
        assert ask(nec, form, by=nec.master).status == 200


def test_a_tenant_may_limit_limits(nec: Nec) -> None:
    nec.core.tenants.change_settings(nec.tenant, lambda settings: TenantSettings(max_query_limit=50))
    assert nec.get("/objects/box", limit=50).status == 200
    assert nec.get("/objects/box", limit=51).status == 400
    assert nec.get("/objects/box", limit=-1).status == 400


@pytest.mark.parametrize("form", FORMS)
def test_a_query_without_a_limit_gets_what_the_tenant_allows(nec: Nec, form: str) -> None:
    nec.core.tenants.change_settings(nec.tenant, lambda settings: TenantSettings(max_query_limit=2))
    for n in range(3):
        nec.object(n=n)
    assert len(names(ask(nec, form))) == 2


def test_special_doubles_and_types_survive_in_extended_json(nec: Nec) -> None:
    values: dict[str, Any] = {
        "nan": {"$numberDouble": "NaN"},
        "inf": {"$numberDouble": "-Infinity"},
        "oid": {"$oid": "514af36644f9cb2eb8000002"},
        "dec": {"$numberDecimal": "1.10"},
        "bin": {"$binary": {"base64": "AAE=", "subType": "00"}},
        "old": {"$date": {"$numberLong": "-5000"}},
        "ts": {"$timestamp": {"t": 1, "i": 2}},
        "re": {"$regularExpression": {"pattern": "^a", "options": "i"}},
        "min": {"$minKey": 1},
    }
    made = nec.object(**values, long={"$numberLong": "9007199254740993"})
    assert {key: made[key] for key in values} == values
    assert made["long"] == 9007199254740993
    assert nec.get("/objects/box").json["results"] == [made]
