from __future__ import annotations

import hashlib
from typing import Any

import pytest

from chalicelib.core.accounts.passwords import OWASP_COST, Passwords, ScryptCost
from tests.core.site import CHEAP


def test_only_the_right_password_verifies() -> None:
    passwords = Passwords(CHEAP)
    stored = passwords.hash("correct horse")
    assert passwords.verify("correct horse", stored)
    assert not passwords.verify("correct horsf", stored)
    assert not passwords.verify("", stored)
    assert not passwords.verify("\ud800", stored)


def test_two_hashes_of_one_password_differ_and_do_not_show_it() -> None:
    passwords = Passwords(CHEAP)
    first, second = passwords.hash("correct horse"), passwords.hash("correct horse")
    assert first != second
    assert "correct" not in first


def test_nobodys_hash_never_verifies_and_costs_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[tuple[Any, ...]] = []
    derive = hashlib.scrypt

    def counted(password: bytes, **options: Any) -> bytes:
        costs.append((options["n"], options["r"], options["p"], options["dklen"]))
        return derive(password, **options)

    passwords = Passwords(CHEAP)
    stored = passwords.hash("correct horse")
    monkeypatch.setattr(hashlib, "scrypt", counted)
    assert not passwords.verify("correct horse", None)
    assert not passwords.verify("wrong horse", stored)
    assert costs == [(CHEAP.n, CHEAP.r, CHEAP.p, 32)] * 2


def test_a_hash_made_at_another_cost_still_verifies_and_asks_for_an_upgrade() -> None:
    old = Passwords(CHEAP).hash("correct horse")
    passwords = Passwords(ScryptCost(n=4, r=1, p=1))
    assert passwords.verify("correct horse", old)
    assert passwords.needs_upgrade(old)
    assert not passwords.needs_upgrade(passwords.hash("correct horse"))


def test_the_default_cost_is_the_recommended_one_and_fits_the_memory_limit() -> None:
    assert ScryptCost(n=2**14, r=8, p=5) == OWASP_COST
    passwords = Passwords()
    assert passwords.verify("correct horse", passwords.hash("correct horse"))
