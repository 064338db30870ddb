"""Writes server_limits.json anew: python -m tests.contracts.documents.record_limits <uri of the server>.

For a new version of the server of scripts/contract_mongo.sh. Read the difference before it is committed: each entry
must be a fault of the server, told by its own words, and never one of the engine.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from tests.contracts.documents.case import run
from tests.contracts.documents.cases import ALL_CASES


def record(uri: str) -> dict[str, str]:
    """What the server does instead, by case."""
    documents = MongoDocuments(uri)
    limits = {}
    for number, case in enumerate(ALL_CASES):
        tenant = f"record{number}"
        documents.drop_tenant(tenant)
        outcome = run(case, documents, tenant)
        documents.drop_tenant(tenant)
        if not outcome.right:
            limits[case.id] = outcome.text
    documents.close()
    return limits


if __name__ == "__main__":
    found = record(sys.argv[1])
    Path(__file__).with_name("server_limits.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    print(f"{len(found)} of {len(ALL_CASES)} cases")
