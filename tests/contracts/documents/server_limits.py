"""What the independent server of scripts/contract_mongo.sh cannot do: by case, the error or wrong answer it gives.

test_cases.py asserts that each limit is still there, so an entry that is no longer true fails.
"""

from __future__ import annotations

import json
from pathlib import Path

SERVER_LIMITS: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text())
