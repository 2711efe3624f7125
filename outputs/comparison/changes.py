"""`changes.csv`: the cells whose value differs from that of an earlier run, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import ABSENT_LABEL
from ...extraction.inputs.spreadsheet import spreadsheet_safe
from ..files import open_rows
from ..values import canonical_column

_KEY = ["product_id", "attribute"]
_SHOWN = pa.schema(
    [("product_id", pa.string()), ("attribute", pa.string()), ("shown", pa.string())]
)
_PART_ROWS = 1_000_000
"""Cells compared at once: both runs are split into parts by a hash of the product, so that memory stays flat."""


@dataclass(frozen=True)
class Changes:
    """What changed.

    Attributes:
        cells: Cells that both runs have.
        changed: Why -> cells whose value differs.
    """

    cells: int
    changed: dict[str, int]


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
    cells, reasons = 0, pd.Series(dtype=object)
    n_parts = 1 + count_rows(previous / "values.parquet") // _PART_ROWS
    pairs = zip(
        *(_split(folder / "values.parquet", scratch, n_parts) for folder in (previous, current)),
        strict=True,
    )
    with open_rows(path, ["product_id", "attribute", "old", "new", "why"]) as writer:
        for old, new in pairs:
            both = old.join(new, keys=_KEY, join_type="inner", right_suffix="_now")
            cells += both.num_rows
            changed = both.filter(
                pc.not_equal(both.column("shown"), both.column("shown_now"))
            ).to_pandas()
            if changed.empty:
                continue
            changed = changed.sort_values(_KEY, ignore_index=True)
            changed["why"] = _why(changed[_KEY], previous, current, models)
            reasons = pd.concat([reasons, changed["why"]])
            for row in changed.itertuples(index=False):
                writer.writerow([row.product_id, *map(spreadsheet_safe, row[1:])])
    return Changes(
        cells, {str(why): int(n) for why, n in reasons.value_counts().sort_index().items()}
    )


def _split(path: Path, scratch: Path, n_parts: int) -> Iterator[pa.Table]:
    """The cells of `values.parquet` and how their values are shown, in parts by product."""
    folder = Path(scratch) / f"changes-{len(list(scratch.iterdir()))}"
    folder.mkdir()
    paths = [folder / f"{part:05d}.arrows" for part in range(n_parts)]
    with ExitStack() as stack:
        writers = [stack.enter_context(pa.ipc.new_stream(each, _SHOWN)) for each in paths]
        for table in _read(path, [*_KEY, "value", "status"]):
            shown = pa.table(
                [table.column(0), table.column(1).cast(pa.string()), _shown(table)], schema=_SHOWN
            )
            ids = table.column("product_id").to_numpy(zero_copy_only=False)
            part = pd.util.hash_array(ids) % n_parts
            for number, writer in enumerate(writers):
                writer.write_table(shown.filter(pa.array(part == number)))
    for each in paths:
        with pa.ipc.open_stream(each) as reader:
            yield reader.read_all()


def _shown(table: pa.Table) -> pa.ChunkedArray:
    """The value, `n/a` where it is absent, empty where there is none."""
    absent = pc.equal(table.column("status").cast(pa.string()), "absent")
    return pc.if_else(absent, ABSENT_LABEL, table.column("value").fill_null(""))


def _why(
    changed: pd.DataFrame, previous: Path, current: Path, models: Sequence[str]
) -> np.typing.NDArray[np.object_]:
    before, after = (_votes(folder, changed, models) for folder in (previous, current))
    both = [name for name in after.columns if name in before.columns]
    new = [name for name in after.columns if name not in before.columns]
    answered = (before[both].fillna("") != after[both].fillna("")).any(axis=1)
    return np.where(
        answered, "new answer", np.where(after[new].notna().any(axis=1), "new model", "new weights")
    )


def _votes(folder: Path, changed: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """The canonical votes on the changed cells, a column for each model that the run knows."""
    path = folder / "votes.parquet"
    known = [name for name in models if canonical_column(name) in pq.read_schema(path).names]
    ids = pa.array(changed["product_id"].unique(), pa.string())
    tables = [
        table.filter(pc.is_in(table.column("product_id"), value_set=ids)).to_pandas()
        for table in _read(path, [*_KEY, *map(canonical_column, known)])
    ]
    votes = pd.concat(tables, ignore_index=True)
    votes["attribute"] = votes["attribute"].astype(str)
    votes = changed.merge(votes, on=_KEY, how="left")
    return votes[[canonical_column(name) for name in known]]


def count_rows(path: Path) -> int:
    """Rows of a Parquet file of the earlier run.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return int(pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: cannot be read: {error}",
            hint="Give --compare the output folder of an earlier run.",
        ) from error


def _read(path: Path, columns: Sequence[str]) -> Iterator[pa.Table]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(columns)):
                yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: cannot be read: {error}",
            hint="Give --compare the output folder of an earlier run.",
        ) from error
