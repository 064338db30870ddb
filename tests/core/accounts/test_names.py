from __future__ import annotations

import pytest

from chalicelib.core.accounts.names import (
    check_email,
    check_group_name,
    check_password,
    check_user_id,
    check_username,
    random_username,
)
from chalicelib.core.errors import InvalidEmail, InvalidId, InvalidName, InvalidPassword
from chalicelib.core.tenants.model import PasswordPolicy

EVERY_KIND = PasswordPolicy(min_uppercase=1, min_lowercase=1, min_digits=1, min_symbols=1)


@pytest.mark.parametrize("name", ["a", "aaa@bbb", "Yamada Tarou", "~" * 100, " "])
def test_a_username_is_printable_ascii(name: str) -> None:
    check_username(name)


@pytest.mark.parametrize("name", ["", "あdummy", "a" * 101, "a\n", "a\x7f", "\t", "\ud800"])
def test_other_usernames_are_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_username(name)


@pytest.mark.parametrize("address", ["foo@example.com", "a.b-c_d@x.co.jp", "foo+tag@example.com", "a" * 98 + "@b"])
def test_a_mail_address_looks_like_one(address: str) -> None:
    check_email(address)


@pytest.mark.parametrize(
    "address",
    ["", "foo", "@example.com", "foo@", "foo@a..b", "foo@.a", "あ@b.jp", "a b@c.d", "a@b\n", "a" * 99 + "@b", "a@b@c"],
)
def test_other_mail_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidEmail):
        check_email(address)


@pytest.mark.parametrize("password", ["12345678", " " * 8, "x" * 100])
def test_a_password_has_eight_to_a_hundred_printable_ascii_characters(password: str) -> None:
    check_password(password, PasswordPolicy())


@pytest.mark.parametrize("password", ["", "1234567", "x" * 101, "パスワード1234", "12345678\n", "1234567\x00"])
def test_other_passwords_are_refused(password: str) -> None:
    with pytest.raises(InvalidPassword):
        check_password(password, PasswordPolicy())


def test_the_policy_of_the_tenant_sets_the_length() -> None:
    check_password("pass", PasswordPolicy(min_length=4))
    with pytest.raises(InvalidPassword, match="4 to 6"):
        check_password("passwor", PasswordPolicy(min_length=4, max_length=6))


@pytest.mark.parametrize("password", ["aB3!efgh", "abC12 !!", "~}x0Y---"])
def test_the_policy_of_the_tenant_may_want_characters_of_every_kind(password: str) -> None:
    check_password(password, EVERY_KIND)


@pytest.mark.parametrize("password", ["ab3!efgh", "AB3!EFGH", "aBc!efgh", "aB3defgh", "aB3!"])
def test_a_password_that_lacks_a_kind_is_refused_with_the_rule(password: str) -> None:
    with pytest.raises(InvalidPassword, match=r"8 to 100 .* at least 1 of A-Z, 1 of a-z, 1 of 0-9, 1 of signs"):
        check_password(password, EVERY_KIND)


def test_a_kind_may_be_wanted_more_than_once() -> None:
    check_password("a1b2c3d4", PasswordPolicy(min_digits=4))
    with pytest.raises(InvalidPassword, match="4 of 0-9"):
        check_password("a1b2c3dd", PasswordPolicy(min_digits=4))


@pytest.mark.parametrize("name", ["a", "営業部", "group 1", " ", "x" * 100, "EXT-a", "_ext-a", "authenticated2"])
def test_a_group_name_is_any_text_without_a_slash(name: str) -> None:
    check_group_name(name)


@pytest.mark.parametrize(
    "name", ["", "a/b", "x" * 101, "authenticated", "anonymous", "_EXT-", "_EXT-a", "a\x00", "\ud800"]
)
def test_reserved_and_unstorable_group_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_group_name(name)


@pytest.mark.parametrize("user_id", ["5a" * 12, "epaKcaYZqsREdSMY", "dummy"])
def test_a_user_id_is_letters_and_digits(user_id: str) -> None:
    check_user_id(user_id)


@pytest.mark.parametrize("user_id", ["", "@tenant", "a.b", "x" * 41, "g:a", "\uff41"])
def test_other_user_ids_are_refused(user_id: str) -> None:
    with pytest.raises(InvalidId):
        check_user_id(user_id)


def test_a_made_up_username_is_eight_letters_and_digits_and_new_each_time() -> None:
    names = {random_username() for _ in range(50)}
    assert len(names) == 50
    assert all(len(name) == 8 and name.isalnum() and name.isascii() for name in names)
