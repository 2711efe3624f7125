"""huggingface_hub's async client hands out parsed answers only; here, the response behind them.

https://huggingface.co/docs/huggingface_hub/package_reference/inference_client
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, cast

import httpx2
from huggingface_hub import AsyncInferenceClient, constants, set_async_client_factory
from huggingface_hub.errors import HfHubHTTPError, InferenceTimeoutError

from ..wire.bounded_body import BrokenBody
from ..wire.guard import Guard, RedirectRefused
from ..wire.http import HttpResponse
from ..wire.proxies import proxy_settings

# The response that a request got, for its headers and for what it really said; each request runs in
# a task, and so in a context, of its own.
_responses: ContextVar[list[httpx2.Response]] = ContextVar("_responses")
# huggingface_hub knows one way to make HTTP clients, for all of a process, and makes them late.
_settings: ContextVar[dict[str, Any]] = ContextVar("_settings")


def is_offline() -> bool:
    """Whether HF_HUB_OFFLINE is set."""
    return constants.is_offline_mode()


async def _keep(response: httpx2.Response) -> None:
    await response.aread()
    _responses.get([]).append(response)


def _open_http() -> httpx2.AsyncClient:
    """The HTTP client under huggingface_hub's, with the settings of who is asking.

    Its own refuses every address while HF_HUB_OFFLINE is set, a server on this machine too, and
    keeps the responses to itself. `HuggingFaceProvider` sees to what offline means.
    """
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
    return httpx2.AsyncClient(timeout=None, limits=limits, **_settings.get())


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
        self._settings["event_hooks"]["response"].append(_keep)
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
        responses: list[httpx2.Response] = []
        _responses.set(responses)
        _settings.set(self._settings)
        try:
            await self._sdk.chat_completion(**arguments)
        except HfHubHTTPError as refusal:
            return refusal.response
        except (*self.connection_errors, BrokenBody, RedirectRefused):
            raise
        except Exception:
            # The client could not make sense of a body; what is wrong with it is for whoever reads
            # the response to say.
            if not responses:
                raise
        return responses[-1]

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._sdk.close()  # type: ignore[no-untyped-call]
