from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new, acl_for_new_bucket, content_acl_for_new_bucket
from chalicelib.core.tenants.model import Tenant

TENANT = Tenant("t", "acme", datetime(2026, 1, 1, tzinfo=UTC))
GUEST, ANN = Caller(TENANT), Caller(TENANT, user="ann")
ANYBODY, ANY_USER = ("g:anonymous",), ("g:authenticated",)


def test_a_new_thing_is_its_makers_alone_or_without_a_maker_everybodys() -> None:
    assert acl_for_new(ANN, None) == Acl(owner="ann")
    assert acl_for_new(GUEST, None) == Acl(r=ANYBODY, w=ANYBODY)
    assert acl_for_new(Caller(TENANT, is_master=True), None) == Acl(r=ANYBODY, w=ANYBODY)


def test_a_given_acl_without_owner_is_owned_by_the_maker() -> None:
    assert acl_for_new(ANN, Acl(r=("bob",))) == Acl(owner="ann", r=("bob",))
    assert acl_for_new(GUEST, Acl(r=("bob",))) == Acl(r=("bob",))
    assert acl_for_new(ANN, Acl(owner="bob")) == Acl(owner="bob")


def test_a_new_bucket_is_for_those_who_are_like_its_maker() -> None:
    assert acl_for_new_bucket(ANN, None) == Acl(owner="ann", r=ANY_USER)
    assert acl_for_new_bucket(GUEST, None) == Acl(r=ANYBODY)
    assert acl_for_new_bucket(ANN, Acl()) == Acl(owner="ann")
    assert content_acl_for_new_bucket(ANN, None) == Acl(r=ANY_USER, w=ANY_USER)
    assert content_acl_for_new_bucket(GUEST, None) == Acl(r=ANYBODY, w=ANYBODY)
    assert content_acl_for_new_bucket(ANN, Acl(r=("bob",))) == Acl(r=("bob",))
