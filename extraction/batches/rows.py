"""What the outcomes of batches leave behind; pure, no network."""

from __future__ import annotations

from ...configs.errors import ProviderError
from ...configs.settings import ModelSettings
from ...providers.protocol import Reply
from ..asking.recording import answer_columns, failure_columns
from ..cache.batch_records import Batch, BatchRequest, Parts
from ..cache.digests import DIGEST_BYTES
from ..cache.journal import Answer
from ..planning.questionnaire import Questionnaire
from ..planning.shared_answers import SHARED_COLUMNS
from ..votes.reading import Entry, read_again

# Of no vocabulary: where an attribute has left the config, its votes are read once it is back.
_NO_READER = bytes(DIGEST_BYTES)


def answer_rows(
    batch: Batch,
    request: BatchRequest,
    reply: Reply,
    model: ModelSettings,
    questionnaire: Questionnaire,
) -> list[Answer]:
    """The rows of an answer that came in a batch: what a live one would have left behind, at the model's prices."""
    row = answer_columns(model, reply)
    entries = read_again(
        {**row, "votes": _entries(request.parts, questionnaire, "unreadable")}, questionnaire
    )
    first, *others = _rows(batch, request, {**row, "votes": entries})
    return [first, *({**other, **SHARED_COLUMNS} for other in others)]


def failure_rows(
    batch: Batch,
    request: BatchRequest,
    error: ProviderError,
    questionnaire: Questionnaire,
    *,
    final: bool,
) -> list[Answer]:
    """The rows of a request of a batch without an answer; `final` where the vendor will never take it."""
    entries = _entries(request.parts, questionnaire, "refused" if final else "failed")
    return _rows(batch, request, {**failure_columns(error, final=final), "votes": entries})


def model_for(batch: Batch, questionnaire: Questionnaire) -> int | None:
    """Index of the configured model that can collect a batch, since it is reached in the same way.

    That is the same model, under the same name or another; or else the one of the same name and
    address, whose options have changed since: the answers still belong to what was asked.
    """
    reached = (batch.model, batch.provider, batch.base_url)
    same = [part == batch.model_part for part in questionnaire.model_parts]
    named = [
        (model.name, model.provider, model.base_url) == reached for model in questionnaire.models
    ]
    able = [index for index in range(len(same)) if same[index] or named[index]]
    return max(able, key=lambda index: (same[index], named[index]), default=None)


def _entries(parts: Parts, questionnaire: Questionnaire, state: str) -> list[Entry]:
    """Votes on what a request asks that say nothing, by the present readers."""
    readers = {
        attribute.name: reader
        for attribute, reader in zip(questionnaire.attributes, questionnaire.readers, strict=True)
    }
    return [
        {
            "attribute": name,
            "part": part,
            "fingerprint": None,
            "reader": readers.get(name, _NO_READER),
            "state": state,
            "value": None,
            "spelling": None,
        }
        for name, part in parts
    ]


def _rows(batch: Batch, request: BatchRequest, row: Answer) -> list[Answer]:
    row = {
        **row,
        "model": batch.model,
        "model_part": batch.model_part,
        "request_key": request.key,
        "source": "asked",
    }
    return [
        {**row, "product_id": product_id, "text_digest": text}
        for product_id, text in request.products
    ]
