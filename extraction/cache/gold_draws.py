"""What `attrx gold sample` drew, kept beside the answers.

A spreadsheet may make 1234 of a weight of 1.234, and a date of 1.25. So the weights of a sample are
looked up here, by cell, when its sheet comes back; so is the value that was proposed.

    .attrx/gold/00001.parquet       one file per draw, the latest with the highest number
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..storage.modes import make_subfolder
from .parquet_files import read_parquet, write_parquet
from .schema import LAYOUT_VERSION

Cell = tuple[str, str]
"""(product id, attribute)."""

SCHEMA = pa.schema(
    [
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("attribute", pa.string(), nullable=False),
        pa.field("weight", pa.float64(), nullable=False),
        pa.field("current", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell that was drawn.

    Attributes:
        weight: Its sampling weight, > 0.
        current: The value proposed in the sheet, empty where there was none.
    """

    weight: float
    current: str


Draw = dict[Cell, DrawnCell]


def keep_draw(cache: Path, draw: Draw) -> None:
    """Remember a draw; one that is known already is not kept twice.

    Args:
        cache: The cache folder.
        draw: The cells.

    Raises:
        CacheError: It cannot be written.
    """
    if draw in read_draws(cache):
        return
    folder = _folder(cache)
    make_subfolder(folder)
    number = _next_number(cache)
    rows = []
    for (product_id, attribute), cell in draw.items():
        row = {
            "product_id": product_id,
            "attribute": attribute,
            "weight": cell.weight,
            "current": cell.current,
        }
        rows.append(row)
    table = pa.Table.from_pylist(rows, SCHEMA)
    metadata = {"attrx.layout": str(LAYOUT_VERSION), "attrx.kind": "gold"}
    write_parquet(folder / f"{number:05d}.parquet", table, metadata)


def _next_number(cache: Path) -> int:
    """One more than that of any file, so that no file is replaced."""
    numbers = [int(path.stem) for path in draw_paths(cache)]
    return max(numbers, default=0) + 1


def read_draws(cache: Path) -> list[Draw]:
    """All draws from a cache, the latest first.

    Raises:
        CacheError: A file is broken.
    """
    draws = []
    for path in reversed(draw_paths(cache)):
        draw = {}
        for row in read_parquet(path, SCHEMA).to_pylist():
            cell = row["product_id"], row["attribute"]
            draw[cell] = DrawnCell(row["weight"], row["current"])
        draws.append(draw)
    return draws


def find_draw(draws: Iterable[Draw], currents: Mapping[Cell, str]) -> Draw:
    """What is known of the cells of a sheet.

    Of a cell that was drawn twice, the draw holds that has most of the sheet's cells; of several of
    those, the one with fewest others, then the one that proposed most of the values, then the
    latest.

    Args:
        draws: The latest first.
        currents: Cell -> the value that its sheet says was proposed.
    """

    def likeness(draw: Draw) -> tuple[int, int, int]:
        common_cells = currents.keys() & draw.keys()
        same_values = 0
        for cell in common_cells:
            same_values += draw[cell].current == currents[cell]
        return len(common_cells), -len(draw), same_values

    known_cells: Draw = {}
    for draw in sorted(draws, key=likeness, reverse=True):
        for cell in currents.keys() & draw.keys():
            known_cells.setdefault(cell, draw[cell])
    return known_cells


def _folder(cache: Path) -> Path:
    return cache / "gold"


def draw_paths(cache: Path) -> list[Path]:
    """The files of the draws, the earliest first."""
    paths = _folder(cache).glob("*.parquet")
    return sorted(path for path in paths if path.stem.isdecimal())
