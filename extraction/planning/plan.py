"""What a bucket still needs: the requests to send, and the answers it can share with equal texts elsewhere."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.product import Product
from ...providers.protocol import Fingerprinted, Request
from ..cache.digests import digest, request_key
from ..cache.journal import Answer
from ..cache.store import AnswersCache
from ..inputs.spool import products_of
from .coverage import (
    COLUMNS,
    FAILED,
    UNUSABLE,
    USABLE,
    Asked,
    has_text,
    place_by_id,
    select,
)
from .pending import answered_since, on_their_way

SHARED: Answer = {"source": "shared", "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
"""What sets the copies of an answer apart: they were not paid for."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Wanted:
    """Which cached answers are good enough.

    Attributes:
        retry_failed: Ask again where a finished answer gave no usable vote.
        refresh: Ask again what is cached.
        since_ns: When that was ordered, where several calls carry it out: what was answered since
            then is not asked again. In UTC, like `answered_ns`.
    """

    retry_failed: bool = False
    refresh: bool = False
    since_ns: int | None = None

    @property
    def again(self) -> bool:
        """Whether asking again was ordered."""
        return self.retry_failed or self.refresh

    def to_ask(self, state: npt.NDArray[np.int8]) -> BoolArray:
        """Which cells with these states are to be asked."""
        if self.refresh:
            return np.ones(state.shape, bool)
        again = state <= FAILED
        return again | (state == UNUSABLE) if self.retry_failed else again


@dataclass(frozen=True, slots=True)
class Question:
    """One request to one model, and everyone who gets its answer.

    Attributes:
        model: Index of the model.
        product: The product whose text is sent.
        twins: Ids of further products with the same text.
        text_digest: Digest of that text.
        attributes: Indices of the attributes asked.
        may_repeat: Whether other products with this text are asked other cells, so that an equal
            prompt may follow.
    """

    model: int
    product: Product
    twins: tuple[str, ...]
    text_digest: bytes
    attributes: tuple[int, ...]
    may_repeat: bool = False


@dataclass(frozen=True)
class BucketPlan:
    """What is to be asked of the products of one bucket.

    Attributes:
        products: Table of the bucket's products, as spooled.
        extra: Names of the further columns in it.
        asked: What the config asks now.
        to_ask: [n_products, n_models, n_attributes] the cells to ask.
        cells: [n_models] number of cells that exist.
        without_vote: Number of (product, attribute) pairs that no model has given a usable vote
            yet.
        merged: [n_models] whether equal texts of this model are asked once.
        waiting: [n_models] number of cells that are on their way in batches.
    """

    products: pa.Table
    extra: tuple[str, ...]
    asked: Asked
    to_ask: BoolArray
    cells: npt.NDArray[np.int64]
    without_vote: int
    merged: tuple[bool, ...]
    waiting: npt.NDArray[np.int64]
    _splits: dict[bytes, tuple[tuple[int, ...], ...]] = field(default_factory=dict)

    def questions(self, model: int) -> Iterator[Question]:
        """The requests for one model, in the order of the products; prompts are not written yet."""
        groups = self._groups(model)
        first = self.products.take(pa.array([rows[0] for rows in groups], pa.int64()))
        texts = first.column("text_digest").to_pylist()
        times = Counter(texts) if self.merged[model] else Counter[bytes]()
        ids = self.products.column("product_id")
        for product, text, rows in zip(products_of(first, self.extra), texts, groups, strict=True):
            twins = tuple(ids[row].as_py() for row in rows[1:])
            for attributes in self._split(self.to_ask[rows[0], model]):
                yield Question(model, product, twins, text, attributes, times[text] > 1)

    def size(self, model: int) -> int:
        """Number of requests for one model."""
        leaders = [rows[0] for rows in self._groups(model)]
        kinds, counts = np.unique(self.to_ask[leaders, model], axis=0, return_counts=True)
        return sum(
            int(count) * len(self._split(kind)) for kind, count in zip(kinds, counts, strict=True)
        )

    def request(self, question: Question, max_tokens: int) -> tuple[bytes, Request]:
        """The request that asks a question, and its key."""
        attributes = tuple(self.asked.attributes[index] for index in question.attributes)
        prompt = self.asked.writer.write(question.product, attributes)
        key = request_key(
            self.asked.model_parts[question.model], prompt.messages, prompt.json_schema
        )
        if not self.merged[question.model]:
            key = digest(key.hex(), question.product.id)
        request = Request(
            messages=prompt.messages,
            max_tokens=max_tokens,
            json_schema=prompt.json_schema,
            product=question.product,
            attributes=attributes,
        )
        return key, request

    def _groups(self, model: int) -> list[list[int]]:
        """Rows with something to ask, those with the same text and the same cells together."""
        rows = np.flatnonzero(self.to_ask[:, model].any(axis=1))
        if not self.merged[model]:
            return [[int(row)] for row in rows]
        texts = self.products.column("text_digest").take(pa.array(rows)).to_pylist()
        cells = np.packbits(self.to_ask[rows, model], axis=1)
        groups: dict[tuple[bytes, bytes], list[int]] = {}
        for row, text, cell in zip(rows, texts, cells, strict=True):
            groups.setdefault((text, cell.tobytes()), []).append(int(row))
        return list(groups.values())

    def _split(self, missing: BoolArray) -> tuple[tuple[int, ...], ...]:
        """The attributes to ask of one product, request by request; few combinations occur, so each is kept."""
        key = missing.tobytes()
        if key not in self._splits:
            asked = [self.asked.attributes[index] for index in np.flatnonzero(missing)]
            place = {attribute.name: index for index, attribute in enumerate(self.asked.attributes)}
            requests = self.asked.writer.requests(asked)
            self._splits[key] = tuple(
                tuple(place[each.name] for each in request) for request in requests
            )
        return self._splits[key]


@dataclass(frozen=True)
class Planner:
    """Compares products with the cache.

    Attributes:
        cache: The cache; nothing is written.
        asked: What the config asks now.
        providers: model index -> provider, for the models that are to be asked.
        extra: Names of the further columns in the spooled products.
        wanted: Which cached answers are good enough.
    """

    cache: AnswersCache
    asked: Asked
    providers: Mapping[int, Fingerprinted]
    extra: tuple[str, ...]
    wanted: Wanted

    def plan(self, bucket: int, products: pa.Table) -> tuple[BucketPlan, list[Answer]]:
        """What the products of one bucket still need.

        Args:
            bucket: Number of the bucket.
            products: Its products, as spooled.

        Returns:
            The plan, and copies of answers that equal texts of other products have already got: to
            be stored under the products of this bucket too.
        """
        fingerprints = self._fingerprints(products)
        answers = self.cache.answers(bucket, COLUMNS)
        chosen = select(
            answers, self.asked, place_by_id(answers, products), products.num_rows, fingerprints
        )
        relevant = self._relevant(products)
        waiting = on_their_way(self.cache.waiting(bucket), products, self.asked) & relevant
        to_ask = self.wanted.to_ask(chosen.states()) & relevant & ~waiting
        if self.wanted.since_ns is not None:
            to_ask &= ~answered_since(answers, products, self.asked, self.wanted.since_ns)
        merged = tuple(
            i in self.providers and i not in fingerprints for i in range(len(self.asked.models))
        )
        shared: list[Answer] = []
        if not self.wanted.again:
            shared = self._share(products, to_ask & np.array(merged)[None, :, None])
            to_ask &= ~_cells_of(shared, products, self.asked)
        applies = self.asked.applies(products.column("category").combine_chunks())
        without_vote = int((applies & ~chosen.voted().any(axis=1)).sum())
        cells, on_way = relevant.sum(axis=(0, 2)), waiting.sum(axis=(0, 2))
        return BucketPlan(
            products, self.extra, self.asked, to_ask, cells, without_vote, merged, on_way
        ), shared

    def _relevant(self, products: pa.Table) -> BoolArray:
        """The cells that exist: the attribute applies, the product has a text, the model is to be asked."""
        applies = self.asked.applies(products.column("category").combine_chunks())
        models = np.array([index in self.providers for index in range(len(self.asked.models))])
        relevant: BoolArray = (applies & has_text(products)[:, None])[:, None, :] & models[
            None, :, None
        ]
        return relevant

    def _fingerprints(self, products: pa.Table) -> dict[int, pa.Array]:
        """What `mock` and `replay` would answer from, for the models that have one."""
        found: dict[int, pa.Array] = {}
        for index, provider in self.providers.items():
            first = next(products_of(products.slice(0, 1), self.extra))
            if provider.fingerprint(first, self.asked.attributes[0]) is not None:
                everyone = itertools.product(
                    products_of(products, self.extra), self.asked.attributes
                )
                found[index] = pa.array(
                    (provider.fingerprint(*cell) for cell in everyone), pa.string()
                )
        return found

    def _share(self, products: pa.Table, to_ask: BoolArray) -> list[Answer]:
        """Copies, for these products, of answers that products with the same text have got."""
        rows = np.flatnonzero(to_ask.any(axis=(1, 2)))
        if len(rows) == 0:
            return []
        digests = products.column("text_digest").take(pa.array(rows)).combine_chunks()
        ids = products.column("product_id").take(pa.array(rows)).to_pylist()
        texts = pc.unique(digests)
        text_of_row = pc.index_in(digests, value_set=texts).to_numpy()
        copies: list[Answer] = []
        for answers in self.cache.find_texts(texts):
            place = (
                pc.index_in(answers.column("text_digest"), value_set=texts)
                .to_numpy()
                .astype(np.int64)
            )
            found = select(answers, self.asked, place, len(texts))
            source = np.append(found.parent, -1)[found.entry]
            finished = np.isin(found.states(), (UNUSABLE, USABLE))
            for row, text, product_id in zip(rows, text_of_row, ids, strict=True):
                cells = finished[text] & to_ask[row]
                copies += [
                    _copy(found.answers, int(i), product_id) for i in np.unique(source[text][cells])
                ]
        return copies


def _copy(answers: pa.Table, row: int, product_id: str) -> Answer:
    [answer] = answers.slice(row, 1).to_pylist()
    return {
        **answer,
        "product_id": product_id,
        "source": "shared",
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
    }


def _cells_of(shared: list[Answer], products: pa.Table, asked: Asked) -> BoolArray:
    """The cells that the copies cover."""
    covered = np.zeros((products.num_rows, len(asked.models), len(asked.attributes)), bool)
    rows = {answer["product_id"] for answer in shared}
    place = {
        product_id: row
        for row, product_id in enumerate(products.column("product_id").to_pylist())
        if product_id in rows
    }
    for answer in shared:
        models = [i for i, part in enumerate(asked.model_parts) if part == answer["model_part"]]
        attributes = [
            asked.parts.index(vote["part"])
            for vote in answer["votes"]
            if vote["part"] in asked.parts
        ]
        covered[np.ix_([place[answer["product_id"]]], models, attributes)] = True
    return covered
