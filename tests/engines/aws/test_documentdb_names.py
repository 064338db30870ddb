"""Names within the server's rules, and never one name for two things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidName
from chalicelib.engines.aws.documentdb_names import collection_name, database_name

DATABASE = "yorozu_0123456789abcdef01234567"


def test_a_tenant_has_a_database_of_its_own() -> None:
    assert database_name("yorozu_", "0123") == "yorozu_0123"
    assert database_name("yorozu_", "_system") == "yorozu__system"


@pytest.mark.parametrize("tenant", ["", "a b", "a.b", "a/b", "a$b", "日本", "x" * 57, "a\0"])
def test_a_name_that_no_database_can_have_is_refused(tenant: str) -> None:
    prefix = "" if not tenant else "yorozu_"
    with pytest.raises(InvalidName):
        database_name(prefix, tenant)


@pytest.mark.parametrize("name", ["_buckets", "object.Scores.0123", "users", "a-b_c.d"])
def test_a_plain_collection_keeps_its_name(name: str) -> None:
    assert collection_name(DATABASE, name) == name


@pytest.mark.parametrize("name", ["", "a$b", "a..b", ".a", "a.", "system.users", "日本語", "a b", "x" * 100, "a~b"])
def test_another_collection_has_a_made_name(name: str) -> None:
    made = collection_name(DATABASE, name)
    assert "~" in made
    assert len(f"{DATABASE}.{made}") <= 120


@given(st.text(), st.text())
def test_two_collections_never_share_a_name(one: str, other: str) -> None:
    assert (collection_name(DATABASE, one) == collection_name(DATABASE, other)) == (one == other)
