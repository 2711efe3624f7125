"""What all vendors reached over HTTP share: one request, bounded in time, and its errors."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Protocol

import orjson

from ...configs.errors import ProviderError
from ...configs.settings import ModelSettings
from ..checked_reply import checked_reply
from ..protocol import Reply, Request
from .answer_places import completed
from .bounded_body import BrokenBody
from .credentials import ApiKey
from .error_bodies import read_error_body
from .guard import RedirectRefused
from .thinking_models import first_max_tokens
from .vendor_errors import VendorErrors


class BrokenAnswer(ValueError):
    """A body that came with status 200 is no answer; the message says what is wrong with it."""


class EmbeddedError(BrokenAnswer):
    """A body that came with status 200 holds an error of the server behind a gateway.

    Args:
        body: The error, as the body of one.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(f"an error: {read_error_body(orjson.dumps(body)).message}")
        self.body = body


def read_object(content: bytes) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        BrokenAnswer: There is none.
    """
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise BrokenAnswer("not JSON") from None
    if isinstance(body, str):  # JSON in a text, as gateways over queues send it
        return read_object(body.encode("utf-8", "replace"))
    if not isinstance(body, dict):
        raise BrokenAnswer("not a JSON object")
    return body


def as_broken(error: Exception) -> BrokenAnswer:
    """What became of reading a body, whatever the reader stumbled over."""
    if isinstance(error, BrokenAnswer):
        return error
    return BrokenAnswer(f"it cannot be read: {type(error).__name__}")


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

    The vendors' SDKs are told to wait for ever, and one clock around the whole request ends it
    after `timeout_s`: an SDK's own timeouts are per read, and a server that drips keeps them from
    ever running out.

    Args:
        model: The model that is asked.
        key: Its key.
        connection_errors: The exceptions with which this vendor's SDK says that the connection
            failed.
    """

    first_max_tokens = staticmethod(first_max_tokens)

    def __init__(
        self, model: ModelSettings, key: ApiKey, connection_errors: tuple[type[Exception], ...]
    ) -> None:
        self._model = model
        self._key = key
        self._errors = VendorErrors(model, key)
        from aiohttp import ClientError  # noqa: PLC0415  only where something is asked

        # aiohttp, on which the SDKs run here, lets through what its adapters do not know (a garbled
        # status line).
        self._connection_errors: tuple[type[Exception], ...] = (
            *connection_errors,
            ClientError,
            OSError,
            BrokenBody,
            RedirectRefused,
        )

    async def ask(self, request: Request) -> Reply:
        """Send one request, once; see `Provider.ask`."""
        return self._reply(await self._response(request), request)

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
        """Send a request within `timeout_s`."""
        return await self._in_time(self._send(request), self._model.timeout_s)

    async def _in_time(self, sending: Awaitable[HttpResponse], limit_s: float) -> HttpResponse:
        """Wait for a response.

        Errors are raised outside the `except` blocks on purpose: a chained exception of an SDK
        would carry the vendor's words, and the request with its key, past the redaction.
        """
        error: ProviderError
        try:
            async with asyncio.timeout(limit_s):
                return await sending
        except TimeoutError:
            error = self._errors.too_late(limit_s)
        except self._connection_errors as cause:
            error = self._errors.unreachable(cause)
        raise error

    def _reply(self, response: HttpResponse, request: Request) -> Reply:
        """The reply in a response, or the error that it is."""
        content = self._content_of(response)
        failure: BrokenAnswer
        try:
            return completed(self._read(content, response.headers), request)
        except Exception as broken:  # bytes of a stranger, which no reader foresees in full
            failure = as_broken(broken)
        raise self._failure(failure, response.status_code, response.headers, content)

    def _outcome_of(self, reply: Reply) -> Reply | ProviderError:
        """A reply that came in a batch, or the error that an empty one is."""
        reply = checked_reply(completed(reply))
        return self._errors.not_answered("an empty answer") if reply.finish == "empty" else reply

    def _failure(
        self, failure: BrokenAnswer, status: int, headers: Mapping[str, str], content: bytes
    ) -> ProviderError:
        """The error for a body that came with status 200 and is no answer."""
        if isinstance(failure, EmbeddedError):
            return self._errors.embedded(failure.body, headers)
        return self._errors.broken_answer(status, headers, content, str(failure))

    def _object(self, response: HttpResponse, *keys: str) -> dict[str, Any]:
        """The JSON object in a response that says all is well, with these keys."""
        content = self._content_of(response)
        try:
            return _object_with(content, keys)
        except BrokenAnswer as error:
            why = str(error)
        raise self._errors.broken_answer(response.status_code, response.headers, content, why)

    def _content_of(self, response: HttpResponse) -> bytes:
        """The body of a response that says all is well; others are raised as errors."""
        self._check_status(response)
        return response.content

    def _check_status(self, response: HttpResponse) -> None:
        """Raise a response that is an error."""
        if 200 <= response.status_code < 300:
            return
        raise self._errors.from_response(response.status_code, response.headers, response.content)


def _object_with(content: bytes, keys: Iterable[str]) -> dict[str, Any]:
    """The JSON object in a body; one without these keys is a broken answer."""
    body = read_object(content)
    for key in keys:
        if not body.get(key):
            raise BrokenAnswer(f"no {key}")
    return body
