"""Anthropic's SDK, used like OpenAI's, and for the same reason (see `openai_client.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import httpx2
from anthropic import AnthropicError, APIStatusError, AsyncAnthropic, DefaultAioHttpClient, Omit

from ..wire.guard import Guard
from ..wire.proxies import proxy_settings
from ..wire.request_reuse import RequestReuse
from .sdk_client import SdkClient


class _ReusingAnthropic(RequestReuse, AsyncAnthropic):
    """The SDK's client, for one address."""


class AnthropicClient(SdkClient):
    """Requests to one address.

    Args:
        base_url: The address.
        key: The key; empty: requests carry none.
    """

    connection_errors = (AnthropicError, httpx2.HTTPError)
    status_error = APIStatusError
    key_headers: ClassVar[Mapping[str, str]] = {"x-api-key": "{}"}

    def __init__(self, base_url: str, key: str) -> None:
        guard = Guard(base_url, "anthropic.com", httpx2.AsyncByteStream)
        http = DefaultAioHttpClient(timeout=None, **guard.settings, **proxy_settings(base_url))
        sdk = _ReusingAnthropic(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            open_telemetry=False,
            http_client=http,
        )
        super().__init__(sdk, http, key, Omit())
