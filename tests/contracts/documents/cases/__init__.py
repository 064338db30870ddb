"""Every case of the contract, by family."""

from __future__ import annotations

from tests.contracts.documents.case import Case
from tests.contracts.documents.cases import (
    array_expressions,
    array_updates,
    arrays,
    date_expressions,
    expressions,
    filters,
    lookups,
    null_and_missing,
    numbers_and_dates,
    ordering,
    places,
    projections,
    regex,
    stages,
    uniqueness,
    update_rules,
    updates,
)

ALL_CASES: list[Case] = [
    case
    for family in (
        filters,
        arrays,
        null_and_missing,
        numbers_and_dates,
        regex,
        ordering,
        projections,
        updates,
        array_updates,
        expressions,
        array_expressions,
        date_expressions,
        stages,
        lookups,
        places,
        uniqueness,
        update_rules,
    )
    for case in family.CASES
]
