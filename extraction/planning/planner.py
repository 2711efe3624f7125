"""Compares products with the cache: what is asked, and which answers of equal texts are shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ...ensemble.cells import Cells
from ...providers.protocol import Provider, fingerprinting
from ..cache.answers_cache import AnswersCache
from ..cache.journal import Answer
from ..inputs.spool import has_text, products_of
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
        cells = questionnaire.cells(products)
        fingerprints = self._fingerprints(products, cells)
        answers = self.cache.answers(bucket, VOTE_COLUMNS)
        selection = select_votes(answers, products, cells, questionnaire, fingerprints)
        is_asked_about = has_text(products)[cells.rows]
        exists = self._existing_votes(is_asked_about, cells)
        in_batches = exists & cells_in_batches(
            self.cache.batch_cells(bucket), products, cells, questionnaire
        )
        to_ask = exists & ~in_batches & self.policy.to_ask(selection.states())
        to_ask &= ~self._answered_since_the_order(answers, products, cells)
        asks_texts_once = self._asks_texts_once(fingerprints)
        copies: list[Answer] = []
        if not self.policy.asks_again:
            may_share = to_ask & np.array(asks_texts_once)
            copies = find_shared_answers(self.cache, products, cells, may_share, questionnaire)
            to_ask &= ~cells_of_answers(copies, products, cells, questionnaire)
        plan = BucketPlan(
            products=products,
            extra_columns=self.extra_columns,
            questionnaire=questionnaire,
            cells=cells,
            to_ask=to_ask,
            n_cells=exists.sum(axis=0),
            cells_in_batches=in_batches.sum(axis=0),
            without_vote=selection.count_without_vote(is_asked_about),
            asks_texts_once=asks_texts_once,
        )
        return plan, copies

    def _answered_since_the_order(
        self, answers: pa.Table, products: pa.Table, cells: Cells
    ) -> BoolArray:
        """[n_cells, n_models] whether an order to ask again has brought an answer already."""
        questionnaire = self.questionnaire
        since_ns = self.policy.since_ns
        has_answer = questionnaire.no_votes(cells)
        for moment_ns in set(since_ns.values()):
            is_answered = cells_answered_since(answers, products, cells, questionnaire, moment_ns)
            for index, part in enumerate(questionnaire.model_parts):
                if since_ns.get(part) == moment_ns:
                    has_answer[:, index] = is_answered[:, index]
        return has_answer

    def _existing_votes(self, is_asked_about: BoolArray, cells: Cells) -> BoolArray:
        """[n_cells, n_models] whether the product has a text, and the model is to be asked."""
        exists = self.questionnaire.no_votes(cells)
        for index in self.providers:
            exists[:, index] = is_asked_about
        return exists

    def _asks_texts_once(self, fingerprints: Mapping[int, pa.Array]) -> tuple[bool, ...]:
        """[n_models] whether equal texts are asked once: where the prompt alone decides."""
        asks_once = []
        for index in range(len(self.questionnaire.models)):
            is_asked_model = index in self.providers
            asks_once.append(is_asked_model and index not in fingerprints)
        return tuple(asks_once)

    def _fingerprints(self, products: pa.Table, cells: Cells) -> dict[int, pa.Array]:
        """What `mock` and `replay` would answer from, for the models that have one.

        Returns:
            model index -> [n_cells] string.
        """
        fingerprints: dict[int, pa.Array] = {}
        attributes = self.questionnaire.attributes
        for index, provider in self.providers.items():
            source = fingerprinting(provider)
            if source is None:
                continue
            records = list(products_of(products, self.extra_columns))
            of_model = []
            for row, index_of_attribute in zip(cells.rows, cells.attributes, strict=True):
                of_model.append(source.fingerprint(records[row], attributes[index_of_attribute]))
            fingerprints[index] = pa.array(of_model, pa.string())
        return fingerprints
