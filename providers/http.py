"""What all vendors reached over HTTP share: one request, bounded in time, with every failure made an error of attrx."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

import aiohttp

from ..configs.errors import ProviderError
from ..configs.products import Product
from ..configs.settings import Attribute, ModelSettings
from .credentials import ApiKey
from .errors import VendorErrors
from .protocol import Reply, Request


class BrokenAnswer(ValueError):  # noqa: N818
    """A body that came with status 200 is no answer; the message says what is wrong with it."""


class HttpResponse(Protocol):
    """What a provider needs of its SDK's response, which is httpx's or httpx2's."""

    @property
    def status_code(self) -> int:
        """HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, found by names in lower case."""

    @property
    def content(self) -> bytes:
        """The whole body."""


class HttpProvider(ABC):
    """A model behind a vendor's HTTP API; one subclass per vendor.

    The vendors' SDKs are told to wait for ever, and one clock around the whole request ends it after `timeout_s`: an
    SDK's own timeouts are per read, and a server that drips keeps them from ever running out.

    Args:
        model: The model that is asked.
        key: Its key.
        lost: The exceptions with which this vendor's SDK says that the connection failed.
    """

    def __init__(self, model: ModelSettings, key: ApiKey, lost: tuple[type[Exception], ...]) -> None:
        self._model = model
        self._key = key
        self._errors = VendorErrors(model, key)
        # aiohttp, on which the SDKs run here, lets through what its adapters do not know (a garbled status line).
        self._lost: tuple[type[Exception], ...] = (*lost, aiohttp.ClientError, OSError)

    async def ask(self, request: Request) -> Reply:
        """Send one request, once; see `Provider.ask`."""
        return self._reply(await self._response(request))

    def fingerprint(self, product: Product, attribute: Attribute) -> str | None:
        """Nothing but the prompt decides the answer."""
        return None

    @abstractmethod
    async def close(self) -> None:
        """Release connections; safe to call twice."""

    @abstractmethod
    async def _send(self, request: Request) -> HttpResponse:
        """Send one request through the vendor's SDK; return the response, whatever its status."""

    @abstractmethod
    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        """Read the body of a response that says all is well.

        Raises:
            BrokenAnswer: It is no answer.
        """

    async def _response(self, request: Request) -> HttpResponse:
        """Send a request within `timeout_s`.

        Errors are raised outside the `except` blocks on purpose: a chained exception of an SDK would carry the
        vendor's words, and the request with its key, past the redaction.
        """
        error: ProviderError
        try:
            async with asyncio.timeout(self._model.timeout_s):
                return await self._send(request)
        except TimeoutError:
            error = self._errors.too_late()
        except self._lost as cause:
            error = self._errors.unreachable(cause)
        raise error

    def _reply(self, response: HttpResponse) -> Reply:
        """The reply in a response, or the error that it is."""
        status, headers, content = response.status_code, response.headers, response.content
        if not 200 <= status < 300:
            raise self._errors.from_response(status, headers, content)
        try:
            return self._read(content, headers)
        except BrokenAnswer as broken:
            why = str(broken)
        raise self._errors.broken(status, headers, content, why)
