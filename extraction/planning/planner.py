"""Compares products with the cache: what is asked, and which answers of equal texts are shared."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...providers.protocol import Fingerprinted
from ..cache.answers_cache import AnswersCache
from ..cache.journal import Answer
from ..inputs.spool import products_of
from .coverage import COLUMNS, UNUSABLE, USABLE, has_text, place_by_id, select
from .pending import answered_since, on_their_way
from .plan import BoolArray, BucketPlan
from .questionnaire import Questionnaire
from .reask_policy import ReaskPolicy


@dataclass(frozen=True)
class Planner:
    """Compares products with the cache.

    Attributes:
        cache: The cache; nothing is written.
        questionnaire: What the config asks now.
        providers: model index -> provider, for the models that are to be asked.
        extra: Names of the further columns in the spooled products.
        wanted: Which cached answers are good enough.
    """

    cache: AnswersCache
    questionnaire: Questionnaire
    providers: Mapping[int, Fingerprinted]
    extra: tuple[str, ...]
    policy: ReaskPolicy

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
            answers,
            self.questionnaire,
            place_by_id(answers, products),
            products.num_rows,
            fingerprints,
        )
        relevant = self._relevant(products)
        waiting = (
            on_their_way(self.cache.batch_cells(bucket), products, self.questionnaire) & relevant
        )
        to_ask = self.policy.to_ask(chosen.states()) & relevant & ~waiting
        if self.policy.since_ns is not None:
            to_ask &= ~answered_since(answers, products, self.questionnaire, self.policy.since_ns)
        merged = tuple(
            i in self.providers and i not in fingerprints
            for i in range(len(self.questionnaire.models))
        )
        shared: list[Answer] = []
        if not self.policy.again:
            shared = self._share(products, to_ask & np.array(merged)[None, :, None])
            to_ask &= ~_cells_of(shared, products, self.questionnaire)
        applies = self.questionnaire.applies(products.column("category").combine_chunks())
        without_vote = int((applies & ~chosen.voted().any(axis=1)).sum())
        cells, on_way = relevant.sum(axis=(0, 2)), waiting.sum(axis=(0, 2))
        return BucketPlan(
            products, self.extra, self.questionnaire, to_ask, cells, without_vote, merged, on_way
        ), shared

    def _relevant(self, products: pa.Table) -> BoolArray:
        """The cells that exist: the attribute applies, the product has a text, the model is to be asked."""
        applies = self.questionnaire.applies(products.column("category").combine_chunks())
        models = np.array(
            [index in self.providers for index in range(len(self.questionnaire.models))]
        )
        relevant: BoolArray = (applies & has_text(products)[:, None])[:, None, :] & models[
            None, :, None
        ]
        return relevant

    def _fingerprints(self, products: pa.Table) -> dict[int, pa.Array]:
        """What `mock` and `replay` would answer from, for the models that have one."""
        found: dict[int, pa.Array] = {}
        for index, provider in self.providers.items():
            first = next(products_of(products.slice(0, 1), self.extra))
            if provider.fingerprint(first, self.questionnaire.attributes[0]) is not None:
                everyone = itertools.product(
                    products_of(products, self.extra), self.questionnaire.attributes
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
            found = select(answers, self.questionnaire, place, len(texts))
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


def _cells_of(shared: list[Answer], products: pa.Table, questionnaire: Questionnaire) -> BoolArray:
    """The cells that the copies cover."""
    covered = np.zeros(
        (products.num_rows, len(questionnaire.models), len(questionnaire.attributes)), bool
    )
    rows = {answer["product_id"] for answer in shared}
    place = {
        product_id: row
        for row, product_id in enumerate(products.column("product_id").to_pylist())
        if product_id in rows
    }
    for answer in shared:
        models = [
            i for i, part in enumerate(questionnaire.model_parts) if part == answer["model_part"]
        ]
        attributes = [
            questionnaire.parts.index(vote["part"])
            for vote in answer["votes"]
            if vote["part"] in questionnaire.parts
        ]
        covered[np.ix_([place[answer["product_id"]]], models, attributes)] = True
    return covered
