"""Catalogs of a few products with texts and votes, and what the catalog says of them, by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from attrx.configs.settings import Settings
from attrx.configs.vote_states import STATES
from attrx.ensemble.catalog.words import kind_of, split_words
from attrx.ensemble.cells import Cells
from attrx.ensemble.votes import BucketVotes
from attrx.extraction.cache.schema import PRODUCTS

S = 10


@dataclass(frozen=True)
class Product:
    """A product: for each attribute its votes, "" for n/a, None for a missing one."""

    id: str
    text: str
    votes: tuple[tuple[str | None, ...], ...]
    category: str = ""


@dataclass(frozen=True)
class SmallCatalog:
    """Products with votes on open attributes."""

    products: tuple[Product, ...]
    n_models: int = 2
    n_attributes: int = 1
    options: dict[str, object] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        attributes = [
            {"name": f"a{number}", "open": True, **self.options}
            for number in range(self.n_attributes)
        ]
        models = [
            {"name": f"m{number}", "provider": "replay", "options": {"file": "x"}}
            for number in range(self.n_models)
        ]
        config = {
            "version": 1,
            "input": {"id": "id", "text": ["text"], "category": "category"},
            "attributes": attributes,
            "models": models,
        }
        return Settings.model_validate(config)

    def buckets(self, count: int = 1) -> list[BucketVotes]:
        """The products in so many buckets, one after another."""
        return [bucket_of(self.products[start::count], self) for start in range(count)]


def bucket_of(products: Sequence[Product], catalog: SmallCatalog) -> BucketVotes:
    """The votes of one bucket."""
    rows = [
        {
            "row": number + 1,
            "product_id": product.id,
            "category": product.category or None,
            "fields": [{"name": "text", "text": product.text}],
            "text_digest": bytes(16),
            "other_text_digest": None,
        }
        for number, product in enumerate(products)
    ]
    table = pa.Table.from_pylist(rows, PRODUCTS).sort_by("product_id")
    products = sorted(products, key=lambda product: product.id)
    cells = Cells.of_all(len(products), catalog.n_attributes)
    shape = (len(cells), catalog.n_models)
    state = np.full(shape, STATES.index("not_asked"), np.int8)
    value = np.full(shape, -1, np.int32)
    numbers: dict[str, int] = {}
    for row, product in enumerate(products):
        for attribute, votes in enumerate(product.votes):
            for model, vote in enumerate(votes):
                if vote is None:
                    continue
                place = (attribute * len(products) + row, model)
                state[place] = STATES.index("value" if vote else "absent")
                if vote:
                    value[place] = numbers.setdefault(vote, len(numbers))
    values = pa.array(list(numbers), pa.string())
    return BucketVotes(
        products=table,
        cells=cells,
        has_text=np.ones(len(products), np.bool_),
        state=state,
        value=value,
        spelling=value,
        values=values,
        spellings=values,
    )


def shares(votes: Sequence[str | None]) -> dict[str, float]:
    """x: each value's share of the votes, in whole 1024ths; n/a is among the votes."""
    voters = [vote for vote in votes if vote is not None]
    return {
        value: math.floor(1024 * voters.count(value) / len(voters) + 0.5) / 1024
        for value in dict.fromkeys(voters)
        if value
    }


def contains(text: Sequence[str], run: Sequence[str]) -> bool:
    n = len(run)
    starts = range(len(text) - n + 1)
    return n > 0 and any(list(text[at : at + n]) == list(run) for at in starts)


def logit(probability: float, bound: float) -> float:
    probability = min(max(probability, bound), 1 - bound)
    return math.log(probability / (1 - probability))


def credit(product: Product, attribute: int) -> dict[str, float]:
    """What a cell gives to each word of its text that is in a value: at most 1."""
    amounts: dict[str, float] = {}
    words = set(split_words(product.text))
    for value, share in shares(product.votes[attribute]).items():
        for word in set(split_words(value)) & words:
            amounts[word] = amounts.get(word, 0.0) + share
    return {word: min(amount, 1.0) for word, amount in amounts.items()}


def belongs(word: str, product: Product, attribute: int, others: Sequence[Product]) -> float:
    """t(w) for a cell of one product, by the cells of the others."""

    def sums(own: Sequence[Product]) -> tuple[float, int]:
        total = sum(credit(other, attribute).get(word, 0.0) for other in own)
        return total, sum(word in split_words(other.text) for other in own)

    kind_total, kind_texts = 0.0, 0
    for other in others:
        words = {each for each in split_words(other.text) if kind_of(each) == kind_of(word)}
        kind_texts += len(words)
        kind_total += sum(credit(other, attribute).get(each, 0.0) for each in words)
    of_kind = (kind_total + 0.1) / (kind_texts + 1)
    total, texts = sums(others)
    of_all = (total + S * of_kind) / (texts + S)
    total, texts = sums([other for other in others if other.category == product.category])
    return (total + S * of_all) / (texts + S)


def by_hand(
    catalog: SmallCatalog, product: Product, attribute: int
) -> dict[str, tuple[float, float, float]]:
    """fit, part and seen of each value on a cell, straight from the definitions."""
    others = [other for other in catalog.products if other.id != product.id]
    same = [other for other in others if other.category == product.category]
    signals = {}
    for value in shares(product.votes[attribute]):
        run = split_words(value)
        given = sum(shares(other.votes[attribute]).get(value, 0.0) for other in same)
        texts = sum(contains(split_words(other.text), run) for other in same)
        if contains(split_words(product.text), run):
            fit = logit((given + 0.3 * S) / (texts + S), 0.02)
        else:
            fit = logit((given + 0.05) / (given + S), 0.02)
        least = min((belongs(word, product, attribute, others) for word in run), default=0.0)
        signals[value] = (fit, logit(least, 0.002), math.log(1 + min(given, 3)))
    return signals
