from __future__ import annotations

from tests.dialects.nec.files import Files
from tests.dialects.nec.world import Nec


def test_a_store_that_takes_no_parts_says_so(nec: Nec) -> None:
    nec.bucket("box", kind="file")
    answer = nec.post(Files(nec).path("big"), {"size": 1, "contentType": "a/b"}, upload="presigned")
    assert answer.status == 400
    assert "one request" in answer.json["error"]
