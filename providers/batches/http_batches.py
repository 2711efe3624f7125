"""What batch APIs over HTTP share: the clock, files of results, checks of what servers say."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import IO, Any
from urllib.parse import quote

import orjson

from ...configs.checked_values import count_or_none, word_or_none
from ...configs.errors import ProviderError
from ..protocol import Reply
from ..wire.http import EmbeddedError, HttpProvider, HttpResponse, as_broken
from .batch_api import BATCH_TIMEOUT_S, Result
from .result_lines import Line, fetched_lines, result_of

MOST_PAGES = 1_000
"""Of a list of batches: so many are looked through for one."""


class HttpBatches(HttpProvider):
    """Mixed into a vendor's provider, before it."""

    @abstractmethod
    async def _download(self, path: str, file: IO[bytes]) -> HttpResponse:
        """Write what is at a path into a file; a response that is an error is read and returned."""

    async def _answer(self, sending: Awaitable[HttpResponse]) -> HttpResponse:
        """Wait for a response as long as a batch may take."""
        return await self._in_time(sending, BATCH_TIMEOUT_S)

    def _id_of(self, batch: Mapping[str, Any]) -> str:
        """The id of a batch that was made.

        Raises:
            ProviderError: It is none; the batch is looked for by its tag.
        """
        batch_id = id_or_empty(batch.get("id"))
        if not batch_id:
            raise self._errors.not_answered("the batch has an id that cannot be one")
        return batch_id

    async def _results(
        self, path: str, read: Callable[[dict[str, Any]], Reply | ProviderError]
    ) -> AsyncIterator[Result]:
        """What the lines of a file at a path say.

        Args:
            path: The path.
            read: Makes an outcome of the object on a line; whatever it raises costs that line.
        """
        async for line in self._lines(path):
            yield result_of(line, read)

    def _lines(self, path: str) -> AsyncIterator[Line]:
        """The lines of a file at a path."""

        async def fetch(file: IO[bytes]) -> None:
            self._check_status(await self._answer(self._download(path, file)))

        return fetched_lines(fetch)

    def _read_outcome(
        self,
        read: Callable[[dict[str, Any], Mapping[str, str]], Reply],
        body: Any,
        headers: Mapping[str, str],
    ) -> Reply | ProviderError:
        """What a result holds that says all is well.

        Args:
            read: Reads a body and its headers.
            body: The body.
            headers: The headers that came with it.

        Raises:
            ValueError: It holds no answer, though one was made.
        """
        try:
            return self._outcome_of(read(mapping_or_empty(body), headers))
        except EmbeddedError as failure:
            return self._errors.embedded(failure.body, headers)
        except Exception as error:  # words of a stranger
            raise ValueError(str(as_broken(error))) from None


def bytes_of(value: Any) -> bytes:
    """A value as JSON; empty where it is nested more deeply than JSON is written."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b""


def dicts_in(items: Any) -> list[dict[str, Any]]:
    """Those items of a list that are objects; none where it is no list."""
    if not isinstance(items, list):
        return []
    return [item for item in items if isinstance(item, dict)]


def batches_since(
    since_s: float,
    batches: Iterable[dict[str, Any]],
    created_s: Callable[[dict[str, Any], float], float],
) -> list[dict[str, Any]]:
    """Those batches that may have been made since then; one that does not tell may have been.

    Args:
        since_s: The time, in seconds since 1970.
        batches: As the vendor describes them.
        created_s: A batch and a default -> when it was made.
    """
    recent = []
    for batch in batches:
        if created_s(batch, math.inf) >= since_s:
            recent.append(batch)
    return recent


def last_id(batches: Sequence[dict[str, Any]]) -> str:
    """The id of the last batch of a page; empty where there is none."""
    if not batches:
        return ""
    last = batches[-1]
    return id_or_empty(last.get("id"))


def ids_in(ids: Iterable[str]) -> tuple[str, ...]:
    """The ids that are some."""
    return tuple(filter(None, ids))


def mapping_or_empty(value: Any) -> dict[str, Any]:
    """The value where it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def count_of(counts: Mapping[str, Any], name: str) -> int:
    """A count; 0 where it is not told."""
    return count_or_none(counts.get(name)) or 0


def id_or_empty(value: Any) -> str:
    """An id of a vendor; empty where it is none that can be meant."""
    return word_or_none(value) or ""


def in_path(vendor_id: str) -> str:
    """An id as a part of an address."""
    return quote(vendor_id, safe="")
