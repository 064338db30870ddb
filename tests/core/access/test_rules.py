from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from chalicelib.core.access.acl import Acl, Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import may, may_in_bucket, may_with_bucket, permitted_to, require
from chalicelib.core.errors import AccessDenied
from chalicelib.core.tenants.model import Tenant

TENANT = Tenant("t", "acme", datetime(2026, 1, 1, tzinfo=UTC))
GUEST = Caller(TENANT)
ANN = Caller(TENANT, user="ann", groups=frozenset({"staff"}))
MASTER = Caller(TENANT, is_master=True)
CALLERS = (GUEST, ANN, Caller(TENANT, user="bob"), MASTER)

PRINCIPALS = ("ann", "bob", "g:staff", "g:authenticated", "g:anonymous", "anonymous", "g:ann")
ACLS = [
    Acl(owner=owner, **{key: names})
    for owner, key, names in product(
        (None, "ann"), ("r", "w", "c", "u", "d", "admin"), [(), *((name,) for name in PRINCIPALS)]
    )
]


def test_principals_are_the_user_its_groups_and_the_groups_of_everybody() -> None:
    assert GUEST.principals == {"g:anonymous"}
    assert ANN.principals == {"ann", "g:staff", "g:authenticated", "g:anonymous"}


@pytest.mark.parametrize(
    ("caller", "action", "acl", "allowed"),
    [
        (GUEST, Action.READ, Acl(r=("g:anonymous",)), True),
        (GUEST, Action.READ, Acl(r=("g:authenticated",)), False),
        (GUEST, Action.READ, Acl(), False),
        (ANN, Action.READ, Acl(r=("g:staff",)), True),
        (ANN, Action.UPDATE, Acl(w=("ann",)), True),
        (ANN, Action.UPDATE, Acl(r=("ann",), d=("ann",)), False),
        (ANN, Action.ADMIN, Acl(owner="ann"), True),
        (ANN, Action.ADMIN, Acl(w=("ann",)), False),
        (MASTER, Action.ADMIN, Acl(owner="ann"), True),
    ],
)
def test_what_a_caller_may_do_with_a_thing(caller: Caller, action: Action, acl: Acl, allowed: bool) -> None:
    assert may(caller, action, acl) is allowed


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("action", list(Action))
def test_the_condition_holds_just_where_the_question_is_answered_yes(caller: Caller, action: Action) -> None:
    condition = permitted_to(caller, action)
    for acl in ACLS:
        assert condition.matches({"ACL": acl.to_document()}) is may(caller, action, acl), acl


def test_the_owner_of_a_bucket_has_the_admin_right_only() -> None:
    owned = Acl(owner="ann")
    assert may_with_bucket(ANN, Action.ADMIN, owned)
    assert not may_with_bucket(ANN, Action.READ, owned)
    assert may_with_bucket(ANN, Action.READ, Acl(r=("g:staff",)))
    assert may_with_bucket(MASTER, Action.READ, owned)


def test_a_content_acl_has_no_owner() -> None:
    assert not may_in_bucket(ANN, Action.READ, Acl(owner="ann"))
    assert may_in_bucket(ANN, Action.READ, Acl(r=("ann",)))
    assert may_in_bucket(MASTER, Action.READ, Acl())


def test_what_is_not_allowed_is_refused_by_name() -> None:
    require(True, "look")
    with pytest.raises(AccessDenied, match="no permission to look"):
        require(False, "look")
