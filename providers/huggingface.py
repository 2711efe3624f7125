"""Hugging Face through huggingface_hub's async client: Inference Providers, dedicated endpoints, and TGI anywhere.

https://huggingface.co/docs/huggingface_hub/package_reference/inference_client
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, cast

import httpx2
from huggingface_hub import AsyncInferenceClient, constants, set_async_client_factory
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

from ..configs.errors import ConfigError
from ..configs.settings import ModelSettings
from .protocol import Reply, Request
from .wire.chat_completions import (
    check_options,
    passed_options,
    read_chat,
    response_format,
)
from .wire.credentials import read_key
from .wire.http import HttpProvider, HttpResponse

# The client hands out parsed answers only. The response that a request got is caught here, for its
# headers and for what it really said; each request runs in a task, and so in a context, of its own.
_caught: ContextVar[list[httpx2.Response]] = ContextVar("_caught")


async def _catch(response: httpx2.Response) -> None:
    await response.aread()
    _caught.get([]).append(response)


def _open_client() -> httpx2.AsyncClient:
    """The HTTP client under huggingface_hub's.

    Its own refuses every address while HF_HUB_OFFLINE is set, a server on this machine too, and
    keeps the responses to itself. `HuggingFaceProvider` sees to what offline means.
    """
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    hooks = {"response": [_catch]}
    return httpx2.AsyncClient(event_hooks=hooks, follow_redirects=True, timeout=None, limits=limits)


class HuggingFaceProvider(HttpProvider):
    """A model on Hugging Face.

    Args:
        model: The model. Without `base_url`, Hugging Face's router is asked, and `options:
            {provider: together}` has it choose that inference provider. `base_url` names a
            dedicated endpoint or a TGI server, which is asked without a key unless `api_key_env` is
            set.

    Raises:
        ConfigError: The key is missing, an option is set that attrx sets by itself, or the router
            is to be asked while HF_HUB_OFFLINE is set.
    """

    def __init__(self, model: ModelSettings) -> None:
        check_options(model)
        if model.base_url is None and constants.is_offline_mode():
            raise ConfigError(
                f"model '{model.name}': HF_HUB_OFFLINE is set, and without `base_url` the Hugging Face router is asked",
                hint="unset HF_HUB_OFFLINE, or give the `base_url` of a server of your own",
            )
        key = read_key(model, ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
        if model.base_url is None and not key.value.startswith("hf_"):
            raise ConfigError(
                f"model '{model.name}': {key.variable} holds no Hugging Face token, which starts with hf_",
                hint="for a key of another vendor, use `provider: openai` with that vendor's `base_url`",
            )
        super().__init__(model, key, (httpx2.HTTPError, InferenceTimeoutError))
        set_async_client_factory(_open_client)
        self._client = AsyncInferenceClient(
            base_url=model.base_url,
            # Some token is always given: without one, the client sends that of whoever is logged in
            # on this machine.
            token=key.value or "none",
            headers=None if key.value else cast(dict[str, str], {"authorization": None}),
            provider=None if model.base_url else "auto",
        )

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.close()  # type: ignore[no-untyped-call]

    async def _send(self, request: Request) -> HttpResponse:
        caught: list[httpx2.Response] = []
        _caught.set(caught)
        try:
            await self._client.chat_completion(**chat_arguments(self._model, request))
        except HfHubHTTPError as refusal:
            return refusal.response
        except (ValueError, TypeError, KeyError, AttributeError):
            # The client could not make sense of a body; what is wrong with it is for `_read` to
            # say.
            if not caught:
                raise
        return caught[-1]

    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        return read_chat(content, headers)


def chat_arguments(model: ModelSettings, request: Request) -> dict[str, Any]:
    """The arguments of `chat_completion`.

    For a `base_url`, the client itself rewrites `json_schema` into TGI's form, {"type":
    "json_object", "value": schema}, which vLLM ignores; the fallback `json_object_schema` is
    llama.cpp's form, and passes unchanged.

    Args:
        model: The model that is asked.
        request: What is asked.
    """
    options = passed_options(model, request.without)
    chosen = options.pop("provider", None)
    arguments: dict[str, Any] = {
        "messages": list(request.messages),
        # The router reads "name:provider"; so no request asks the Hub first where a model can be
        # found.
        "model": f"{model.model}:{chosen}"
        if chosen and model.base_url is None
        else model.model or None,
        "max_tokens": request.max_tokens,
        "extra_body": options,
    }
    if request.json_schema is not None and request.form != "none":
        arguments["response_format"] = response_format(request.form, request.json_schema)
    return arguments
