"""What to know of a `products.csv` that is not as one would expect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..configs.notices import Notice
from ..ensemble.groups import ALL
from .csv_format import CsvFormat
from .products import ProductsFile
from .review_sheets import set_aside


def changed_products(path: Path) -> Notice:
    """Keep a `products.csv` that somebody changed, and say so."""
    text = f"{path} was changed since attrx wrote it: it stays as {set_aside(path)}"
    return Notice("sheet_set_aside", text)


def stale_products(path: Path) -> Notice:
    """What to know of a `products.csv` that cannot be written anew, since there is no input."""
    text = (
        f"{path} keeps the values of an earlier run: without INPUT it is not written anew;"
        " `attrx ensemble INPUT` does that"
    )
    return Notice("products_stale", text)


def column_notices(new_names: dict[str, str]) -> Iterator[Notice]:
    """What is unexpected about the columns of `products.csv`."""
    for name, column in new_names.items():
        text = f"the input has a column '{name}'; in products.csv the values stand in '{column}'"
        yield Notice("column_renamed", text, groups=((ALL, name),))


def encoding_notices(products: ProductsFile, csv_format: CsvFormat) -> Iterator[Notice]:
    """What is unexpected about the encoding of `products.csv`."""
    if products.has_other_encoding:
        text = (
            f"products.csv is in UTF-8: the encoding of the input, {csv_format.encoding}, lacks"
            " signs that are in the values"
        )
        yield Notice("encoding_changed", text)
