"""The body of a response, bounded while it arrives: in bytes, and in what they unpack to.

A server may send without an end, or a megabyte that unpacks to a thousand. So a body is unpacked
here, a piece at a time, and given up where it has more bytes than any answer. Whatever breaks in
the middle of a body is told apart from a connection that was never made: the first may be paid for.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

MOST_BYTES = 8_000_000
"""Of the body of an answer; an answer of 128,000 tokens has less than one million."""
MOST_BATCH_BYTES = 1_000_000_000
"""Of a file with the answers of a batch."""
ENCODINGS = "gzip, deflate"
"""What requests say of the packed bodies that they take."""

_MOST_ERROR_BYTES = 64_000
_PIECE = 65_536
# By zlib's rules: gzip or zlib, by what the first bytes say; or neither, as some servers deflate.
_GZIP_OR_ZLIB = 47
_RAW = -15
_LONGEST_HEAD = 1_000


class BrokenBody(Exception):
    """A response has begun, and its body cannot be had; the message says why."""


class BoundedBody:
    """The bytes of one body, unpacked; mixed into a library's class of streams.

    Args:
        stream: The body as it comes over the wire.
        encoding: Its `content-encoding`.
        status: HTTP status; of an error, the beginning of its body will do.
        most_bytes: Most bytes, packed as well as unpacked.
    """

    def __init__(self, stream: Any, encoding: str, status: int, most_bytes: int) -> None:
        self._stream = stream
        self._encoding = encoding.strip().lower()
        self._is_error = status >= 400
        self._most_bytes = _MOST_ERROR_BYTES if self._is_error else most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._unpacked():
                yield piece
        except BrokenBody:
            if not self._is_error:  # what has come of an error is enough to tell which it is
                raise

    async def aclose(self) -> None:
        """Release the connection; safe to call twice."""
        await self._stream.aclose()

    async def _unpacked(self) -> AsyncIterator[bytes]:
        unpacker = _unpacker(self._encoding)
        size = 0
        async for packed in self._pieces():
            for piece in unpacker.unpack(packed):
                size += len(piece)
                if size > self._most_bytes:
                    raise BrokenBody(f"more than {self._most_bytes:,} bytes")
                yield piece
        unpacker.finish()

    async def _pieces(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for piece in self._stream:
                size += len(piece)
                if size > self._most_bytes:
                    break
                yield piece
            else:
                return
        except Exception as error:  # of whichever library lies below
            why = f"cut off after {size:,} bytes ({type(error).__name__})"
        else:
            why = f"more than {self._most_bytes:,} bytes"
        raise BrokenBody(why)


class _Plain:
    """A body that is not packed."""

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        yield piece

    def finish(self) -> None:
        """See that it is whole."""


class _Deflated:
    """A body packed by gzip (in one part or several) or deflate."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
        # What was taken in before anything came out, while it may still turn out to be raw.
        self._head: bytes | None = b""

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        while piece:
            if self._inflater.eof:  # another part follows
                self._inflater = zlib.decompressobj(_GZIP_OR_ZLIB)
            yield self._inflate(piece)
            piece = self._inflater.unconsumed_tail or self._inflater.unused_data

    def _inflate(self, piece: bytes) -> bytes:
        try:
            unpacked = self._inflater.decompress(piece, _PIECE)
        except zlib.error:
            if self._head is None:
                raise BrokenBody("packed bytes that cannot be unpacked") from None
            self._inflater = zlib.decompressobj(_RAW)
            content = self._head + piece
            self._head = None
            return self._inflate(content)
        if self._head is not None:
            is_known = bool(unpacked) or len(self._head) > _LONGEST_HEAD
            self._head = None if is_known else self._head + piece
        return unpacked

    def finish(self) -> None:
        """See that it is whole."""
        if self._head != b"" and not self._inflater.eof:
            raise BrokenBody("packed bytes without an end")


def _unpacker(encoding: str) -> _Plain | _Deflated:
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Deflated()
    raise BrokenBody(f"packed as {encoding[:20]!r}, which was not asked for")
