"""One request to Acme, and its answer.

POST /generate   {"model": ..., "turns": [...], "room": 512}
200              {"text": "...", "read": 70, "written": 9}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from attrx.configs.settings import ModelSettings
from attrx.providers.protocol import Reply, Request
from attrx.providers.wire.credentials import read_key
from attrx.providers.wire.http import BrokenAnswer, HttpProvider, read_object

ADDRESS = "https://api.acme.example/v1"


class AcmeProvider(HttpProvider):
    """A model at Acme.

    What the class can is said in its attributes, which are read without a key. Those left out have
    the defaults of `attrx.providers.protocol.ProviderFacts`.

    Args:
        model: The model that is asked.
    """

    forms = ("none",)  # Acme takes no schema: answers are read as they come

    def __init__(self, model: ModelSettings) -> None:
        super().__init__(model, read_key(model, ("ACME_API_KEY",)), (httpx.HTTPError,))
        self._url = (model.base_url or ADDRESS).rstrip("/")
        headers = {"x-acme-key": self._key.value} if self._key.value else {}
        # The base class has the clock: httpx is told to wait for ever.
        self._client = httpx.AsyncClient(headers=headers, timeout=None)  # noqa: S113

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.aclose()

    async def _send(self, request: Request) -> httpx.Response:
        return await self._client.post(f"{self._url}/generate", json=body_of(self._model, request))

    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        return reply_of(read_object(content))


def body_of(model: ModelSettings, request: Request) -> dict[str, Any]:
    """A request as Acme wants it."""
    body: dict[str, Any] = {"model": model.model, "turns": request.messages}
    body["room"] = request.max_tokens
    return body


def reply_of(answer: Mapping[str, Any]) -> Reply:
    """An answer of Acme as attrx wants it.

    Raises:
        BrokenAnswer: It is none; attrx then asks again.
    """
    if "text" not in answer:
        raise BrokenAnswer("no text")
    return Reply(
        answer["text"], input_tokens=answer.get("read"), output_tokens=answer.get("written")
    )
