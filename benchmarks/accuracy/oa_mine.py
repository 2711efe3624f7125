"""OA-Mine's recorded votes, and what its product titles say of them."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from attrx.configs.settings import Attribute, Settings
from attrx.configs.vote_states import STATES
from attrx.ensemble.arrays import Codes
from attrx.ensemble.catalog.sample import CatalogSample
from attrx.ensemble.catalog.witness import Witness
from attrx.ensemble.cells import Cells
from attrx.ensemble.votes import BucketVotes, votes_on
from attrx.extraction.cache.schema import PRODUCTS
from attrx.prompts.reading.answer import read_answer
from attrx.prompts.reading.vocabulary import Vocabulary

from .vote_sets import Table, VoteSet, read_rows


@dataclass(frozen=True)
class Recording:
    """Products, answers and gold as they lie in the data folder.

    Attributes:
        products: Rows with product_id, category and title, sorted by id.
        schema: Category -> attributes asked.
        raw: Model -> product -> answer.
        gold: (product, attribute) -> value.
    """

    products: list[dict[str, str]]
    schema: dict[str, list[str]]
    raw: dict[str, dict[str, str]]
    gold: dict[tuple[str, str], str]

    @property
    def attributes(self) -> list[str]:
        """All attributes, in the order in which products have them."""
        names: dict[str, None] = {}
        for product in self.products:
            names |= dict.fromkeys(self.schema[product["category"]])
        return list(names)


def read_oa_mine(data: Path) -> VoteSet:
    """All schema cells of OA-Mine's products, answers read as attrx reads them.

    A cell without gold counts as n/a.
    """
    recording = _read_recording(data / "oa-mine")
    settings = _settings(recording)
    values: dict[str, int] = {}
    bucket = _bucket(recording, settings, values)
    sample = CatalogSample(settings, tuple(range(len(settings.attributes))))
    sample.add(bucket)
    witness = Witness(sample)
    tables = []
    for index, attribute in enumerate(settings.attributes):
        votes = votes_on(bucket, settings, index)
        categories = [recording.products[row]["category"] for row in votes.rows]
        tables.append(
            Table(
                attribute,
                votes.codes,
                _gold_codes(recording, attribute, votes.rows.tolist(), values),
                witness.signals(bucket, votes, index),
                len(votes.rows),
                tuple(categories),
            )
        )
    return VoteSet("OA-Mine", tuple(recording.raw), tuple(tables))


def _read_recording(folder: Path) -> Recording:
    raw: dict[str, dict[str, str]] = defaultdict(dict)
    for line in (folder / "raw_answers.jsonl").read_text().splitlines():
        row = json.loads(line)
        raw[row["model"]][row["product_id"]] = row["raw"]
    gold_rows = read_rows(folder / "gold.csv")
    return Recording(
        products=sorted(read_rows(folder / "products.csv"), key=lambda row: row["product_id"]),
        schema=json.loads((folder / "schema.json").read_text()),
        raw=raw,
        gold={(row["product_id"], row["attribute"]): row["value"] for row in gold_rows},
    )


def _settings(recording: Recording) -> Settings:
    attributes = [{"name": name, "open": True} for name in recording.attributes]
    replay = {"provider": "replay", "options": {"file": "answers.jsonl"}}
    config = {
        "version": 1,
        "input": {"id": "product_id", "text": ["title"], "category": "category"},
        "attributes": attributes,
        "models": [{"name": name, **replay} for name in recording.raw],
    }
    return Settings.model_validate(config)


def _bucket(recording: Recording, settings: Settings, values: dict[str, int]) -> BucketVotes:
    """All votes; `values` gets the number of each value."""
    names = recording.attributes
    vocabularies = {each.name: Vocabulary(each) for each in settings.attributes}
    applies = np.zeros((len(recording.products), len(names)), np.bool_)
    for row, product in enumerate(recording.products):
        for name in recording.schema[product["category"]]:
            applies[row, names.index(name)] = True
    cells = Cells.of_categories(np.arange(len(applies)), applies)
    state = np.full((len(cells), len(recording.raw)), STATES.index("not_asked"), np.int8)
    value = np.full(state.shape, -1, np.int32)
    for row, product in enumerate(recording.products):
        own_names = recording.schema[product["category"]]
        own_attributes = np.array([names.index(name) for name in own_names])
        places = cells.find(np.full(len(own_names), row), own_attributes)
        readers = [vocabularies[name] for name in own_names]
        for model, answers in enumerate(recording.raw.values()):
            votes = read_answer(answers.get(product["product_id"], ""), readers)
            for place, vote in zip(places, votes, strict=True):
                state[place, model] = STATES.index(vote.state)
                if vote.state == "value" and vote.value is not None:
                    value[place, model] = values.setdefault(vote.value, len(values))
    texts = pa.array(list(values), pa.string())
    return BucketVotes(
        products=_products(recording),
        cells=cells,
        has_text=np.ones(cells.n_rows, np.bool_),
        state=state,
        value=value,
        spelling=value,
        values=texts,
        spellings=texts,
    )


def _products(recording: Recording) -> pa.Table:
    rows = []
    for number, product in enumerate(recording.products):
        rows.append(
            {
                "row": number,
                "product_id": product["product_id"],
                "category": product["category"],
                "fields": [{"name": "title", "text": product["title"]}],
                "text_digest": bytes(16),
            }
        )
    return pa.Table.from_pylist(rows, PRODUCTS)


def _gold_codes(
    recording: Recording, attribute: Attribute, rows: list[int], values: dict[str, int]
) -> Codes:
    """[n_cells] 0 where the gold is n/a, -2 where it is a value that no model gave."""
    vocabulary = Vocabulary(attribute)
    codes = []
    for row in rows:
        product = recording.products[row]["product_id"]
        true = vocabulary.read(recording.gold.get((product, attribute.name)))
        is_value = true.state == "value" and true.value is not None
        codes.append(_code_of(true.value, values) if is_value else 0)
    return np.array(codes, np.int32)


def _code_of(value: str | None, values: dict[str, int]) -> int:
    """1 + the number of a value; a value that no model gave gets the next number."""
    return 1 + values.setdefault(value or "", len(values))
