"""`evaluation.csv`: how everyone did on gold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from ..ensemble.evaluation.measures import EvaluationRow
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from .files import write_frame

EVALUATION = "evaluation.csv"


def write_evaluation(path: Path, rows: Iterable[EvaluationRow]) -> None:
    """Write `evaluation.csv`."""
    records = []
    for row in rows:
        record = {
            "who": spreadsheet_safe(row.who),
            "level": row.level,
            "category": spreadsheet_safe(row.category),
            "attribute": spreadsheet_safe(row.attribute),
        }
        records.append(record | asdict(row.measures))
    write_frame(path, pd.DataFrame(records))
