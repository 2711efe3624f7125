"""A body is bounded while it arrives, packed and unpacked."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Iterable

import pytest

from attrx.providers.wire.bounded_body import BoundedBody, BrokenBody


class Wire:
    """A body as a library hands it on."""

    def __init__(self, pieces: Iterable[bytes], error: Exception | None = None) -> None:
        self.pieces = iter(pieces)
        self.error = error
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.taken += len(piece)
            yield piece
        if self.error is not None:
            raise self.error

    async def aclose(self) -> None:
        """Nothing to release."""


def read(wire: Wire, encoding: str = "", status: int = 200, most: int = 1000) -> bytes:
    async def joined() -> bytes:
        return b"".join([piece async for piece in BoundedBody(wire, encoding, status, most)])

    return asyncio.run(joined())


def endless() -> Iterable[bytes]:
    while True:
        yield b"x" * 100


def cut(content: bytes, size: int = 7) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def test_no_more_is_taken_than_the_bound() -> None:
    wire = Wire(endless())
    with pytest.raises(BrokenBody, match="more than 1,000 bytes"):
        read(wire)
    assert wire.taken == 1100


def test_as_much_as_the_bound_is_let_through() -> None:
    assert read(Wire(cut(b"x" * 1000))) == b"x" * 1000


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(bytes(10**7)), zlib.compress(bytes(10**7))],
    ids=["gzip", "zlib"],  # gzip's bytes hold the time, and every process names its tests itself
)
def test_a_bomb_is_unpacked_up_to_the_bound(packed: bytes) -> None:
    with pytest.raises(BrokenBody, match="more than 100,000 bytes"):
        read(Wire(cut(packed)), "gzip", most=100_000)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_was_packed_comes_out_whole_however_it_was_cut(size: int) -> None:
    content = bytes(range(256)) * 40
    for packed in (
        gzip.compress(content),
        zlib.compress(content),
        zlib.compress(content, wbits=-15),
        gzip.compress(content[:100]) + gzip.compress(content[100:]),
    ):
        assert read(Wire(cut(packed, size)), "gzip", most=20_000) == content


@pytest.mark.parametrize(
    ("wire", "encoding", "why"),
    [
        (Wire([b"{}"], OSError("gone")), "", r"cut off after 2 bytes \(OSError\)"),
        (Wire([gzip.compress(b"{}")[:-3]]), "gzip", "without an end"),
        (Wire([gzip.compress(b"{}"), b"junk"]), "gzip", "cannot be unpacked"),
        (Wire([b"{}"]), "zstd", "packed as 'zstd', which was not asked for"),
        (Wire([b"{}"]), "gzip, gzip", "which was not asked for"),
    ],
)
def test_what_breaks_in_a_body_says_why(wire: Wire, encoding: str, why: str) -> None:
    with pytest.raises(BrokenBody, match=why):
        read(wire, encoding)


def test_of_an_error_what_has_come_will_do() -> None:
    assert read(Wire([b"busy"], OSError("gone")), status=503) == b"busy"
    assert len(read(Wire(endless()), status=500)) == 64_000
