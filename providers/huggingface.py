"""Hugging Face: Inference Providers, dedicated endpoints, and TGI anywhere.

https://huggingface.co/docs/huggingface_hub/package_reference/inference_client
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..configs.errors import ConfigError
from ..configs.settings import ModelSettings
from .protocol import Reply, Request
from .wire.chat_completions import check_options, passed_options, response_format
from .wire.chat_replies import read_chat
from .wire.credentials import read_key
from .wire.http import HttpProvider, HttpResponse


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
        from .clients.huggingface_client import (  # noqa: PLC0415  only where it is asked
            HuggingFaceClient,
            is_offline,
        )

        if model.base_url is None and is_offline():
            raise ConfigError(
                f"model '{model.name}': HF_HUB_OFFLINE is set, and without `base_url` the Hugging"
                " Face router is asked",
                hint="unset HF_HUB_OFFLINE, or give the `base_url` of a server of your own",
            )
        key = read_key(model, ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
        if model.base_url is None and not key.value.startswith("hf_"):
            raise ConfigError(
                f"model '{model.name}': {key.variable} holds no Hugging Face token, which starts"
                " with hf_",
                hint="for a key of another vendor, use `provider: openai` with that vendor's"
                " `base_url`",
            )
        self._client = HuggingFaceClient(model.base_url, key.value)
        super().__init__(model, key, self._client.connection_errors)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.close()

    async def _send(self, request: Request) -> HttpResponse:
        return await self._client.complete(chat_arguments(self._model, request))

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
    inference_provider = options.pop("provider", None)
    name = model.model or None
    if inference_provider and model.base_url is None:
        name = f"{model.model}:{inference_provider}"
    arguments: dict[str, Any] = {
        "messages": list(request.messages),
        # The router reads "name:provider"; so no request asks the Hub first where a model can be
        # found.
        "model": name,
        "max_tokens": request.max_tokens,
        "extra_body": options,
    }
    if request.json_schema is not None and request.form != "none":
        arguments["response_format"] = response_format(request.form, request.json_schema)
    return arguments
