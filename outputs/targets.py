"""What stands where a run will write: nothing but what a run wrote, and nothing that it reads.

A products file, a gold file or a file of somebody's own may have the name of an output, and the
output folder may be the one in which they lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from ..configs.errors import AttrxError, InputError
from ..configs.settings import Settings
from ..extraction.inputs.formats import open_sheet
from .cells import CELL_FILES, REVIEW_WORKBOOK
from .commit_record import is_on_its_way
from .comparison.changes import HEADER as CHANGES_HEADER
from .evaluation import EVALUATION
from .file_digests import SHEETS
from .products import PRODUCTS
from .sheets import FIRST_COLUMNS
from .skipped_rows import COLUMNS as SKIPPED_COLUMNS
from .skipped_rows import FILE as SKIPPED_ROWS
from .stale_files import is_of_earlier_run
from .values import VALUES

CHANGES, WEIGHTS, RUN = "changes.csv", "weights.csv", "run.json"
_FIRST_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "values.csv": tuple(VALUES.names),
    "values.parquet": tuple(VALUES.names),
    "votes.parquet": ("product_id", "attribute"),
    CHANGES: CHANGES_HEADER,
    WEIGHTS: ("category", "attribute", "model", "weight"),
    "review.csv": FIRST_COLUMNS,
    REVIEW_WORKBOOK: FIRST_COLUMNS,
    EVALUATION: ("who", "level", "category", "attribute"),
    SKIPPED_ROWS: SKIPPED_COLUMNS,
}
"""File -> the columns with which it begins. By them one is known of which no `run.json` tells."""
_ELSEWHERE = "Name another folder for the outputs: --to DIR, or paths.output in the config."


def files_to_write(settings: Settings, *, has_input: bool, compares: bool) -> Iterator[str]:
    """Names of the files that an `ensemble` call writes.

    Args:
        settings: The configuration.
        has_input: Whether it is given a products file.
        compares: Whether it is compared with an earlier run.
    """
    yield from (*CELL_FILES, WEIGHTS, RUN)
    if settings.output.workbooks:
        yield REVIEW_WORKBOOK
    if has_input:
        yield PRODUCTS
    if compares:
        yield CHANGES


def check_targets(folder: Path, names: Iterable[str], files_read: Iterable[Path | None]) -> None:
    """Make sure that no file of anybody's is replaced.

    Sheets that are filled in may be read as gold: what was typed into them is kept.

    Args:
        folder: The output folder; need not exist.
        names: Names of the files to be written.
        files_read: The files that the run reads, None where it does without.

    Raises:
        InputError: A file would be.
    """
    sources = [path for path in files_read if path is not None and path.exists()]
    for name in names:
        target = folder / name
        if target.is_dir():
            raise InputError(f"{target}: is a folder, and a file is to be written", hint=_ELSEWHERE)
        if target.exists():
            _check_sources(target, sources)
            _check_origin(target)


def _check_sources(target: Path, sources: Iterable[Path]) -> None:
    if target.name in SHEETS:
        return
    for source in sources:
        if target.samefile(source):
            raise InputError(
                f"{source}: would be replaced by the {target.name} that attrx writes",
                hint=_ELSEWHERE,
            )


def _check_origin(target: Path) -> None:
    if not (is_of_earlier_run(target) or is_on_its_way(target) or _has_form(target)):
        raise InputError(
            f"{target}: is none of attrx's files, and would be replaced by one",
            hint=f"Move it away. {_ELSEWHERE}",
        )


def _has_form(path: Path) -> bool:
    """Whether a file looks like the output of its name."""
    if path.name == RUN:
        return _is_run(path)
    columns = _FIRST_COLUMNS.get(path.name)
    return columns is not None and _columns_of(path)[: len(columns)] == columns


def _is_run(path: Path) -> bool:
    try:
        run = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(run, dict) and "attrx" in run


def _columns_of(path: Path) -> tuple[str, ...]:
    """The columns of a table; none where it cannot be read."""
    try:
        if path.suffix == ".parquet":
            return tuple(pq.read_schema(path).names)
        return open_sheet(path, ("attribute", "product_id")).columns
    except (AttrxError, OSError, pa.ArrowException):
        return ()
