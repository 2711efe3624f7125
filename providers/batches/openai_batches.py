"""OpenAI's batch API: a file of requests goes up, files of answers and of errors come down.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any

import orjson

from ...configs.errors import ProviderError
from ..openai import OpenAIProvider
from ..protocol import Reply
from ..wire.chat_completions import chat_body
from ..wire.chat_replies import read_completion
from ..wire.error_bodies import one_line
from ..wire.http import BrokenAnswer, HttpResponse
from .batch_api import (
    BATCH_TIMEOUT_S,
    BatchLimits,
    BatchMatches,
    BatchStatus,
    Item,
    Result,
    State,
    with_tag,
    without_tag,
)

_STATES: dict[str, State] = {
    "completed": "ended",
    "expired": "ended",
    "cancelled": "ended",
    "failed": "failed",
}
_PAGE = 100


class OpenAIBatches(OpenAIProvider):
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
            "input_file_id": file["id"],
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "metadata": {"attrx": tag},
        }
        creating = self._client.post_object("/batches", body)
        batch = self._object(await self._answer(creating), "id")
        return str(batch["id"])

    async def find(self, tag: str, since_s: float) -> BatchMatches:
        """Look for a batch that `submit` may have made; its metadata shows the tag."""
        ids: list[str] = []
        after = ""
        while True:
            page = await self._page(after)
            batches = page.get("data") or []
            recent = [batch for batch in batches if batch["created_at"] >= since_s]
            for batch in recent:
                if _tag_of(batch) == tag:
                    ids.append(batch["id"])
            if not recent or not page.get("has_more"):
                return BatchMatches(certain=tuple(ids))
            after = f"&after={batches[-1]['id']}"

    async def poll(self, batch_id: str) -> BatchStatus:
        """How a batch stands."""
        batch = await self._batch(batch_id)
        counts = batch.get("request_counts") or {}
        successes = counts.get("completed") or 0
        failures = counts.get("failed") or 0
        status = str(batch.get("status"))
        return BatchStatus(
            id=batch_id,
            state=_STATES.get(status, "open"),
            total=counts.get("total") or 0,
            finished_requests=successes + failures,
            created_s=float(batch.get("created_at") or 0),
            reason=one_line(_problems_of(batch)),
        )

    async def results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each request; see `BatchProvider.results`."""
        batch = await self._batch(batch_id)
        for name in ("output_file_id", "error_file_id"):
            file = batch.get(name)
            if not file:
                continue
            response = await self._answer(self._client.get(f"/files/{file}/content"))
            for line in self._content_of(response).splitlines():
                yield self._result(orjson.loads(line))

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

    def _result(self, line: dict[str, Any]) -> Result:
        custom_id = without_tag(line.get("custom_id"))
        response = line.get("response")
        if not response:
            error = line.get("error") or {}
            why = f"{error.get('code')}: {error.get('message')}"
            return custom_id, self._errors.not_answered(why)
        headers = {"x-request-id": str(response.get("request_id") or "")}
        status = int(response.get("status_code") or 0)
        return custom_id, self._outcome(status, headers, response.get("body"))

    def _outcome(self, status: int, headers: dict[str, str], body: Any) -> Reply | ProviderError:
        if status != 200:
            return self._errors.from_response(status, headers, orjson.dumps(body))
        try:
            return self._outcome_of(
                read_completion(body if isinstance(body, dict) else {}, headers)
            )
        except BrokenAnswer as failure:
            return self._failure(failure, status, headers, orjson.dumps(body))

    async def _page(self, after: str) -> dict[str, Any]:
        """One page of the list of batches."""
        response = await self._answer(self._client.get(f"/batches?limit={_PAGE}{after}"))
        return self._object(response)

    async def _batch(self, batch_id: str) -> dict[str, Any]:
        response = await self._answer(self._client.get(f"/batches/{batch_id}"))
        return self._object(response, "status")

    async def _answer(self, sending: Awaitable[HttpResponse]) -> HttpResponse:
        return await self._in_time(sending, BATCH_TIMEOUT_S)


def _problems_of(batch: dict[str, Any]) -> str:
    """Why a batch was refused as a whole."""
    errors = batch.get("errors") or {}
    problems = errors.get("data") or []
    return "; ".join(str(problem.get("message")) for problem in problems)


def _tag_of(batch: dict[str, Any]) -> str | None:
    metadata: dict[str, str] = batch.get("metadata") or {}
    return metadata.get("attrx")
