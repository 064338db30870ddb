"""Finds the route template for a path, as API Gateway would."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    parameter: str | None = None
    behind_parameter: _Node | None = None
    template: str | None = None


class RouteTrie:
    """All templates as one tree, with a level per path segment.

    Raises: ValueError when two templates name the parameter of one level differently: API Gateway refuses those.
    """

    def __init__(self, templates: Iterable[str]) -> None:
        self._root = _Node()
        for template in templates:
            self._add(template)

    def match(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The template, and the parameters as they are in the path, still encoded; None when nothing matches.

        A fixed segment takes precedence over a parameter; when it leads nowhere, the parameter is tried. One slash at
        the end is ignored. A `%2F` does not end a segment.
        """
        segments = _segments(path)
        names: list[tuple[str, str]] = []
        node = _find(self._root, segments, 0, names)
        return None if node is None or node.template is None else (node.template, dict(names))

    def _add(self, template: str) -> None:
        node = self._root
        for segment in _segments(template):
            if segment.startswith("{"):
                name = segment[1:-1]
                if node.behind_parameter is None:
                    node.parameter, node.behind_parameter = name, _Node()
                elif node.parameter != name:
                    raise ValueError(f"{template} says {{{name}}} where another route says {{{node.parameter}}}")
                node = node.behind_parameter
            else:
                node = node.fixed.setdefault(segment, _Node())
        node.template = template


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").removesuffix("/").split("/") if path not in ("", "/") else []


def _find(node: _Node, segments: list[str], position: int, names: list[tuple[str, str]]) -> _Node | None:
    if position == len(segments):
        return node if node.template is not None else None
    segment = segments[position]
    fixed = node.fixed.get(segment)
    if fixed is not None:
        found = _find(fixed, segments, position + 1, names)
        if found is not None:
            return found
    if node.behind_parameter is None or node.parameter is None:
        return None
    names.append((node.parameter, segment))
    found = _find(node.behind_parameter, segments, position + 1, names)
    if found is None:
        names.pop()
    return found
