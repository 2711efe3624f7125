"""Every reader of strangers' bytes, under hypothesis."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers import READERS, Reader

EXAMPLES = 150
SIZE = 300_000  # bytes of a text that grows, and is read in one go
PIECES = [
    *(b"\x00", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\\", b"{", b"}", b"[", b"]"),
    *(b",", b";", b"\t", b"\n", b"\r", b":", b"-", b"&a", b"*a", b"!!", b"<", b">", b"\\ud83d"),
    *(b"null", b"true", b"NaN", b"1e999", b"9" * 400, b"-1", b"0.5", b'{"a":' * 30, b"[" * 200),
    *("é".encode(), "\u202e".encode(), b"\xed\xa0\x80", b"```", b"=1+1", b"data: ", b"P" * 9),
]


@st.composite
def edited(draw: st.DrawFn, example: bytes) -> bytes:
    """An example with a few pieces cut out, doubled, replaced or put in."""
    content = example
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from([*PIECES, content[start:end] * 2, b""]))
        content = content[:start] + piece + content[end:]
    return content


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@pytest.mark.filterwarnings("ignore")
def test_a_reader_gives_a_value_or_an_error_of_attrx(reader: Reader) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(st.one_of(edited(reader.example), edited(reader.example), st.binary(max_size=200)))
    def check(content: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(*reader.errors):
            reader.read(content, Path(folder))

    check()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_what_is_right_is_read(reader: Reader, tmp_path: Path) -> None:
    reader.read(reader.example, tmp_path)


@pytest.mark.parametrize("piece", PIECES, ids=repr)
@pytest.mark.parametrize(
    "reader", [each for each in READERS if "model" in each.name], ids=lambda reader: reader.name
)
def test_no_answer_takes_longer_than_its_length_is_worth(
    reader: Reader, piece: bytes, tmp_path: Path
) -> None:
    """The suite's own limit of time ends a reader that is quadratic in this many bytes."""
    with contextlib.suppress(*reader.errors):
        reader.read(piece * (SIZE // len(piece)) + reader.example, tmp_path)
