"""Products on their way through a run: laid out by bucket on disk.

A million products do not fit where ten thousand do, so the input is written to Arrow files in a
scratch folder while it is read (`spool_writer.py`), and every later step takes one bucket at a
time.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.notices import Notice
from ...configs.product import Product
from ...configs.settings import Settings
from ...configs.wording import quantity
from ..cache.schema import PRODUCTS
from .bad_rows import BadRows
from .input_notices import DECIMAL_ID, SHORTENED_ID, notices_of_categories, notices_of_ids
from .row_groups import merge_rows
from .split_stream import split_stream

PRODUCTS_A_BATCH = 4096
SPOOL_SCHEMA = pa.schema(
    [
        *PRODUCTS,
        pa.field("id_hash", pa.uint64()),
        # Texts of the further columns, in the order of `Spool.extra_columns`.
        pa.field("columns", pa.list_(pa.string())),
        # Rows of the input that belong to the product besides `row`; null where there are none.
        pa.field("further_rows", pa.list_(pa.int64())),
    ]
)


class Spool:
    """The products of one input, in a scratch folder that goes when the spool is closed.

    Args:
        folder: The scratch folder.
        source: The products file.
        settings: The configuration.
        extra_columns: Names of the further columns that are kept.

    Attributes:
        source: The products file.
        extra_columns: Names of the further columns that were kept, for providers that look things
            up in the row.
        size: Number of products.
        bad_rows: Rows that could not be read and were left out; None where a format has none.
        notices: What a user should know about how the file was read; whole after `check_products`.
    """

    def __init__(
        self, folder: Path, source: Path, settings: Settings, extra_columns: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.source = source
        self.extra_columns = tuple(extra_columns)
        self.size = 0
        self.bad_rows: BadRows | None = None
        self.notices: list[Notice] = []
        self._settings = settings
        self._shortened_id: str | None = None
        self._decimal_ids = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the scratch folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def products_path(self) -> Path:
        """All products in the order of the input: an Arrow stream of `SPOOL_SCHEMA`."""
        return self.folder / "products.arrows"

    def buckets(self, count: int) -> Iterator[tuple[int, pa.Table]]:
        """Walk the products bucket by bucket, each bucket in the order of the input.

        Args:
            count: Number of buckets, a power of two.

        Yields:
            (bucket number, table of `SPOOL_SCHEMA`), empty buckets left out.

        Raises:
            InputError: An id stands in two rows.
        """
        for bucket, path in enumerate(split_stream(self.products_path, SPOOL_SCHEMA, count)):
            with pa.ipc.open_stream(path) as reader:
                table = reader.read_all()
            if table.num_rows:
                yield bucket, merge_rows(table, self.source, self._settings.input)

    def note_ids(self, ids: pa.Array) -> None:
        """Look at ids for what spreadsheets and other programs make of them."""
        shortened_ids = ids.filter(pc.match_substring_regex(ids, SHORTENED_ID))
        if self._shortened_id is None and len(shortened_ids):
            self._shortened_id = shortened_ids[0].as_py()
        is_decimal = pc.match_substring_regex(ids, DECIMAL_ID)
        self._decimal_ids += pc.sum(is_decimal).as_py() or 0

    def check_products(self, count: int) -> None:
        """Look at all products, before anything is asked, and take note of what is odd about them.

        Args:
            count: Number of buckets, a power of two.

        Raises:
            InputError: An id stands in two rows that are not one product.
        """
        categories: Counter[str | None] = Counter()
        without_text = 0
        further_rows = 0
        for _, products in self.buckets(count):
            names = products.column("category").value_counts()
            for pair in names.to_pylist():
                categories[pair["values"]] += pair["counts"]
            products_with_text = int(has_text(products).sum())
            without_text += products.num_rows - products_with_text
            row_numbers = pc.list_flatten(products.column("further_rows"))
            further_rows += len(row_numbers)
        id_column = self._settings.input.id
        self.notices += notices_of_ids(id_column, self._shortened_id, self._decimal_ids)
        if further_rows:
            rows = quantity(further_rows, "row")
            text = f"{rows} taken for more of the product of an earlier row with their id"
            self.notices.append(Notice("rows_grouped", text))
        if without_text:
            products = quantity(without_text, "product")
            text = f"{products} without any text: nothing is asked about them"
            self.notices.append(Notice("products_without_text", text))
        self.notices += notices_of_categories(self._settings, categories)


def has_text(products: pa.Table) -> npt.NDArray[np.bool_]:
    """Which products have a text; the others are not asked about.

    Args:
        products: Table with `fields`.

    Returns:
        [n_products] bool.
    """
    fields = products.column("fields").combine_chunks()
    pairs = pc.list_flatten(fields)
    texts = pc.utf8_trim_whitespace(pairs.field("text"))
    is_filled = pc.not_equal(texts, "")
    weights = is_filled.to_numpy(zero_copy_only=False)
    product = pc.list_parent_indices(fields).to_numpy()
    filled_fields = np.bincount(product, weights, products.num_rows)
    return np.asarray(filled_fields > 0)


def products_of(table: pa.Table, extra_columns: Sequence[str]) -> Iterator[Product]:
    """The rows of a spooled bucket as records.

    Args:
        table: Table of `SPOOL_SCHEMA`.
        extra_columns: Names of the further columns in it.
    """
    for batch in table.to_batches(max_chunksize=PRODUCTS_A_BATCH):
        ids = batch.column("product_id").to_pylist()
        categories = batch.column("category").to_pylist()
        pairs = pc.list_flatten(batch.column("fields"))
        field_names = pairs.field("name").to_pylist()
        field_texts = pairs.field("text").to_pylist()
        fields = tuple(zip(field_names, field_texts, strict=True))
        extra_texts = pc.list_flatten(batch.column("columns")).to_pylist()
        fields_a_product = len(fields) // batch.num_rows
        for row, (product_id, category) in enumerate(zip(ids, categories, strict=True)):
            first_field = row * fields_a_product
            next_field = first_field + fields_a_product
            first_column = row * len(extra_columns)
            next_column = first_column + len(extra_columns)
            texts = extra_texts[first_column:next_column]
            columns = zip(extra_columns, texts, strict=True)
            yield Product(
                id=product_id,
                fields=fields[first_field:next_field],
                category=category,
                columns=dict(columns),
            )
