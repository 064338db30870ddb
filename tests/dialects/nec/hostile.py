"""Requests as an attacker or a broken client makes them: mostly right, so that they get far, and odd somewhere.

Seeded, so that a failure can be repeated. The words they are made of are in hostile.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

WORDS: dict[str, list[Any]] = json.loads((Path(__file__).parent / "hostile.json").read_text())

PATHS = ["$a", "$n", "$list", "$text", "$createdAt", "$deep.x", "$$ROOT", "$$bad"]

RAW = [
    b"",
    b"{",
    b"[",
    b"nul",
    b"{]}",
    b'{"a":NaN}',
    b'{"a":1e999}',
    b'{"a":18446744073709551616}',
    b"\xff\xfe",
    b'{"a":"\xc3"}',
    b'{"\\ud800":1}',
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b"[" * 50_000,
    b'{"a":' + b"1" * 6000 + b"}",
    b"\x00",
    b'"' + b"x" * 100_000 + b'"',
    b'{"a":1}{"b":2}',
]


class Hostile:
    """Makes values out of a seed. `oddness` is how often a word is an odd one."""

    def __init__(self, seed: str, oddness: float = 0.07) -> None:
        self.random = Random(seed)
        self.oddness = oddness

    def one(self, choices: list[Any]) -> Any:
        return self.random.choice(choices)

    def often(self, chance: float) -> bool:
        return self.random.random() < chance

    def word(self, kind: str) -> Any:
        """A word of a kind, now and then an odd one."""
        odd = WORDS.get(f"odd_{kind}")
        return self.one(odd if odd is not None and self.often(self.oddness) else WORDS[kind])

    def some(self, most: int, make: Callable[[], Any]) -> list[Any]:
        return [make() for _ in range(self.random.randrange(most + 1))]

    # --- values ---

    def scalar(self) -> Any:
        kind = self.one(["numbers", "numbers", "texts", "texts", "typed", "patterns", "constant"])
        return self.one([None, True, False]) if kind == "constant" else self.word(kind)

    def value(self, depth: int = 2) -> Any:
        if depth == 0 or self.often(0.6):
            return self.scalar()
        if self.often(0.5):
            return self.some(3, lambda: self.value(depth - 1))
        return {self.word("fields").partition(".")[0]: self.value(depth - 1) for _ in range(2)}

    def document(self) -> dict[str, Any]:
        """Fields with values; now and then an ACL."""
        fields = {self.one(["a", "b", "n", "list"]): self.value() for _ in range(3)}
        if self.often(0.1):
            fields[str(self.word("odd_fields" if self.often(0.5) else "query_operators"))] = self.value()
        if self.often(0.2):
            fields["ACL"] = {"r": self.one([["g:anonymous"], [], "x", [1], None]), "owner": self.one(["x", 1, None])}
        return fields

    # --- conditions, updates, pipelines ---

    def condition(self, depth: int = 2) -> dict[str, Any]:
        condition: dict[str, Any] = {}
        for _ in range(self.random.randrange(1, 3)):
            if depth and self.often(0.3):
                condition[self.one(["$or", "$and", "$nor"])] = [self.condition(depth - 1) for _ in range(2)]
            elif self.often(0.1):
                condition["$expr"] = self.expression()
            elif self.often(0.8):
                condition[self.word("fields")] = self.operand(depth)
            else:
                condition[self.word("fields")] = self.value()
        return condition

    def operand(self, depth: int) -> dict[str, Any]:
        operator = self.word("query_operators")
        fitting: dict[str, Callable[[], Any]] = {
            "$in": lambda: self.some(3, self.scalar),
            "$nin": lambda: self.some(3, self.scalar),
            "$all": lambda: self.some(3, self.scalar),
            "$not": lambda: self.operand(depth - 1) if depth > 0 else {"$gt": 1},
            "$type": lambda: self.one(["string", "number", 2, [1, "date"], "bad", 99]),
            "$mod": lambda: self.one([[2, 0], [0, 1], [1], ["x", 1], [2.5, 1]]),
            "$size": lambda: self.one([0, 2, -1, 1.5, "x"]),
            "$elemMatch": lambda: self.condition(0) if self.often(0.5) else {"$gt": self.scalar()},
            "$regex": lambda: self.word("patterns"),
        }
        operand = fitting[operator]() if operator in fitting and not self.often(self.oddness) else self.value()
        return {operator: operand} | ({"$options": self.one(["i", "ms", "z", 1])} if operator == "$regex" else {})

    def update(self) -> dict[str, Any]:
        if self.often(0.1):
            return {"$full_update": self.document() | {"ACL": {}}}
        update: dict[str, Any] = {}
        for _ in range(self.random.randrange(1, 3)):
            operator = self.word("update_operators")
            update[operator] = {self.word("fields"): self.change(operator)}
        return update | ({"a": self.value()} if self.often(0.3) else {})

    def change(self, operator: str) -> Any:
        each = {"$each": self.some(3, self.value), "$slice": self.one([1, -1, 0, "x"]), "$sort": self.one([1, -1, 2])}
        fitting: dict[str, Any] = {
            "$inc": self.word("numbers"),
            "$mul": self.word("numbers"),
            "$rename": self.word("fields"),
            "$push": each,
            "$addToSet": {"$each": self.some(3, self.value)},
            "$pull": self.operand(1) if self.often(0.5) else self.value(),
            "$pullAll": self.some(3, self.scalar),
            "$pop": self.one([1, -1, 2]),
            "$bit": {self.one(["and", "or", "xor", "bad"]): self.word("numbers")},
            "$currentDate": self.one([True, {"$type": "date"}, {"$type": "timestamp"}, {"$type": "x"}]),
        }
        return fitting[operator] if operator in fitting and not self.often(self.oddness) else self.value()

    def expression(self, depth: int = 2) -> Any:
        if depth == 0 or self.often(0.3):
            return self.one(
                ["$a", "$n", "$list", "$text", "$createdAt", "$deep.x", "$$ROOT", "$$bad", 1, 2.5, "x", None, []]
            )
        operand = self.expression(depth - 1) if self.often(0.4) else self.some(3, lambda: self.expression(depth - 1))
        named: dict[str, Any] = {
            "$cond": {"if": self.expression(0), "then": 1, "else": self.expression(0)},
            "$map": {"input": "$list", "as": "i", "in": self.one(["$$i", {"$add": ["$$i", 1]}, "$$j"])},
            "$filter": {"input": self.one(["$list", "$a"]), "cond": {"$gt": ["$$this", 1]}},
            "$reduce": {"input": "$list", "initialValue": 0, "in": {"$add": ["$$value", self.one(["$$this", 1])]}},
            "$switch": {"branches": [{"case": self.expression(0), "then": 1}], "default": self.scalar()},
            "$let": {"vars": {"v": self.expression(0)}, "in": "$$v"},
            "$dateToString": {"date": self.one(["$createdAt", "$a"]), "format": self.one(["%Y", "%", "%q", 1])},
            "$convert": {"input": self.expression(0), "to": self.one(["int", "date", "bad", 1])},
            "$regexMatch": {"input": "$text", "regex": self.word("patterns")},
            "$regexFindAll": {"input": "$text", "regex": self.word("patterns")},
            "$range": [0, self.one([5, 10**9, -1, "x"]), self.one([1, 0, 2])],
            "$zip": {"inputs": ["$list", self.expression(0)]},
            "$literal": self.value(),
        }
        name = self.word("expressions")
        return {name: named[name] if name in named and self.often(0.8) else operand}

    def stage(self, depth: int = 1) -> dict[str, Any]:
        stage = self.word("stages")
        number = self.one([1, 2, 10, 0, -1, 1.5, "1", 2**63 - 1])
        lookup = {"from": self.one(["box", "box", "nobox", 1]), "as": "found"}
        makers: dict[str, Callable[[], Any]] = {
            "$match": self.condition,
            "$lookup": lambda: (
                lookup
                | (
                    {"pipeline": [self.stage(depth - 1)], "let": {"v": "$n"}}
                    if depth and self.often(0.5)
                    else {"localField": self.word("fields"), "foreignField": self.word("fields")}
                )
            ),
            "$limit": lambda: number,
            "$skip": lambda: number,
            "$sort": lambda: {self.word("fields"): self.one([1, -1, 1, -1, 0, "x"])},
            "$group": lambda: {"_id": self.expression(), "x": {self.word("accumulators"): self.expression()}},
            "$bucket": lambda: {
                "groupBy": self.expression(1),
                "boundaries": self.one([[0, 2, 5], ["a", "z"], [5, 1], [1], []]),
                "default": self.one(["other", 1, None]),
            },
            "$bucketAuto": lambda: {"groupBy": self.expression(1), "buckets": self.one([1, 2, 0, "x", 2**31])},
            "$count": lambda: self.one(["all", "", "$x", "a.b", 1]),
            "$project": lambda: {self.word("fields"): self.one([0, 1, True, self.expression()]), "y": self.one([0, 1])},
            "$addFields": lambda: {self.word("fields"): self.expression()},
        }
        return {stage: makers[stage]() if stage in makers and not self.often(self.oddness) else self.value()}

    # --- whole requests ---

    def body(self, make: Callable[[], Any]) -> bytes:
        """Bytes that are no JSON, JSON of no meaning, or what `make` makes."""
        if self.often(self.oddness):
            raw: bytes = self.one(RAW)
            return raw
        return json.dumps(self.value(3) if self.often(self.oddness) else make()).encode()

    def parameters(self) -> dict[str, Any]:
        """What a query may be asked with."""
        asked: dict[str, Any] = {"where": self.condition(), "order": self.one(["a", "-n, a", "$a", "a.b", "-_id", ""])}
        if self.often(0.2):
            asked["projection"] = self.one(
                [{"a": 1}, {"a": 0}, {"a": 1, "n": 0}, {"list": {"$slice": 1}}, self.condition()]
            )
        for name in ("skip", "limit", "count", "deleteMark", "timeout", "readPreference"):
            if self.often(0.15):
                asked[name] = self.one([0, 1, 1, -1, "x", None, 2**40])
        return asked

    def url_query(self) -> dict[str, str]:
        asked = {name: value for name, value in self.parameters().items() if self.often(0.6)}
        for name in ("etag", "requestToken", "username", "email", "redirect", "op"):
            if self.often(0.1):
                asked[name] = self.word("texts")
        return {
            name: json.dumps(value) if isinstance(value, dict | list) else str(value) for name, value in asked.items()
        }

    def batch(self) -> dict[str, Any]:
        return {"requests": self.some(4, self.operation)}

    def operation(self) -> Any:
        if self.often(self.oddness):
            return self.value()
        operation = self.one(["insert", "update", "delete", "bad"])
        data = self.document() if operation == "insert" else self.update()
        return {"op": operation, "_id": self.word("names"), "data": data} | ({"etag": "x"} if self.often(0.1) else {})

    def aggregation(self) -> dict[str, Any]:
        body: dict[str, Any] = {"pipeline": self.some(3, self.stage)}
        if self.often(0.2):
            body["options"] = {
                self.one(["allowDiskUse", "maxTimeMS", "batchSize", "x"]): self.one([1, True, "x", None])
            }
        return body

    def account(self) -> dict[str, Any]:
        """Fields of users, groups and buckets, some of them right."""
        right: dict[str, Any] = {
            "username": f"user{self.random.randrange(10**6)}",
            "email": f"user{self.random.randrange(10**6)}@example.com",
            "password": "correct horse",
            "options": {"a": self.value()},
            "users": [],
            "groups": [],
            "ACL": {"r": ["g:anonymous"]},
            "contentACL": {"r": ["g:anonymous"]},
            "description": self.word("texts"),
        }
        for name in list(right):
            if self.often(0.1):
                right[name] = self.value()
            elif self.often(0.2):
                del right[name]
        return right
