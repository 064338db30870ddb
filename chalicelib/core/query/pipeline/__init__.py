"""Aggregation pipelines: the eleven stages of the NEC reference. Parsed and checked once; a value.

One file per stage family; pipeline.py puts them together. Spec: nec-rest, 8.9; mongodb, "Aggregation Pipeline Stages".
"""

from __future__ import annotations

from chalicelib.core.query.pipeline.pipeline import Pipeline, parse_pipeline
from chalicelib.core.query.pipeline.stage import ForeignCollection

__all__ = ["ForeignCollection", "Pipeline", "parse_pipeline"]
