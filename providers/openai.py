"""OpenAI, and every server that speaks its chat completions: vLLM, llama.cpp, Ollama, Azure."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from ..configs.settings import ModelSettings
from .protocol import Reply, Request
from .wire.chat_completions import chat_body, check_options
from .wire.chat_replies import read_chat
from .wire.credentials import read_key
from .wire.error_bodies import read_error_body
from .wire.http import HttpProvider, HttpResponse
from .wire.vendor_errors import rate_headers, request_id

# Given in full, so that OPENAI_BASE_URL cannot send a model's requests elsewhere than attrx.yaml
# says.
_ADDRESS = "https://api.openai.com/v1"


class OpenAIProvider(HttpProvider):
    """A model behind OpenAI's chat completions API.

    Args:
        model: The model; `base_url` names a server other than OpenAI's, which is asked without a
            key unless `api_key_env` is set.

    Raises:
        ConfigError: The key is missing, or an option is set that attrx sets by itself.
    """

    batch_api = "attrx.providers.batches.openai_batches:OpenAIBatches"

    def __init__(self, model: ModelSettings) -> None:
        check_options(model)
        key = read_key(model, ("OPENAI_API_KEY",))
        from .clients.openai_client import OpenAIClient  # noqa: PLC0415  the SDK takes half a second

        self._client = OpenAIClient(model.base_url or _ADDRESS, key.value)
        super().__init__(model, key, self._client.connection_errors)
        self._url = self._client.url("chat/completions")
        self._limit_key = "max_tokens"

    async def ask(self, request: Request) -> Reply:
        """Send one request, once; see `Provider.ask`.

        Newer models refuse `max_tokens`: 400, param `max_tokens`, "Unsupported parameter:
        'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead." Older
        models and other servers know only the old name. So the old name is tried first, and after
        that refusal the new one, here and from then on.
        """
        limit_key = self._limit_key
        response = await self._response(request)
        if limit_key == "max_tokens" and _names_other_limit_key(response):
            self._limit_key = "max_completion_tokens"
            response = await self._response(request)
        if _is_filtered(response):
            return Reply(
                "",
                "filtered",
                request_id=request_id(response.headers),
                headers=rate_headers(response.headers),
            )
        return self._reply(response, request)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.close()

    async def _send(self, request: Request) -> HttpResponse:
        body = chat_body(self._model, request, self._limit_key)
        return await self._client.post(self._url, orjson.dumps(body))

    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        return read_chat(content, headers)


def _names_other_limit_key(response: HttpResponse) -> bool:
    return response.status_code == 400 and b"max_completion_tokens" in response.content


def _is_filtered(response: HttpResponse) -> bool:
    """Azure's filter refuses a prompt with 400 and code `content_filter`; asking again is vain.

    https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
    """
    return (
        response.status_code == 400 and "content_filter" in read_error_body(response.content).codes
    )
