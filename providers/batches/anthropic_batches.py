"""Anthropic's message batches: requests go up in one body, results come down as lines.

https://docs.anthropic.com/en/docs/build-with-claude/batch-processing
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from datetime import datetime
from typing import Any

import orjson

from ...configs.errors import ProviderError
from ..anthropic import AnthropicProvider, message_body, read_message_object
from ..protocol import Reply
from ..wire.http import BrokenAnswer, HttpResponse
from .batch_api import (
    BATCH_TIMEOUT_S,
    BatchLimits,
    BatchMatches,
    BatchStatus,
    Item,
    Result,
    with_tag,
    without_tag,
)

_PAGE = 100
# A result names the type of its error, but not the status that goes with it;
# https://docs.anthropic.com/en/api/errors.
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicBatches(AnthropicProvider):
    """The batch API of a model at Anthropic, or at a gateway that has it; see `BatchProvider`."""

    limits = BatchLimits(requests=100_000)
    # https://docs.anthropic.com/en/docs/build-with-claude/batch-processing
    price_factor = 0.5

    def size(self, item: Item) -> int:
        """Bytes that an item takes in an upload."""
        return len(self._part(item, "x" * 24)) + 1

    async def submit(self, items: Sequence[Item], tag: str) -> str:
        """Make a batch; see `BatchProvider.submit`."""
        parts = b",".join(self._part(item, tag) for item in items)
        content = b'{"requests":[' + parts + b"]}"
        response = await self._answer(self._client.post(f"{self._url}/batches", content))
        batch = self._object(response, "id")
        return str(batch["id"])

    async def find(self, tag: str, since_s: float) -> BatchMatches:
        """Look for a batch that `submit` may have made; only results show the tag."""
        certain: list[str] = []
        possible: list[str] = []
        after = ""
        while True:
            page = await self._get(f"?limit={_PAGE}{after}")
            batches = page.get("data") or []
            recent = [batch for batch in batches if _created_s(batch) >= since_s]
            for batch in recent:
                if not _is_over(batch):
                    possible.append(batch["id"])
                elif await self._carries(batch["id"], tag):
                    certain.append(batch["id"])
            if not recent or not page.get("has_more"):
                return BatchMatches(tuple(certain), tuple(possible))
            after = f"&after_id={batches[-1]['id']}"

    async def poll(self, batch_id: str) -> BatchStatus:
        """How a batch stands."""
        batch = await self._get(f"/{batch_id}")
        counts = batch.get("request_counts") or {}
        total = sum(counts.values())
        open_requests = counts.get("processing") or 0
        return BatchStatus(
            id=batch_id,
            state="ended" if _is_over(batch) else "open",
            total=total,
            finished_requests=total - open_requests,
            created_s=_created_s(batch),
        )

    async def results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each request; see `BatchProvider.results`."""
        for line in await self._lines(batch_id):
            entry = orjson.loads(line)
            custom_id = without_tag(entry.get("custom_id"))
            result = entry.get("result") or {}
            yield custom_id, self._outcome(result)

    def _part(self, item: Item, tag: str) -> bytes:
        custom_id, request = item
        part = {
            "custom_id": with_tag(tag, custom_id),
            "params": message_body(self._model, request),
        }
        return orjson.dumps(part)

    def _outcome(self, result: dict[str, Any]) -> Reply | ProviderError:
        kind = result.get("type")
        if kind == "succeeded":
            message = result.get("message")
            try:
                body = message if isinstance(message, dict) else {}
                return self._outcome_of(read_message_object(body, {}))
            except BrokenAnswer as failure:
                return self._failure(failure, 200, {}, orjson.dumps(message))
        if kind == "errored":
            error = result.get("error") or {}
            error_type = str((error.get("error") or {}).get("type"))
            status = _STATUSES.get(error_type, 500)
            return self._errors.from_response(status, {}, orjson.dumps(error))
        return self._errors.not_answered(str(kind))

    async def _carries(self, batch_id: str, tag: str) -> bool:
        """Whether the custom ids of a batch begin with the tag; all do, or none."""
        lines = await self._lines(batch_id)
        if not lines:
            return False
        custom_id = str(orjson.loads(lines[0]).get("custom_id"))
        return custom_id.startswith(f"{tag}_")

    async def _lines(self, batch_id: str) -> list[bytes]:
        """The results; not from their `results_url`, to which the key would go along."""
        sending = self._client.get(f"{self._url}/batches/{batch_id}/results")
        return self._content_of(await self._answer(sending)).splitlines()

    async def _get(self, path: str) -> dict[str, Any]:
        return self._object(await self._answer(self._client.get(f"{self._url}/batches{path}")))

    async def _answer(self, sending: Awaitable[HttpResponse]) -> HttpResponse:
        return await self._in_time(sending, BATCH_TIMEOUT_S)


def _is_over(batch: dict[str, Any]) -> bool:
    return batch.get("processing_status") == "ended"


def _created_s(batch: dict[str, Any]) -> float:
    return datetime.fromisoformat(batch["created_at"]).timestamp()
