"""OpenAI's batch API: a file of requests goes up, files of answers and of errors come down.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import IO, Any

import orjson

from ...configs.checked_values import count_or_none, word_or_none
from ...configs.errors import ProviderError
from ..openai import OpenAIProvider
from ..protocol import Reply
from ..wire.chat_completions import chat_body
from ..wire.chat_replies import read_completion
from ..wire.error_bodies import one_line
from ..wire.http import HttpResponse
from .batch_api import (
    BatchLimits,
    BatchMatches,
    BatchStatus,
    Item,
    Result,
    State,
    with_tag,
)
from .http_batches import (
    MOST_PAGES,
    HttpBatches,
    batches_since,
    bytes_of,
    count_of,
    dicts_in,
    id_or_empty,
    ids_in,
    in_path,
    last_id,
    mapping_or_empty,
)

_STATES: dict[str, State] = {
    "completed": "ended",
    "expired": "ended",
    "cancelled": "ended",
    "failed": "failed",
}
_PAGE = 100
_LAST_SECOND = 10**11


class OpenAIBatches(HttpBatches, OpenAIProvider):
    """The batch API of a model at OpenAI, or at a gateway that has it; see `BatchProvider`."""

    limits = BatchLimits(requests=50_000)
    price_factor = 0.5  # https://platform.openai.com/docs/guides/batch

    def size(self, item: Item) -> int:
        """Bytes that an item takes in an upload."""
        return len(self._line(item, "x" * 24))

    async def submit(self, items: Sequence[Item], tag: str) -> str:
        """Make a batch; see `BatchProvider.submit`.

        A file that is left behind by a kill in between costs nothing.
        """
        lines = b"".join(self._line(item, tag) for item in items)
        uploading = self._client.upload("/files", f"attrx-{tag}.jsonl", lines)
        file = self._object(await self._answer(uploading), "id")
        body = {
            "input_file_id": id_or_empty(file["id"]),
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"attrx": tag},
        }
        creating = self._client.post_object("/batches", body)
        batch = self._object(await self._answer(creating), "id")
        return self._id_of(batch)

    async def find(self, tag: str, since_s: float) -> BatchMatches:
        """Look for a batch that `submit` may have made; its metadata shows the tag."""
        ids: list[str] = []
        earlier_last = ""
        for _ in range(MOST_PAGES):
            page = await self._page(earlier_last)
            batches = dicts_in(page.get("data"))
            recent = batches_since(since_s, batches, _created_s)
            for batch in recent:
                if _tag_of(batch) == tag:
                    batch_id = id_or_empty(batch.get("id"))
                    ids.append(batch_id)
            last = last_id(batches)
            if not recent or not page.get("has_more") or last in ("", earlier_last):
                break
            earlier_last = last
        return BatchMatches(certain=ids_in(ids))

    async def poll(self, batch_id: str) -> BatchStatus:
        """How a batch stands."""
        batch = await self._batch(batch_id)
        counts = mapping_or_empty(batch.get("request_counts"))
        status = str(batch.get("status"))
        return BatchStatus(
            id=batch_id,
            state=_STATES.get(status, "open"),
            total=count_of(counts, "total"),
            finished_requests=count_of(counts, "completed") + count_of(counts, "failed"),
            answers=count_of(counts, "completed"),
            created_s=_created_s(batch, 0.0),
            reason=one_line(_problems_of(batch)),
        )

    async def results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each request; see `BatchProvider.results`."""
        batch = await self._batch(batch_id)
        for name in ("output_file_id", "error_file_id"):
            file_id = id_or_empty(batch.get(name))
            if file_id:
                path = f"/files/{in_path(file_id)}/content"
                async for result in self._results(path, self._outcome_in):
                    yield result

    def _line(self, item: Item, tag: str) -> bytes:
        """One line of the upload.

        The token limit goes under its newer name, which all models in batches take.
        """
        custom_id, request = item
        line = {
            "custom_id": with_tag(tag, custom_id),
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": chat_body(self._model, request, "max_completion_tokens"),
        }
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)

    def _outcome_in(self, line: dict[str, Any]) -> Reply | ProviderError:
        """What a line of a file of results says.

        Raises:
            ValueError: Nothing that can be read.
        """
        response = mapping_or_empty(line.get("response"))
        error = line.get("error")
        if not response and isinstance(error, dict):
            return self._errors.not_answered(f"{error.get('code')}: {error.get('message')}")
        status = count_of(response, "status_code")
        if not status:
            raise ValueError("neither a response nor an error")
        headers = {"x-request-id": id_or_empty(response.get("request_id"))}
        return self._outcome(status, headers, response.get("body"))

    def _outcome(self, status: int, headers: dict[str, str], body: Any) -> Reply | ProviderError:
        if status != 200:
            return self._errors.from_response(status, headers, bytes_of(body))
        return self._read_outcome(read_completion, body, headers)

    async def _page(self, earlier_last: str) -> dict[str, Any]:
        """The page of the list of batches that follows a batch, or the first one."""
        after = f"&after={in_path(earlier_last)}" if earlier_last else ""
        sending = self._client.get(f"/batches?limit={_PAGE}{after}")
        response = await self._answer(sending)
        return self._object(response)

    async def _batch(self, batch_id: str) -> dict[str, Any]:
        sending = self._client.get(f"/batches/{in_path(batch_id)}")
        response = await self._answer(sending)
        return self._object(response, "status")

    async def _download(self, path: str, file: IO[bytes]) -> HttpResponse:
        return await self._client.download(path, file)


def _created_s(batch: dict[str, Any], default: float) -> float:
    """When a batch was made; the default where that is not told."""
    seconds = count_or_none(batch.get("created_at"), _LAST_SECOND)
    return default if seconds is None else float(seconds)


def _problems_of(batch: dict[str, Any]) -> str:
    """Why a batch was refused as a whole."""
    errors = mapping_or_empty(batch.get("errors"))
    problems = dicts_in(errors.get("data"))
    return "; ".join(str(problem.get("message")) for problem in problems)


def _tag_of(batch: dict[str, Any]) -> str | None:
    metadata = mapping_or_empty(batch.get("metadata"))
    return word_or_none(metadata.get("attrx"))
