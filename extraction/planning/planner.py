"""Compares products with the cache: what is asked, and which answers of equal texts are shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...providers.protocol import Provider, fingerprinting
from ..cache.answers_cache import AnswersCache
from ..cache.journal import Answer
from ..inputs.spool import products_of
from .arrow_arrays import BoolArray
from .coverage import VOTE_COLUMNS, select_votes
from .pending import cells_answered_since, cells_in_batches
from .plan import BucketPlan
from .questionnaire import Questionnaire
from .reask_policy import ReaskPolicy
from .shared_answers import cells_of_answers, find_shared_answers


@dataclass(frozen=True)
class Planner:
    """Compares products with the cache.

    Attributes:
        cache: The cache; nothing is written.
        questionnaire: What the config asks now.
        providers: model index -> provider, for the models that are to be asked.
        extra_columns: Names of the further columns in the spooled products.
        policy: Which cached answers are good enough.
    """

    cache: AnswersCache
    questionnaire: Questionnaire
    providers: Mapping[int, Provider | None]
    extra_columns: tuple[str, ...]
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
        questionnaire = self.questionnaire
        fingerprints = self._fingerprints(products)
        answers = self.cache.answers(bucket, VOTE_COLUMNS)
        selection = select_votes(answers, products, questionnaire, fingerprints)
        exists = self._existing_cells(products)
        in_batches = exists & cells_in_batches(
            self.cache.batch_cells(bucket), products, questionnaire
        )
        to_ask = exists & ~in_batches & self.policy.to_ask(selection.states())
        to_ask &= ~self._cells_answered_since_the_order(answers, products)
        asks_texts_once = self._asks_texts_once(fingerprints)
        copies: list[Answer] = []
        if not self.policy.asks_again:
            may_share = to_ask & np.array(asks_texts_once)[None, :, None]
            copies = find_shared_answers(self.cache, products, may_share, questionnaire)
            to_ask &= ~cells_of_answers(copies, products, questionnaire)
        plan = BucketPlan(
            products=products,
            extra_columns=self.extra_columns,
            questionnaire=questionnaire,
            to_ask=to_ask,
            cells=exists.sum(axis=(0, 2)),
            cells_in_batches=in_batches.sum(axis=(0, 2)),
            without_vote=selection.count_without_vote(questionnaire.cells_to_ask(products)),
            asks_texts_once=asks_texts_once,
        )
        return plan, copies

    def _cells_answered_since_the_order(self, answers: pa.Table, products: pa.Table) -> BoolArray:
        """The cells of which an order to ask again has brought an answer already."""
        since_ns = self.policy.since_ns
        cells = self.questionnaire.no_cells(products.num_rows)
        for moment_ns in set(since_ns.values()):
            is_answered = cells_answered_since(answers, products, self.questionnaire, moment_ns)
            for index, part in enumerate(self.questionnaire.model_parts):
                if since_ns.get(part) == moment_ns:
                    cells[:, index] = is_answered[:, index]
        return cells

    def _existing_cells(self, products: pa.Table) -> BoolArray:
        """The cells that exist: attribute applies, product has a text, model is to be asked."""
        is_asked_about = self.questionnaire.cells_to_ask(products)
        cells = self.questionnaire.no_cells(products.num_rows)
        for index in self.providers:
            cells[:, index] = is_asked_about
        return cells

    def _asks_texts_once(self, fingerprints: Mapping[int, pa.Array]) -> tuple[bool, ...]:
        """[n_models] whether equal texts are asked once: where the prompt alone decides."""
        asks_once = []
        for index in range(len(self.questionnaire.models)):
            is_asked_model = index in self.providers
            asks_once.append(is_asked_model and index not in fingerprints)
        return tuple(asks_once)

    def _fingerprints(self, products: pa.Table) -> dict[int, pa.Array]:
        """What `mock` and `replay` would answer from, for the models that have one.

        Returns:
            model index -> [n_products * n_attributes] string.
        """
        fingerprints: dict[int, pa.Array] = {}
        attributes = self.questionnaire.attributes
        for index, provider in self.providers.items():
            source = fingerprinting(provider)
            if source is None:
                continue
            of_model = []
            for product in products_of(products, self.extra_columns):
                of_model += [source.fingerprint(product, each) for each in attributes]
            fingerprints[index] = pa.array(of_model, pa.string())
        return fingerprints
