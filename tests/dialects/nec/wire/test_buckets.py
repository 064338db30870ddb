from __future__ import annotations

from chalicelib.core.buckets.model import ShardKey
from chalicelib.dialects.nec.wire.buckets import shard_key_json


def test_a_shard_key_is_written_as_the_reference_does() -> None:
    assert shard_key_json(ShardKey((("key1", 1),))) == {"key": [{"name": "key1", "type": 1}], "unique": False}


def test_a_shard_key_that_is_not_set_is_an_empty_object() -> None:
    assert shard_key_json(None) == {}
