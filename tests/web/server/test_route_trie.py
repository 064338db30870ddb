from __future__ import annotations

import pytest

from chalicelib.web.server.route_trie import RouteTrie

TRIE = RouteTrie(["/", "/1/{t}/b", "/1/{t}/b/{n}", "/1/{t}/b/special/{x}/end", "/1/{t}/b/{n}/{m}", "/1/_health"])


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/", "/", {}),
        ("/1/a/b", "/1/{t}/b", {"t": "a"}),
        ("/1/a/b/", "/1/{t}/b", {"t": "a"}),
        ("/1/a/b/c%2Fd", "/1/{t}/b/{n}", {"t": "a", "n": "c%2Fd"}),
        ("/1/_health", "/1/_health", {}),
        ("/1/_health/b", "/1/{t}/b", {"t": "_health"}),
        ("/1/a/b/special/y/end", "/1/{t}/b/special/{x}/end", {"t": "a", "x": "y"}),
        ("/1/a/b/special/y", "/1/{t}/b/{n}/{m}", {"t": "a", "n": "special", "m": "y"}),
        ("/1//b", "/1/{t}/b", {"t": ""}),
    ],
)
def test_a_path_finds_its_template(path: str, template: str, parameters: dict[str, str]) -> None:
    assert TRIE.match(path) == (template, parameters)


@pytest.mark.parametrize("path", ["/1", "/1/a", "/2/a/b", "/1/a/b/c/d/e", "/1/a/b/special/x/y", "/b", "/x//"])
def test_a_path_that_no_template_means_finds_nothing(path: str) -> None:
    assert TRIE.match(path) is None


def test_two_names_for_one_parameter_are_refused() -> None:
    with pytest.raises(ValueError, match=r"says \{n\} where another route says \{m\}"):
        RouteTrie(["/a/{m}/x", "/a/{n}/y"])
