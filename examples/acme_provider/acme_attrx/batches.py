"""Many requests to Acme at once, answered later and for less.

POST /batches               {"tag": ..., "requests": [{"id": ..., "model": ..., ...}]}
GET  /batches?tag=...       {"batches": [{"id": ..., ...}]}
GET  /batches/ID            {"id": ..., "state": "ended", "total": 3, "over": 3, "created_s": ...}
GET  /batches/ID/results    one object a line: {"id": ..., "text": ...} or {"id": ..., "error": ...}
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from attrx.configs.errors import ProviderError
from attrx.providers.batches.batch_api import (
    BATCH_TIMEOUT_S,
    BatchLimits,
    BatchMatches,
    BatchStatus,
    Item,
    Result,
)
from attrx.providers.protocol import Reply
from attrx.providers.wire.http import BrokenAnswer, HttpResponse

from .provider import AcmeProvider, body_of, reply_of


class AcmeBatches(AcmeProvider):
    """The batch API of a model at Acme."""

    limits = BatchLimits(requests=10_000)
    price_factor = 0.6  # of the price of a request that is answered at once

    def size(self, item: Item) -> int:
        """Bytes that an item takes in an upload."""
        return len(json.dumps(self._entry(item))) + 1

    async def submit(self, items: Sequence[Item], tag: str) -> str:
        """Make a batch; its id. Acme shows a batch's tag at once, so that `find` can be sure."""
        body = {"tag": tag, "requests": [self._entry(item) for item in items]}
        batch = await self._fetch("POST", "/batches", "id", json=body)
        return str(batch["id"])

    async def find(self, tag: str, since_s: float) -> BatchMatches:
        """Look for a batch that `submit` may have made before the connection broke."""
        page = await self._fetch("GET", f"/batches?tag={tag}")
        return BatchMatches(certain=tuple(batch["id"] for batch in page.get("batches", [])))

    async def poll(self, batch_id: str) -> BatchStatus:
        """How a batch stands."""
        batch = await self._fetch("GET", f"/batches/{batch_id}", "state", "total", "created_s")
        return BatchStatus(
            id=batch_id,
            state=batch["state"],
            total=batch["total"],
            finished_requests=batch["over"],
            created_s=batch["created_s"],
        )

    async def results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each request."""
        response = await self._request("GET", f"/batches/{batch_id}/results")
        for line in self._content_of(response).splitlines():
            entry = json.loads(line)
            yield entry["id"], self._outcome(entry)

    def _entry(self, item: Item) -> dict[str, Any]:
        custom_id, request = item
        return {"id": custom_id, **body_of(self._model, request)}

    def _outcome(self, entry: dict[str, Any]) -> Reply | ProviderError:
        if "error" in entry:
            return self._errors.not_answered(entry["error"])
        try:
            return reply_of(entry)
        except BrokenAnswer as broken:
            return self._errors.broken_answer(200, {}, json.dumps(entry).encode(), str(broken))

    async def _fetch(self, method: str, path: str, *keys: str, **body: Any) -> dict[str, Any]:
        """The JSON object that Acme answers with; one without these keys is an error of attrx."""
        return self._object(await self._request(method, path, **body), *keys)

    async def _request(self, method: str, path: str, **body: Any) -> HttpResponse:
        """A response, within the time that an upload may take."""
        sending = self._client.request(method, f"{self._url}{path}", **body)
        return await self._in_time(sending, BATCH_TIMEOUT_S)
