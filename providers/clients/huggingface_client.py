"""huggingface_hub's async client hands out parsed answers only; here, the response behind them.

https://huggingface.co/docs/huggingface_hub/package_reference/inference_client
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, cast

import httpx2
from huggingface_hub import AsyncInferenceClient, constants, set_async_client_factory
from huggingface_hub.errors import InferenceTimeoutError
from openai import DefaultAioHttpClient

from ..wire.guard import Guard
from ..wire.http import HttpResponse
from ..wire.proxies import proxy_settings

# huggingface_hub knows one way to make HTTP clients, for all of a process, and makes them late.
_settings: ContextVar[dict[str, Any]] = ContextVar("_settings")


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE is set."""
    return constants.is_offline_mode()


class _Arrived(Exception):
    """A response has come, of whatever status; it is read to its end."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__()
        self.response = response


async def _hand_over(response: httpx2.Response) -> None:
    """Take a response away from the SDK, which would build typed models that nobody reads.

    Its headers, and what it really said, are for whoever asked.
    """
    if not response.has_redirect_location:
        await response.aread()
        raise _Arrived(response)


def _open_http() -> httpx2.AsyncClient:
    """The HTTP client under huggingface_hub's, with the settings of who is asking.

    On aiohttp, by the adapter that OpenAI's SDK brings: the pool of httpx2 looks at every
    connection for every request. Its own refuses every address while HF_HUB_OFFLINE is set, a
    server on this machine too, and keeps the responses to itself. `HuggingFaceProvider` sees to
    what offline means.
    """
    return DefaultAioHttpClient(timeout=None, **_settings.get())


class HuggingFaceClient:
    """Chat completions from one address, or from Hugging Face's router.

    Args:
        base_url: The address; None: the router.
        key: The key; empty: requests carry none.
    """

    connection_errors = (httpx2.HTTPError, InferenceTimeoutError)

    def __init__(self, base_url: str | None, key: str) -> None:
        address = base_url or constants.INFERENCE_PROXY_TEMPLATE
        guard = Guard(address, "huggingface.co", httpx2.AsyncByteStream)
        self._settings = {**guard.settings, **proxy_settings(address)}
        self._settings["event_hooks"]["response"].append(_hand_over)
        set_async_client_factory(_open_http)
        self._sdk = AsyncInferenceClient(
            base_url=base_url,
            # Some token is always given: without one, the client sends that of whoever is logged in
            # on this machine.
            token=key or "none",
            headers=None if key else cast(dict[str, str], {"authorization": None}),
            provider=None if base_url else "auto",
        )

    async def complete(self, arguments: dict[str, Any]) -> HttpResponse:
        """Ask for one chat completion; the response, whatever its status."""
        _settings.set(self._settings)
        try:
            answer = await self._sdk.chat_completion(**arguments)
        except _Arrived as arrived:
            return arrived.response
        except InferenceTimeoutError as error:
            # The adapter calls a refused connection a timeout; what happened stands behind it.
            reason = error.__cause__ or error.__context__
            if not isinstance(reason, httpx2.HTTPError):
                raise
            raise reason from reason.__cause__
        raise TypeError(f"huggingface_hub returned {type(answer).__name__} without a response")

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._sdk.close()  # type: ignore[no-untyped-call]
