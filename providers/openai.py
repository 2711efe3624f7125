"""OpenAI, and every server that speaks its chat completions: vLLM, llama.cpp, Ollama, Azure, gateways.

The SDK is used below its `chat.completions.create`: with aiohttp as its transport, and the body in
and out as bytes, a request costs the client less than half the processor time, because no typed
models are built that nobody reads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Any

import httpx2
import orjson
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAioHttpClient, Omit

from ..configs.settings import ModelSettings
from .protocol import Reply, Request
from .wire.chat_completions import chat_body, check_options, read_chat
from .wire.credentials import read_key
from .wire.error_bodies import read_complaint
from .wire.http import HttpProvider, HttpResponse
from .wire.request_reuse import RequestReuse
from .wire.vendor_errors import rate_headers, request_id

# Given in full, so that OPENAI_BASE_URL cannot send a model's requests elsewhere than attrx.yaml
# says.
_ADDRESS = "https://api.openai.com/v1"


class _Client(RequestReuse, AsyncOpenAI):
    """OpenAI's client, for one address."""


class OpenAIProvider(HttpProvider):
    """A model behind OpenAI's chat completions API.

    Args:
        model: The model; `base_url` names a server other than OpenAI's, which is asked without a
            key unless `api_key_env` is set.

    Raises:
        ConfigError: The key is missing, or an option is set that attrx sets by itself.
    """

    def __init__(self, model: ModelSettings) -> None:
        check_options(model)
        key = read_key(model, ("OPENAI_API_KEY",))
        super().__init__(model, key, (APIConnectionError, httpx2.HTTPError))
        self._client = _Client(
            api_key=key.value or "none",
            base_url=model.base_url or _ADDRESS,
            max_retries=0,
            timeout=None,
            http_client=DefaultAioHttpClient(timeout=None),
        )
        # An absolute address saves the SDK from joining and parsing it anew for each request.
        self._url = str(self._client.base_url.join("chat/completions"))
        self._headers = {} if key.value else {"Authorization": Omit()}
        self._raw: dict[str, Any] = {
            "cast_to": httpx2.Response,
            "options": {"headers": self._headers},
        }
        self._room = "max_tokens"

    async def ask(self, request: Request) -> Reply:
        """Send one request, once; see `Provider.ask`.

        Newer models refuse `max_tokens`: 400, param `max_tokens`, "Unsupported parameter:
        'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead." Older
        models and other servers know only the old name. So the old name is tried first, and after
        that refusal the new one, here and from then on.
        """
        room = self._room
        response = await self._response(request)
        if room == "max_tokens" and _wants_new_room(response):
            self._room = "max_completion_tokens"
            response = await self._response(request)
        if _is_filtered(response):
            headers = response.headers
            return Reply(
                "", "filtered", request_id=request_id(headers), headers=rate_headers(headers)
            )
        return self._reply(response)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.close()

    async def _send(self, request: Request) -> HttpResponse:
        content = orjson.dumps(chat_body(self._model, request, self._room))
        return await self._of_any_status(self._client.post(self._url, content=content, **self._raw))

    async def _of_any_status(self, sending: Awaitable[httpx2.Response]) -> HttpResponse:
        """The response, also where the SDK raises it as an error."""
        try:
            return await sending
        except APIStatusError as refusal:
            return refusal.response

    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        return read_chat(content, headers)


def _wants_new_room(response: HttpResponse) -> bool:
    return response.status_code == 400 and b"max_completion_tokens" in response.content


def _is_filtered(response: HttpResponse) -> bool:
    """Azure's filter refuses a prompt with 400 and code `content_filter`; that is an answer, and asking again is vain.

    https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
    """
    return (
        response.status_code == 400 and "content_filter" in read_complaint(response.content).codes
    )
