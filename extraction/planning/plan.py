"""What a bucket still needs: the requests to send, and the answers it can share with equal texts elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...configs.product import Product
from ...providers.protocol import Request
from ..cache.digests import digest, request_key
from ..cache.journal import Answer
from ..inputs.spool import products_of
from .questionnaire import Questionnaire

SHARED: Answer = {"source": "shared", "input_tokens": 0, "output_tokens": 0, "cost_usd": 0.0}
"""What sets the copies of an answer apart: they were not paid for."""

BoolArray = npt.NDArray[np.bool_]


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
    same_text_ids: tuple[str, ...]
    text_digest: bytes
    attributes: tuple[int, ...]
    may_repeat: bool = False


@dataclass(frozen=True)
class BucketPlan:
    """What is to be asked of the products of one bucket.

    Attributes:
        products: Table of the bucket's products, as spooled.
        extra: Names of the further columns in it.
        questionnaire: What the config asks now.
        to_ask: [n_products, n_models, n_attributes] the cells to ask.
        cells: [n_models] number of cells that exist.
        without_vote: Number of (product, attribute) pairs that no model has given a usable vote
            yet.
        merged: [n_models] whether equal texts of this model are asked once.
        waiting: [n_models] number of cells that are on their way in batches.
    """

    products: pa.Table
    extra: tuple[str, ...]
    questionnaire: Questionnaire
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
            same_text_ids = tuple(ids[row].as_py() for row in rows[1:])
            for attributes in self._split(self.to_ask[rows[0], model]):
                yield Question(model, product, same_text_ids, text, attributes, times[text] > 1)

    def size(self, model: int) -> int:
        """Number of requests for one model."""
        leaders = [rows[0] for rows in self._groups(model)]
        kinds, counts = np.unique(self.to_ask[leaders, model], axis=0, return_counts=True)
        return sum(
            int(count) * len(self._split(kind)) for kind, count in zip(kinds, counts, strict=True)
        )

    def request(self, question: Question, max_tokens: int) -> tuple[bytes, Request]:
        """The request that asks a question, and its key."""
        attributes = tuple(self.questionnaire.attributes[index] for index in question.attributes)
        prompt = self.questionnaire.writer.write(question.product, attributes)
        key = request_key(
            self.questionnaire.model_parts[question.model], prompt.messages, prompt.json_schema
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
            attributes = [self.questionnaire.attributes[index] for index in np.flatnonzero(missing)]
            place = {
                attribute.name: index
                for index, attribute in enumerate(self.questionnaire.attributes)
            }
            requests = self.questionnaire.writer.requests(attributes)
            self._splits[key] = tuple(
                tuple(place[each.name] for each in request) for request in requests
            )
        return self._splits[key]
