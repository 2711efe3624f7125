"""What the outcomes of batches leave behind; pure, no network."""

from __future__ import annotations

from ...configs.errors import ProviderError, UnreadableResultError
from ...configs.settings import ModelSettings
from ...providers.calling.token_limit import token_limits
from ...providers.protocol import Reply
from ...providers.registry import facts_of
from ..asking.recording import answer_columns, failure_columns, mark_shared
from ..cache.batch_records import Batch, BatchRequest, Parts
from ..cache.digests import DIGEST_BYTES
from ..cache.journal import Answer
from ..planning.questionnaire import Questionnaire
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
    """The rows of an answer that came in a batch: what a live one would have left behind.

    Args:
        batch: The batch.
        request: The request.
        reply: Its answer.
        model: The model that collects it, at the prices of batches.
        questionnaire: What the config asks now.
    """
    columns = answer_columns(model, reply)
    if reply.finish == "length":
        # What a live answer was given before it counted as cut off for good.
        columns["max_tokens"] = token_limits(model, facts_of(model)).second
    columns["votes"] = _entries(request.parts, questionnaire, "unreadable")
    columns["votes"] = read_again(columns, questionnaire)
    return mark_shared(_rows(batch, request, columns))


def failure_rows(
    batch: Batch,
    request: BatchRequest,
    error: ProviderError,
    questionnaire: Questionnaire,
    *,
    final: bool,
) -> list[Answer]:
    """The rows of a request of a batch without an answer.

    Args:
        batch: The batch.
        request: The request.
        error: Why it has none.
        questionnaire: What the config asks now.
        final: Whether the vendor will never take the request.
    """
    columns = failure_columns(error, final=final)
    state = "refused" if final else "failed"
    if isinstance(error, UnreadableResultError):
        columns |= {"finish": None, "error": f"{error.message}: {error.raw}"}
        state = "unreadable"
    columns["votes"] = _entries(request.parts, questionnaire, state)
    return _rows(batch, request, columns)


def model_for(batch: Batch, questionnaire: Questionnaire) -> int | None:
    """Index of the configured model that can collect a batch, since it is reached in the same way.

    That is the same model, under the same name or another; or else the one of the same name and
    address, whose options have changed since: the answers still belong to what was asked.
    """
    best_index = None
    best_fit = (False, False)
    for index, model in enumerate(questionnaire.models):
        is_same = questionnaire.model_parts[index] == batch.model_part
        address = (model.name, model.provider, model.base_url)
        has_same_address = address == (batch.model, batch.provider, batch.base_url)
        fit = (is_same, has_same_address)
        if fit > best_fit:
            best_index = index
            best_fit = fit
    return best_index


def _entries(parts: Parts, questionnaire: Questionnaire, state: str) -> list[Entry]:
    """Votes on what a request asks that say nothing, by the present readers."""
    names = [attribute.name for attribute in questionnaire.attributes]
    readers = dict(zip(names, questionnaire.readers, strict=True))
    entries: list[Entry] = []
    for name, part in parts:
        entry: Entry = {
            "attribute": name,
            "part": part,
            "fingerprint": None,
            "reader": readers.get(name, _NO_READER),
            "state": state,
            "value": None,
            "spelling": None,
        }
        entries.append(entry)
    return entries


def _rows(batch: Batch, request: BatchRequest, columns: Answer) -> list[Answer]:
    """One row for each product that gets the answer."""
    columns = {
        **columns,
        "model": batch.model,
        "model_part": batch.model_part,
        "request_key": request.key,
        "source": "asked",
    }
    rows = []
    for product_id, text_digest in request.products:
        rows.append({**columns, "product_id": product_id, "text_digest": text_digest})
    return rows
