"""`changes.csv`: the cells whose value differs from that of an earlier run, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import ABSENT_LABEL
from ...extraction.inputs.spreadsheet import spreadsheet_safe
from ...extraction.storage.scratch import make_scratch
from ..cell_tables import rows_of_products, with_plain_texts
from ..files import open_rows
from ..votes import canonical_column

HEADER = ("product_id", "attribute", "old", "new", "why")
_KEY = ["product_id", "attribute"]
_CELL_VALUES = pa.schema(
    [("product_id", pa.string()), ("attribute", pa.string()), ("value", pa.string())]
)
_PART_ROWS = 1_000_000
"""Cells compared at once: both runs are split into parts by a hash of the product, so that memory
stays flat."""


@dataclass(frozen=True)
class Changes:
    """What changed.

    Attributes:
        cells: Cells that both runs have.
        reasons: Why -> cells whose value differs.
    """

    cells: int
    reasons: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """As `run.json` carries it."""
        return {"cells": self.cells, "changed": self.reasons}


def write_changes(
    previous: Path, current: Path, path: Path, scratch: Path, models: Sequence[str]
) -> Changes:
    """Compare two output folders and write one row for each cell whose value differs.

    Why is `new answer` where a model that both runs know votes otherwise, else `new model` where
    one that only this run knows has a vote, else `new weights`.

    Args:
        previous: Holds values.parquet and votes.parquet of the earlier run.
        current: The same of this run.
        path: The file to write.
        scratch: A folder for what does not fit into memory.
        models: Models of this run.

    Raises:
        InputError: The earlier run's files are missing or cannot be read.
    """
    n_cells = 0
    reasons: Counter[str] = Counter()
    n_parts = 1 + count_rows(previous / "values.parquet") // _PART_ROWS
    old_parts = _split(previous / "values.parquet", scratch, n_parts)
    new_parts = _split(current / "values.parquet", scratch, n_parts)
    with open_rows(path, HEADER) as writer:
        for old, new in zip(old_parts, new_parts, strict=True):
            both = old.join(new, keys=_KEY, join_type="inner", right_suffix="_now")
            n_cells += both.num_rows
            differs = pc.not_equal(both.column("value"), both.column("value_now"))
            cells = both.filter(differs).to_pandas()
            if cells.empty:
                continue
            cells = cells.sort_values(_KEY, ignore_index=True)
            keys = cells[_KEY]
            cells["why"] = _reasons(keys, previous, current, models)
            reasons.update(cells["why"])
            for product_id, *texts in cells.itertuples(index=False):
                safe_texts = map(spreadsheet_safe, texts)
                writer.writerow([product_id, *safe_texts])
    return Changes(n_cells, dict(sorted(reasons.items())))


def _split(path: Path, scratch: Path, n_parts: int) -> Iterator[pa.Table]:
    """The cells of `values.parquet`, values as a person reads them, in parts by product."""
    folder = make_scratch(scratch, "changes")
    parts = [folder / f"{number:05d}.arrows" for number in range(n_parts)]
    with ExitStack() as stack:
        writers = []
        for part in parts:
            writer = pa.ipc.new_stream(part, _CELL_VALUES)
            writers.append(stack.enter_context(writer))
        for table in _read(path, [*_KEY, "value", "status"]):
            cells = _cell_values(table)
            ids = cells.column("product_id").to_numpy()
            part_of_row = pd.util.hash_array(ids) % n_parts
            for number, writer in enumerate(writers):
                is_in_part = pa.array(part_of_row == number)
                writer.write_table(cells.filter(is_in_part))
    for part in parts:
        with pa.ipc.open_stream(part) as reader:
            yield reader.read_all()


def _cell_values(table: pa.Table) -> pa.Table:
    """Each cell's value, `n/a` where absent, empty where there is none."""
    table = with_plain_texts(table, "attribute")
    table = with_plain_texts(table, "status")
    is_absent = pc.equal(table.column("status"), "absent")
    values = table.column("value").fill_null("")
    columns = {
        "product_id": table.column("product_id"),
        "attribute": table.column("attribute"),
        "value": pc.if_else(is_absent, ABSENT_LABEL, values),
    }
    return pa.table(columns, schema=_CELL_VALUES)


def _reasons(
    cells: pd.DataFrame, previous: Path, current: Path, models: Sequence[str]
) -> np.typing.NDArray[np.object_]:
    """Why the value of each cell differs."""
    before = _votes(previous, cells, models)
    after = _votes(current, cells, models)
    in_both = after.columns.intersection(before.columns, sort=False)
    only_now = after.columns.difference(before.columns, sort=False)
    old_answers = before[in_both].fillna("")
    new_answers = after[in_both].fillna("")
    has_new_answer = (old_answers != new_answers).any(axis=1)
    has_new_model = after[only_now].notna().any(axis=1)
    without_new_answer = np.where(has_new_model, "new model", "new weights")
    return np.where(has_new_answer, "new answer", without_new_answer)


def _votes(folder: Path, cells: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """The canonical votes on some cells, a column for each model that the run knows."""
    path = folder / "votes.parquet"
    file_columns = pq.read_schema(path).names
    columns = []
    for model in models:
        column = canonical_column(model)
        if column in file_columns:
            columns.append(column)
    ids = cells["product_id"].unique()
    tables = []
    for table in _read(path, [*_KEY, *columns]):
        votes_on_cells = rows_of_products(table, ids)
        tables.append(votes_on_cells.to_pandas())
    votes = pd.concat(tables, ignore_index=True)
    votes["attribute"] = votes["attribute"].astype(str)
    cells = cells.merge(votes, on=_KEY, how="left")
    return cells[columns]


def count_rows(path: Path) -> int:
    """Rows of a Parquet file of the earlier run.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _read(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(columns)):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    hint = "Give --compare the output folder of an earlier run."
    return InputError(f"{path}: cannot be read: {error}", hint=hint)
