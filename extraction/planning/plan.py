"""What is asked of the products of a bucket: the requests to send."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...configs.product import Product
from ...providers.protocol import Request
from ..cache.digests import digest, request_key
from ..inputs.spool import products_of
from .arrow_arrays import BoolArray, IntArray
from .questionnaire import Questionnaire


@dataclass(frozen=True, slots=True)
class Question:
    """One request to one model, and everyone who gets its answer.

    Attributes:
        model: Index of the model.
        product: The product whose text is sent.
        same_text_ids: Ids of further products with the same text.
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

    @property
    def product_ids(self) -> tuple[str, ...]:
        """Ids of all products that get the answer, that of `product` first."""
        return (self.product.id, *self.same_text_ids)


@dataclass(frozen=True)
class BucketPlan:
    """What is to be asked of the products of one bucket.

    Attributes:
        products: Table of the bucket's products, as spooled.
        extra_columns: Names of the further columns in it.
        questionnaire: What the config asks now.
        to_ask: [n_products, n_models, n_attributes] bool, the cells to ask.
        cells: [n_models] number of cells that exist.
        cells_in_batches: [n_models] number of cells that are on their way in batches.
        without_vote: Number of (product, attribute) pairs that no model has given a usable vote
            yet.
        asks_texts_once: [n_models] whether equal texts of this model are asked once.
    """

    products: pa.Table
    extra_columns: tuple[str, ...]
    questionnaire: Questionnaire
    to_ask: BoolArray
    cells: npt.NDArray[np.int64]
    cells_in_batches: npt.NDArray[np.int64]
    without_vote: int
    asks_texts_once: tuple[bool, ...]
    _requests: dict[bytes, tuple[tuple[int, ...], ...]] = field(default_factory=dict)

    def questions(self, model: int) -> Iterator[Question]:
        """The requests for one model, in the order of the products; prompts are not written yet."""
        groups = self._same_requests(model)
        products = self.products.take(_first_rows(groups))
        texts = products.column("text_digest").to_pylist()
        groups_of_text: Counter[bytes] = Counter()
        if self.asks_texts_once[model]:
            groups_of_text.update(texts)
        ids = self.products.column("product_id")
        records = products_of(products, self.extra_columns)
        for product, text, rows in zip(records, texts, groups, strict=True):
            first_row, *other_rows = rows
            cells = self.to_ask[first_row, model]
            same_text_ids = tuple(ids[row].as_py() for row in other_rows)
            for attributes in self._split(cells):
                yield Question(
                    model=model,
                    product=product,
                    same_text_ids=same_text_ids,
                    text_digest=text,
                    attributes=attributes,
                    may_repeat=groups_of_text[text] > 1,
                )

    def count_requests(self, model: int) -> int:
        """Number of requests for one model."""
        groups = self._same_requests(model)
        first_rows = _first_rows(groups).to_numpy()
        cells_of_groups = self.to_ask[first_rows, model]
        combinations, counts = np.unique(cells_of_groups, axis=0, return_counts=True)
        total = 0
        for cells, count in zip(combinations, counts, strict=True):
            requests = self._split(cells)
            total += int(count) * len(requests)
        return total

    def request(self, question: Question, max_tokens: int) -> tuple[bytes, Request]:
        """The request that asks a question, and its key."""
        attributes = []
        for index in question.attributes:
            attributes.append(self.questionnaire.attributes[index])
        prompt = self.questionnaire.writer.write(question.product, attributes)
        model_part = self.questionnaire.model_parts[question.model]
        key = request_key(model_part, prompt.messages, prompt.json_schema)
        if not self.asks_texts_once[question.model]:
            key = digest(key.hex(), question.product.id)
        request = Request(
            messages=prompt.messages,
            max_tokens=max_tokens,
            json_schema=prompt.json_schema,
            product=question.product,
            attributes=tuple(attributes),
        )
        return key, request

    def _same_requests(self, model: int) -> list[list[int]]:
        """Rows with something to ask, those with the same text and the same cells together."""
        has_cells = self.to_ask[:, model].any(axis=1)
        rows: list[int] = np.flatnonzero(has_cells).tolist()
        if not self.asks_texts_once[model]:
            return [[row] for row in rows]
        products = self.products.filter(pa.array(has_cells))
        texts = products.column("text_digest").to_pylist()
        groups: defaultdict[tuple[bytes, bytes], list[int]] = defaultdict(list)
        for row, text in zip(rows, texts, strict=True):
            cells = self.to_ask[row, model].tobytes()
            groups[text, cells].append(row)
        return list(groups.values())

    def _split(self, cells: BoolArray) -> tuple[tuple[int, ...], ...]:
        """The attributes to ask of one product, request by request.

        Few combinations occur, so each is kept.
        """
        key = cells.tobytes()
        if key not in self._requests:
            self._requests[key] = self._requests_for(np.flatnonzero(cells))
        return self._requests[key]

    def _requests_for(self, indices: IntArray) -> tuple[tuple[int, ...], ...]:
        """Indices of attributes, request by request."""
        attributes = []
        index_of = {}
        for index in indices.tolist():
            attribute = self.questionnaire.attributes[index]
            attributes.append(attribute)
            index_of[attribute.name] = index
        requests = []
        for request in self.questionnaire.writer.requests(attributes):
            names = [attribute.name for attribute in request]
            requests.append(tuple(map(index_of.__getitem__, names)))
        return tuple(requests)


def _first_rows(groups: list[list[int]]) -> pa.Array:
    """The first row of each group."""
    return pa.array([rows[0] for rows in groups], pa.int64())
