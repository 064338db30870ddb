"""This API's query parameters to checked core values: where, order, projection, pages, flags, pipelines.

Parameters come as URL text, or in a body as JSON values or as JSON inside text; all forms mean the same.
Spec: nec-rest, 8.3, 8.4 and 8.9; nec-clients, 5.20 to 5.27.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.errors import InvalidInput, InvalidQuery
from chalicelib.core.objects.model import ObjectQuery
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.order import Order, parse_order
from chalicelib.core.query.pipeline import Pipeline, parse_pipeline
from chalicelib.core.query.projection import Projection, parse_projection
from chalicelib.dialects.nec.wire.body import json_in_text, optional_bool, optional_object
from chalicelib.dialects.nec.wire.objects import STAMPS
from chalicelib.dialects.nec.wire.values import date_from_text, from_json
from chalicelib.web.call import QueryParameters

DEFAULT_LIMIT = 100
"""Objects, or users, in an answer to a query without a limit. Spec: nec-rest, 8.3.3 and 5.7."""

UNLIMITED = -1
"""The `limit` that asks for everything. Spec: nec-rest, 8.3.3."""

MAX_NUMBER = 2**31 - 1
"""The largest skip, limit or timeout, included. Our choice; MongoDB's drivers stop there too."""

MAX_TIMEOUT_MS = 28_000
"""The longest timeout, included; a longer one is cut to it. Source: API Gateway gives up at 29 s."""

QUERY_PARAMETERS = (
    "where",
    "order",
    "skip",
    "limit",
    "count",
    "deleteMark",
    "projection",
    "readPreference",
    "timeout",
)

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")
_FLAGS = {"0": False, "1": True, "false": False, "true": True}
_LISTS_OF_CONDITIONS = frozenset({"$and", "$or", "$nor"})
_NO_DATES_INSIDE = frozenset({"$regex", "$options", "$type"})


@dataclass(frozen=True, slots=True)
class Aggregation:
    """A checked aggregate request."""

    pipeline: Pipeline
    timeout_ms: int | None
    include_deleted: bool


# --- objects ---


def url_parameters(query: QueryParameters) -> dict[str, Any]:
    """The query parameters of a URL in the form of a long query's body."""
    return {name: query.get(name) for name in QUERY_PARAMETERS if name in query}


def object_query(source: Mapping[str, Any], largest_limit: int = 0) -> ObjectQuery:
    """The question that the parameters ask; unknown ones are ignored.

    `largest_limit` is the tenant's, 0 for none. It bounds the default; the core refuses a larger limit that is asked
    for. Raises: InvalidInput, InvalidQuery, OperatorMisused. Spec: nec-rest, 8.3 and 8.4.
    """
    timeout_ms = whole_number(source, "timeout", 0, smallest=0)
    return ObjectQuery(
        filter=condition(source),
        order=_order(source),
        skip=whole_number(source, "skip", 0, smallest=0),
        limit=limit_of(source, min(DEFAULT_LIMIT, largest_limit or DEFAULT_LIMIT)),
        projection=_projection(source),
        include_deleted=flag(source, "deleteMark"),
        with_count=flag(source, "count"),
        stale_reads=_reads_stale(source),
        timeout_ms=min(timeout_ms, MAX_TIMEOUT_MS) or None,
    )


def condition(source: Mapping[str, Any]) -> Filter:
    """The filter in `where`; without one, every object. Raises: InvalidQuery, OperatorMisused."""
    where = _json_object(source, "where")
    if not where:
        return EVERYTHING
    typed = from_json(where)
    if not isinstance(typed, dict):
        raise InvalidQuery("where must be an object of conditions")
    return parse_filter(_with_dates(typed))


def _order(source: Mapping[str, Any]) -> Order:
    """`age, -name`: paths with a minus for descending. Spec: nec-rest, 8.3.2."""
    text = source.get("order")
    if text is None or text == "":
        return Order()
    if not isinstance(text, str):
        raise InvalidInput("order must be a string")
    keys = [key.strip() for key in text.split(",")]
    return parse_order([(key[1:].lstrip(), -1) if key.startswith("-") else (key, 1) for key in keys])


def _projection(source: Mapping[str, Any]) -> Projection | None:
    projection = _json_object(source, "projection")
    return parse_projection(from_json(projection)) if projection else None


def _reads_stale(source: Mapping[str, Any]) -> bool:
    """Spec: nec-rest, 8.3.6."""
    preference = source.get("readPreference")
    if preference is None:
        return False
    name = preference.lower() if isinstance(preference, str) else None
    if name not in ("primary", "secondarypreferred"):
        raise InvalidInput("readPreference must be primary or secondaryPreferred")
    return name == "secondarypreferred"


# --- aggregation ---


def aggregation(body: dict[str, Any]) -> Aggregation:
    """The pipeline and options in a body. Options of a wrong type are refused.

    Raises: InvalidInput, InvalidQuery, OperatorMisused. Spec: nec-rest, 8.9; nec-clients, 5.43.
    """
    options = optional_object(body, "options") or {}
    unknown = sorted(options.keys() - {"allowDiskUse", "maxTimeMS", "batchSize"})
    if unknown:
        raise InvalidInput(f"unknown option: {unknown[0]}")
    optional_bool(options, "allowDiskUse")
    _option(options, "batchSize")
    stages = from_json(body.get("pipeline"))
    _read_dates_in_stages(stages)
    return Aggregation(
        pipeline=parse_pipeline(stages),
        timeout_ms=min(_option(options, "maxTimeMS"), MAX_TIMEOUT_MS) or None,
        include_deleted=flag(body, "deleteMark"),
    )


def _option(options: dict[str, Any], name: str) -> int:
    if isinstance(options.get(name), str):
        raise InvalidInput(f"{name} must be a whole number")
    return whole_number(options, name, 0, smallest=0)


def _read_dates_in_stages(stages: Any) -> None:
    for stage in stages if isinstance(stages, list) else ():
        if not isinstance(stage, dict):
            continue
        if isinstance(stage.get("$match"), dict):
            _with_dates(stage["$match"])
        if isinstance(stage.get("$lookup"), dict):
            _read_dates_in_stages(stage["$lookup"].get("pipeline"))


# --- single parameters ---


def flag(source: Mapping[str, Any], name: str) -> bool:
    """0, 1, true or false, as a number, a boolean or text; absent and null are false. Raises: InvalidInput."""
    value = source.get(name)
    if value is None:
        return False
    meaning = _FLAGS.get(str(value).lower()) if isinstance(value, str | bool | int) else None
    if meaning is None:
        raise InvalidInput(f"{name} must be true or false, or 1 or 0")
    return meaning


def limit_of(source: Mapping[str, Any], default: int) -> int | None:
    """`limit`, or the default when it is absent or null; None for UNLIMITED. Raises: InvalidInput."""
    limit = whole_number(source, "limit", default, smallest=UNLIMITED)
    return None if limit == UNLIMITED else limit


def whole_number(source: Mapping[str, Any], name: str, default: int, *, smallest: int) -> int:
    """A number from `smallest` to MAX_NUMBER, as a number or text; absent and null are the default.

    Raises: InvalidInput.
    """
    value = source.get(name)
    if value is None:
        return default
    if isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= MAX_NUMBER:
        raise InvalidInput(f"{name} must be a whole number from {smallest} to {MAX_NUMBER}")
    return value


def _json_object(source: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """An object, or the JSON text of one: clients send both. Spec: nec-clients, 5.20."""
    value = source.get(name)
    if isinstance(value, str):
        value = json_in_text(value, name)
    if value is not None and not isinstance(value, dict):
        raise InvalidQuery(f"{name} must be a JSON object")
    return value


# --- dates in conditions ---


def _with_dates(source: dict[str, Any]) -> dict[str, Any]:
    """The condition, changed in place: texts that are compared with createdAt or updatedAt become dates.

    Answers show these stamps as text, and clients that synchronise send them back. Spec: nec-clients, 5.27.
    """
    for key, value in source.items():
        if key in STAMPS:
            source[key] = _dates(value)
        elif key in _LISTS_OF_CONDITIONS and isinstance(value, list):
            for part in value:
                if isinstance(part, dict):
                    _with_dates(part)
    return source


def _dates(value: Any) -> Any:
    if isinstance(value, str):
        return _moment(value) or value
    if isinstance(value, list):
        return [_dates(item) for item in value]
    if isinstance(value, dict):
        return {key: item if key in _NO_DATES_INSIDE else _dates(item) for key, item in value.items()}
    return value


def _moment(text: str) -> datetime | None:
    """The moment that a text names, also a day or a time without a zone: the zone of stamps is UTC (nec-rest, 4.3)."""
    return date_from_text(text) or date_from_text(f"{text}Z") or date_from_text(f"{text}T00:00Z")
