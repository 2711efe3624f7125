"""Anthropic's message batches: requests go up in one body, results come down as lines.

https://docs.anthropic.com/en/docs/build-with-claude/batch-processing
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import IO, Any

import orjson

from ...configs.errors import ProviderError
from ..anthropic import AnthropicProvider, message_body, read_message_object
from ..protocol import Reply
from ..wire.http import HttpResponse
from .batch_api import (
    BatchLimits,
    BatchMatches,
    BatchStatus,
    Item,
    Result,
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
from .result_lines import UnreadableLine

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
_NOT_ANSWERED = ("expired", "canceled")


class AnthropicBatches(HttpBatches, AnthropicProvider):
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
        sending = self._client.post(f"{self._url}/batches", content)
        response = await self._answer(sending)
        batch = self._object(response, "id")
        return self._id_of(batch)

    async def find(self, tag: str, since_s: float) -> BatchMatches:
        """Look for a batch that `submit` may have made; only results show the tag."""
        certain: list[str] = []
        possible: list[str] = []
        earlier_last = ""
        for _ in range(MOST_PAGES):
            after = f"&after_id={in_path(earlier_last)}" if earlier_last else ""
            page = await self._get(f"?limit={_PAGE}{after}")
            batches = dicts_in(page.get("data"))
            recent = batches_since(since_s, batches, _created_s)
            for batch in recent:
                batch_id = id_or_empty(batch.get("id"))
                if not _is_over(batch):
                    possible.append(batch_id)
                elif await self._carries(batch_id, tag):
                    certain.append(batch_id)
            last = last_id(batches)
            if not recent or not page.get("has_more") or last in ("", earlier_last):
                break
            earlier_last = last
        return BatchMatches(ids_in(certain), ids_in(possible))

    async def poll(self, batch_id: str) -> BatchStatus:
        """How a batch stands."""
        batch = await self._get(f"/{in_path(batch_id)}")
        counts = mapping_or_empty(batch.get("request_counts"))
        total = sum(count_of(counts, name) for name in counts)
        return BatchStatus(
            id=batch_id,
            state="ended" if _is_over(batch) else "open",
            total=total,
            finished_requests=total - count_of(counts, "processing"),
            answers=count_of(counts, "succeeded"),
            created_s=_created_s(batch, 0.0),
        )

    async def results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each request; see `BatchProvider.results`.

        They are not fetched from their `results_url`, to which the key would go along.
        """
        async for result in self._results(_results_of(batch_id), self._outcome_in):
            yield result

    def _part(self, item: Item, tag: str) -> bytes:
        custom_id, request = item
        part = {
            "custom_id": with_tag(tag, custom_id),
            "params": message_body(self._model, request),
        }
        return orjson.dumps(part)

    def _outcome_in(self, line: dict[str, Any]) -> Reply | ProviderError:
        """What a line of a file of results says.

        Raises:
            ValueError: Nothing that can be read.
        """
        result = mapping_or_empty(line.get("result"))
        kind = result.get("type")
        if kind == "succeeded":
            return self._read_outcome(read_message_object, result.get("message"), {})
        if kind == "errored":
            error = mapping_or_empty(result.get("error"))
            error_type = str(mapping_or_empty(error.get("error")).get("type"))
            status = _STATUSES.get(error_type, 500)
            return self._errors.from_response(status, {}, bytes_of(error))
        if kind not in _NOT_ANSWERED:
            raise ValueError("a result of no type that is known")
        return self._errors.not_answered(kind)

    async def _carries(self, batch_id: str, tag: str) -> bool:
        """Whether the custom ids of a batch begin with the tag; all do, or none."""
        async for line in self._lines(_results_of(batch_id)):
            if not isinstance(line, UnreadableLine):
                _, _, entry = line
                return str(entry.get("custom_id")).startswith(f"{tag}_")
        return False

    async def _get(self, path: str) -> dict[str, Any]:
        sending = self._client.get(f"{self._url}/batches{path}")
        response = await self._answer(sending)
        return self._object(response)

    async def _download(self, path: str, file: IO[bytes]) -> HttpResponse:
        return await self._client.download(f"{self._url}/batches{path}", file)


def _results_of(batch_id: str) -> str:
    return f"/{in_path(batch_id)}/results"


def _is_over(batch: dict[str, Any]) -> bool:
    return batch.get("processing_status") == "ended"


def _created_s(batch: dict[str, Any], default: float) -> float:
    """When a batch was made; the default where that is not told."""
    try:
        return datetime.fromisoformat(str(batch.get("created_at"))).timestamp()
    except (ValueError, OverflowError):
        return default
