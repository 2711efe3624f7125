"""What becomes of a question: rows of the cache, one for each product that shares the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ...configs.errors import ProviderError
from ...configs.settings import ModelSettings
from ...configs.vote_states import is_usable
from ...prompts.reading.vote import Vote
from ...providers.calling.prices import cost_usd
from ...providers.protocol import Provider, Reply, fingerprinting
from ..cache.journal import Answer
from ..planning.plan import Question
from ..planning.questionnaire import Questionnaire
from ..planning.shared_answers import SHARED_COLUMNS
from ..votes.reading import Entry, as_entry, read_votes
from .observer import Observer

_ROUNDING = 1 + 1e-9  # a sum of attempts may differ from the cost of their tokens in its last bits


@dataclass(frozen=True)
class Recorder:
    """Turns the outcome of questions to one model into rows of `schema.ANSWERS`.

    Args:
        model: The model.
        model_part: Its digest.
        provider: Says what a mock or a replay answered from.
        questionnaire: What the config asks now.
    """

    model: ModelSettings
    model_part: bytes
    provider: Provider
    questionnaire: Questionnaire

    def answer_rows(self, questions: Sequence[Question], key: bytes, reply: Reply) -> list[Answer]:
        """Rows of a finished answer.

        The first product carries its tokens and cost, the others share it for nothing.

        Args:
            questions: Those that the request asked; they ask the same attributes.
            key: Key of the request.
            reply: The answer.
        """
        votes = read_votes(
            reply.text,
            reply.finish,
            self.questionnaire,
            questions[0].attributes,
        )
        columns = answer_columns(self.model, reply)
        rows = self._rows(questions, key, votes, columns, reply.probabilities)
        return mark_shared(list(rows))

    def failure_rows(
        self, questions: Sequence[Question], key: bytes, error: ProviderError, *, final: bool
    ) -> list[Answer]:
        """Rows of a question without an answer.

        Args:
            questions: Those that the request asked; they ask the same attributes.
            key: Key of the request.
            error: Why there is none.
            final: Whether the vendor will never take the request.
        """
        attributes = self.questionnaire.attributes
        votes = [Vote(attributes[index].name, "refused") for index in questions[0].attributes]
        columns = failure_columns(error, final=final)
        rows = list(self._rows(questions, key, votes, columns, {}))
        if not final:
            for row in rows:
                for entry in row["votes"]:
                    entry["state"] = "failed"
        return rows

    def _rows(
        self,
        questions: Sequence[Question],
        key: bytes,
        votes: Sequence[Vote],
        columns: Answer,
        probabilities: Mapping[str, float],
    ) -> Iterator[Answer]:
        for question in questions:
            entries = [
                self._entry(question, attribute, vote, probabilities.get(vote.attribute))
                for attribute, vote in zip(question.attributes, votes, strict=True)
            ]
            for product_id in question.product_ids:
                yield {
                    **columns,
                    "model": self.model.name,
                    "model_part": self.model_part,
                    "request_key": key,
                    "source": "asked",
                    "text_digest": question.text_digest,
                    "product_id": product_id,
                    "votes": entries,
                }

    def _entry(
        self, question: Question, attribute: int, vote: Vote, probability: float | None
    ) -> Entry:
        source = fingerprinting(self.provider)
        fingerprint = None
        if source is not None:
            about = self.questionnaire.attributes[attribute]
            fingerprint = source.fingerprint(question.product, about)
        return as_entry(
            vote, self.questionnaire, attribute, fingerprint=fingerprint, probability=probability
        )


def answer_columns(model: ModelSettings, reply: Reply) -> Answer:
    """The columns that an answer fills, at the model's prices."""
    return {
        "status": "answered",
        "finish": reply.finish,
        "raw": reply.text,
        "model_version": reply.model_version,
        "request_id": reply.request_id,
        "input_tokens": reply.input_tokens,
        "output_tokens": reply.output_tokens,
        "cost_usd": cost_usd(model, reply.input_tokens, reply.output_tokens),
        "max_tokens": reply.max_tokens if reply.finish == "length" else None,
        "dropped_options": ",".join(sorted(reply.without)) or None,
    }


def failure_columns(error: ProviderError, *, final: bool) -> Answer:
    """The columns that a failure fills; `final` where the vendor will never take the request."""
    return {
        "status": "answered" if final else "failed",
        "finish": "refused" if final else None,
        "error": error.message,
        "request_id": error.request_id,
    }


def note_charge(rows: list[Answer], charge_usd: float) -> None:
    """Write down what a budget counts for a request where its cost is less, or not known.

    Args:
        rows: What the request leaves behind; the first carries what it cost.
        charge_usd: What all its attempts count for.
    """
    known_cost_usd = rows[0].get("cost_usd") or 0.0
    if charge_usd > known_cost_usd * _ROUNDING:
        rows[0]["charge_usd"] = charge_usd


def mark_shared(rows: Sequence[Answer]) -> list[Answer]:
    """Rows of one answer, of which all but the first were not paid for."""
    first, *others = rows
    return [first, *({**other, **SHARED_COLUMNS} for other in others)]


def rows_from_answer(answer: Answer, question: Question) -> list[Answer]:
    """Rows that give the products of a question an answer which an equal request has got."""
    row = {**answer, **SHARED_COLUMNS, "text_digest": question.text_digest}
    return [{**row, "product_id": product_id} for product_id in question.product_ids]


def report_answer(observer: Observer, model: str, reply: Reply, row: Answer) -> bool:
    """Tell an observer of an answer, by its first row; returns whether it gave a vote."""
    usable = any(is_usable(vote["state"]) for vote in row["votes"])
    observer.on_answer(
        model,
        usable=usable,
        input_tokens=reply.input_tokens or 0,
        output_tokens=reply.output_tokens or 0,
        cost_usd=row["cost_usd"],
    )
    return usable
