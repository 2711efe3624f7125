"""The votes of two runs, read side by side: what drift is looked for in.

Of a large catalog some thousand products are looked at, chosen by the hash of their ids: of those
that are new, and of those that both runs have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.settings import ABSENT_LABEL, Settings
from ...ensemble.arrays import ABSENT, MISSING, Codes, FloatArray, IntArray
from ...ensemble.drift import Nights
from ...ensemble.drift_signals import CellVotes
from ...ensemble.learning import Combiner
from ...ensemble.product_hashes import product_hashes
from ...extraction.votes.current_votes import VoteSource
from ..cell_tables import rows_of_products, with_plain_texts
from ..votes import canonical_column

MOST_NEW = 4000
MOST_KNOWN = 8000
_KEY = ["product_id", "attribute"]


@dataclass(frozen=True)
class RunNow:
    """What is known of this run besides its files.

    Attributes:
        folder: Where its files are.
        settings: The configuration.
        weight: [n_models], at least 0, how much a model's vote counts on average.
        source: The products and their categories.
    """

    folder: Path
    settings: Settings
    weight: FloatArray
    source: VoteSource

    @classmethod
    def of(cls, folder: Path, combiner: Combiner, source: VoteSource) -> RunNow:
        """The run whose weights were learned."""
        weight = np.maximum(combiner.weights.weight.mean(axis=0), 0.0)
        if not weight.any():
            weight = np.ones_like(weight)
        return cls(folder, combiner.settings, weight, source)


def read_nights(previous: Path, run: RunNow) -> Nights:
    """Read the votes of both runs on the products that are looked at.

    Args:
        previous: Folder of the earlier run.
        run: This one.
    """
    path = run.folder / "votes.parquet"
    earlier_path = previous / "votes.parquet"
    ids = _product_ids(path)
    is_known = pc.is_in(ids, value_set=_product_ids(earlier_path))
    is_new = pc.invert(is_known)
    new_ids = _choose(ids.filter(is_new), MOST_NEW)
    known_ids = _choose(ids.filter(is_known), MOST_KNOWN)
    current = _read_votes(path, [*new_ids, *known_ids], run.settings)
    earlier = _read_votes(earlier_path, known_ids, run.settings)
    current["row"] = np.arange(len(current))
    row_of_cell = current[[*_KEY, "row"]]
    shared_rows = earlier.merge(row_of_cell, on=_KEY, how="inner")
    both = pd.concat([current, shared_rows], ignore_index=True)
    cells = _cell_votes(both, run)
    n_cells = len(current)
    return Nights(
        current=_rows(cells, slice(0, n_cells)),
        is_new=np.array(current["product_id"].isin(new_ids), np.bool_),
        earlier=_rows(cells, slice(n_cells, None)),
        in_both=np.array(shared_rows["row"], np.int64),
    )


def _product_ids(path: Path) -> pa.Array:
    """The products of a run."""
    column = pq.read_table(path, columns=["product_id"]).column("product_id")
    return column.unique()


def _choose(ids: pa.Array, most: int) -> list[str]:
    """The ids with the smallest hashes."""
    names: list[str] = ids.to_pylist()
    order = np.argsort(product_hashes(names), kind="stable")
    return [names[place] for place in order[:most]]


def _read_votes(path: Path, ids: Sequence[str], settings: Settings) -> pd.DataFrame:
    """The canonical votes on some products; a model that the run did not have gave none."""
    names = [canonical_column(model.name) for model in settings.models]
    parts = []
    with pq.ParquetFile(path) as file:
        known_names = [name for name in names if name in file.schema_arrow.names]
        for batch in file.iter_batches(columns=[*_KEY, *known_names]):
            table = pa.Table.from_batches([batch])
            table = rows_of_products(table, ids)
            table = with_plain_texts(table, "attribute")
            part = table.to_pandas()
            parts.append(part)
    votes = pd.DataFrame(columns=_KEY)
    if parts:
        votes = pd.concat(parts, ignore_index=True)
    known_attributes = [attribute.name for attribute in settings.attributes]
    is_known = votes["attribute"].isin(known_attributes)
    votes = votes[is_known]
    votes = votes.reindex(columns=[*_KEY, *names])
    return votes.reset_index(drop=True)


def _cell_votes(votes: pd.DataFrame, run: RunNow) -> CellVotes:
    """The votes as numbers."""
    attributes = run.settings.attributes
    names = tuple(attribute.name for attribute in attributes)
    code_of_text, codes = _number_values(votes, run.settings)
    products, _ = pd.factorize(votes["product_id"])
    category_of = run.source.categories(votes["product_id"].unique().tolist())
    categories = [category_of.get(product, "") for product in votes["product_id"].tolist()]
    category_numbers, _ = pd.factorize(np.array(categories, object))
    places = {name: place for place, name in enumerate(names)}
    attribute_places = [places[name] for name in votes["attribute"].tolist()]
    answers = []
    for attribute in attributes:
        listed_values = attribute.values if attribute.closed else {}
        answers.append(_codes_of(listed_values, code_of_text))
    return CellVotes(
        products=products.astype(np.int64),
        categories=category_numbers.astype(np.int64),
        attributes=np.asarray(attribute_places, np.int64),
        names=names,
        codes=codes,
        absent_is_vote=np.array([attribute.absent == "label" for attribute in attributes]),
        answers=tuple(answers),
    )


def _number_values(votes: pd.DataFrame, settings: Settings) -> tuple[dict[str, int], Codes]:
    """Text -> its code, and [n_cells, n_models] the codes."""
    columns = [canonical_column(model.name) for model in settings.models]
    table = votes[columns].to_numpy(object)
    texts = table.T.ravel()
    numbers, known_texts = pd.factorize(texts)
    code_of_number = []
    for place, text in enumerate(known_texts, 1):
        code_of_number.append(ABSENT if text == ABSENT_LABEL else place)
    code_of_number.append(MISSING)  # number -1 reads the last
    codes = np.array(code_of_number, np.int32)[numbers]
    codes = codes.reshape(len(columns), -1)
    code_of_text = dict(zip(known_texts.tolist(), code_of_number, strict=False))
    return code_of_text, codes.T


def _codes_of(values: Mapping[str, object], code_of_text: Mapping[str, int]) -> dict[int, str]:
    """Code -> value, for the listed values that somebody gave."""
    texts = {}
    for value in values:
        if value in code_of_text:
            texts[code_of_text[value]] = value
    return texts


def _rows(cells: CellVotes, rows: slice) -> CellVotes:
    columns: dict[str, IntArray] = {}
    for name in ("products", "categories", "attributes"):
        columns[name] = getattr(cells, name)[rows]
    return CellVotes(
        **columns,
        names=cells.names,
        codes=cells.codes[rows],
        absent_is_vote=cells.absent_is_vote,
        answers=cells.answers,
    )
