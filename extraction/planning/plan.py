"""What is asked of the products of a bucket: the requests to send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...configs.product import Product
from ...ensemble.cells import Cells
from ...providers.protocol import Request
from ..cache.digests import digest, request_key
from ..inputs.spool import products_of
from .arrow_arrays import BoolArray
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
        cells: The cells of these products.
        to_ask: [n_cells, n_models] bool, the votes to ask for.
        n_cells: [n_models] number of cells that exist.
        cells_in_batches: [n_models] number of cells that are on their way in batches.
        without_vote: Number of (product, attribute) pairs that no model has given a usable vote
            yet.
        asks_texts_once: [n_models] whether equal texts of this model are asked once.
    """

    products: pa.Table
    extra_columns: tuple[str, ...]
    questionnaire: Questionnaire
    cells: Cells
    to_ask: BoolArray
    n_cells: npt.NDArray[np.int64]
    cells_in_batches: npt.NDArray[np.int64]
    without_vote: int
    asks_texts_once: tuple[bool, ...]
    _requests: dict[tuple[int, ...], tuple[tuple[int, ...], ...]] = field(default_factory=dict)

    def questions(self, model: int) -> Iterator[Question]:
        """The requests for one model, in the order of the products; prompts are not written yet."""
        groups = self._same_requests(model)
        first_rows = [group.rows[0] for group in groups]
        products = self.products.take(pa.array(first_rows, pa.int64()))
        texts = products.column("text_digest").to_pylist()
        groups_of_text: Counter[bytes] = Counter()
        if self.asks_texts_once[model]:
            groups_of_text.update(texts)
        ids = self.products.column("product_id")
        records = products_of(products, self.extra_columns)
        for product, text, group in zip(records, texts, groups, strict=True):
            same_text_ids = tuple(ids[row].as_py() for row in group.rows[1:])
            for attributes in self._split(group.attributes):
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
        total = 0
        for group in self._same_requests(model):
            requests = self._split(group.attributes)
            total += len(requests)
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

    def _same_requests(self, model: int) -> list[_Askers]:
        """Products with something to ask, those with the same text and the same cells together."""
        rows, attributes_of_rows = self._attributes_to_ask(model)
        row_array = pa.array(rows, pa.int64())
        texts = self.products.column("text_digest").take(row_array).to_pylist()
        groups: dict[tuple[bytes, tuple[int, ...]], _Askers] = {}
        for row, text, attributes in zip(rows, texts, attributes_of_rows, strict=True):
            key = (text, attributes)
            if not self.asks_texts_once[model]:
                key = (row.to_bytes(8), attributes)  # each by itself
            group = groups.setdefault(key, _Askers([], attributes))
            group.rows.append(row)
        return list(groups.values())

    def _attributes_to_ask(self, model: int) -> tuple[list[int], list[tuple[int, ...]]]:
        """Rows with something to ask, in their order, and what is asked of each."""
        places = np.flatnonzero(self.to_ask[:, model])
        row_of_place = self.cells.rows[places]
        order = np.argsort(row_of_place, kind="stable")
        rows_in_order = row_of_place[order]
        rows, starts = np.unique(rows_in_order, return_index=True)
        places_in_order = places[order]
        attributes: list[int] = self.cells.attributes[places_in_order].tolist()
        bounds = [*starts.tolist(), len(attributes)]
        of_rows = []
        for start, end in pairwise(bounds):
            own_attributes = tuple(attributes[start:end])
            of_rows.append(own_attributes)
        return rows.tolist(), of_rows

    def _split(self, indices: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """The attributes to ask of one product, request by request.

        Few combinations occur, so each is kept.
        """
        if indices not in self._requests:
            self._requests[indices] = self._requests_for(indices)
        return self._requests[indices]

    def _requests_for(self, indices: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
        """Indices of attributes, request by request."""
        attributes = []
        index_of = {}
        for index in indices:
            attribute = self.questionnaire.attributes[index]
            attributes.append(attribute)
            index_of[attribute.name] = index
        requests = []
        for request in self.questionnaire.writer.requests(attributes):
            names = [attribute.name for attribute in request]
            requests.append(tuple(map(index_of.__getitem__, names)))
        return tuple(requests)


@dataclass(frozen=True, slots=True)
class _Askers:
    """Products that one model is asked the same of.

    Attributes:
        rows: Rows of the products.
        attributes: Indices of the attributes.
    """

    rows: list[int]
    attributes: tuple[int, ...]
