from __future__ import annotations

import pytest

from chalicelib.core.errors import InvalidInput, InvalidName
from chalicelib.core.files.names import MAX_NAME_BYTES, MAX_TYPE_LENGTH, check_content_type, check_file_name


@pytest.mark.parametrize(
    "name", ["a", "日本語 ファイル", "x" * MAX_NAME_BYTES, "é" * 450, "'", "~~~", "a;b", "...", " "]
)
def test_names_that_are_names(name: str) -> None:
    check_file_name(name)


@pytest.mark.parametrize("character", [*map(chr, range(0x20)), *'"*/:<>?\\|', "\x7f", "\ud800"])
def test_a_name_with_a_forbidden_character_is_refused(character: str) -> None:
    with pytest.raises(InvalidName):
        check_file_name(f"a{character}b")


@pytest.mark.parametrize("name", ["", ".", "..", "x" * (MAX_NAME_BYTES + 1), "é" * 450 + "x"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(InvalidName):
        check_file_name(name)


@pytest.mark.parametrize("kind", ["plain/text", "text/plain; charset=utf-8", "x", "x" * MAX_TYPE_LENGTH])
def test_types_that_fit_in_a_header(kind: str) -> None:
    check_content_type(kind)


@pytest.mark.parametrize("kind", ["", "a\r\nb", "a\0", "型", "\x80", "x" * (MAX_TYPE_LENGTH + 1)])
def test_types_that_do_not(kind: str) -> None:
    with pytest.raises(InvalidInput):
        check_content_type(kind)
