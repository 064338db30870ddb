from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.bootstrap import build_core
from chalicelib.settings import Settings
from tests.dialects.nec.conftest import SYSTEM_KEY
from tests.dialects.nec.world import Nec


def test_the_master_key_learns_which_build_answers(nec: Nec) -> None:
    answer = nec.get("/management/server_info", by=nec.master)
    assert (answer.status, answer.json) == (200, {"version": "0.1.0", "buildTime": "2026-11-21T00:00:00Z"})


def test_a_build_that_nobody_named_tells_when_its_code_was_written(tmp_path: Path) -> None:
    core = build_core(Settings(data_folder=tmp_path))
    core.close()
    written = datetime.fromtimestamp(Path(bootstrap.__file__).stat().st_mtime, UTC)
    assert core.installation.built_at >= written.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_nobody_else_learns_which_build_answers(nec: Nec) -> None:
    for person in (nec.guest, nec.user("ann")):
        answer = nec.get("/management/server_info", by=person)
        assert answer.status == 401
        assert "0.1.0" not in answer.text


# --- statistics ---


def test_calls_are_counted_by_app_and_kind_and_told_to_the_master_key(nec: Nec) -> None:
    nec.user("ann")
    nec.get("/groups", by=nec.guest)

    answer = nec.get("/management/apistats", by=nec.master)

    (slot,) = answer.json["results"]
    assert answer.status == 200
    assert slot["tenantId"] == nec.tenant
    assert slot["createdAt"].endswith("0:00.000Z")
    assert slot[nec.app.app.id] == {"users": 2, "groups": 1, "management": 1}


def test_a_total_adds_up_apps_and_the_tenant(nec: Nec) -> None:
    nec.get("/groups", by=nec.guest)

    (row,) = nec.get("/management/apistats", total="true", by=nec.master).json["results"]

    assert row == {
        "tenantId": nec.tenant,
        "tenantTotal": 2,
        nec.app.app.id: {"appTotal": 2, "groups": 1, "management": 1},
    }


@pytest.mark.parametrize(
    "parameters",
    [
        {"tenantId": "x"},
        {"tenantId": "x", "appId": "y"},
        {"customApiName": "hello"},
        {"order": "updatedAt"},
        {"limit": "-2"},
        {"limit": "many"},
        {"total": "perhaps"},
        {"start": "yesterday"},
        {"end": "2017-13-01T00:00:00.000Z"},
    ],
)
def test_a_wrong_question_is_a_400(nec: Nec, parameters: dict[str, str]) -> None:
    answer = nec.get("/management/apistats", by=nec.master, **parameters)

    assert answer.status == 400
    assert answer.json["error"]


def test_a_total_ignores_order_and_limit(nec: Nec) -> None:
    nec.get("/groups", by=nec.guest)

    answer = nec.get("/management/apistats", by=nec.master, total="true", order="name", limit="-5")

    assert answer.json["results"][0]["tenantTotal"] == 2


def test_a_time_bounds_the_slots(nec: Nec) -> None:
    nec.get("/groups", by=nec.guest)

    for parameters, found in (
        ({"start": "2017-04-01T00:00:00.000Z", "end": "2100-01-01T00:00:00.000Z"}, 1),
        ({"end": "2017-05-31T00:00:00.000Z"}, 0),
        ({"appId": "of nobody"}, 0),
        ({"appId": nec.app.app.id, "customApiName": "hello"}, 0),
        ({"limit": "-1", "order": "-createdAt"}, 1),
    ):
        assert len(nec.get("/management/apistats", by=nec.master, **parameters).json["results"]) == found


def test_statistics_are_not_for_the_app_key(nec: Nec) -> None:
    for person in (nec.guest, nec.user("ann")):
        assert nec.get("/management/apistats", by=person).status == 401


def test_the_system_key_reads_all_tenants_and_no_other_key_does(nec: Nec, client: Any) -> None:
    nec.get("/groups", by=nec.guest)
    path = f"/1/_system/management/apistats?total=true&tenantId={nec.tenant}"

    told = client.get(path, headers={"X-Application-Key": SYSTEM_KEY})
    assert [row["tenantId"] for row in json.loads(told.body)["results"]] == [nec.tenant]
    for headers in ({}, {"X-Application-Key": nec.app.master_key}):
        assert client.get(path, headers=headers).status_code == 401


def test_the_system_key_may_name_a_tenant_and_learns_nothing_of_one_that_is_not_there(nec: Nec, client: Any) -> None:
    nec.get("/groups", by=nec.guest)
    name = nec.core.tenants.get(nec.tenant).name

    for tenant, found in ((name, 1), (nec.tenant, 1), ("0" * 24, 0), ("nobody", 0), ("..%2Fx", 0), ("_system", 0)):
        path = f"/1/_system/management/apistats?tenantId={tenant}"
        told = client.get(path, headers={"X-Application-Key": SYSTEM_KEY})
        assert (told.status_code, len(json.loads(told.body)["results"])) == (200, found), tenant
