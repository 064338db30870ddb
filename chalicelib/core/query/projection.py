"""Projections: which parts of a found document are handed over."""

from __future__ import annotations

from typing import Any

from chalicelib.core.query.values import Document


class Projection:
    """A checked projection: inclusion or exclusion of paths, `$elemMatch` and `$slice`, as MongoDB's find takes them.

    `source` is the checked projection in MongoDB's own form.
    """

    source: Document

    def apply(self, document: Document) -> Document:
        """What MongoDB's find would hand over of the document; the document itself is not changed."""
        raise NotImplementedError


def parse_projection(source: Any) -> Projection:
    """Raises: InvalidQuery when it is no object or an operator is unknown; OperatorMisused for 1 and 0 mixed
    (`_id: 0` beside 1s is allowed) and for operands that an operator cannot take."""
    raise NotImplementedError
