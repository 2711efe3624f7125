"""Headers of Parquet pages, as strangers' bytes: read, or refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.extraction.cache.page_headers import (
    DATA_PAGE_V2,
    BrokenHeader,
    PageHeader,
    read_header,
    write_header,
)

COUNTS = st.integers(0, 2**31 - 1)


@given(rows=COUNTS, values=COUNTS, data_bytes=COUNTS)
def test_what_is_written_is_read(rows: int, values: int, data_bytes: int) -> None:
    page = PageHeader(0, DATA_PAGE_V2, data_bytes, None, values, rows)
    content = write_header(page, plain_bytes=1, level_bytes=(2, 3))
    header = read_header(b"before" + content + b"after", len(b"before"))
    assert header == PageHeader(len(content), DATA_PAGE_V2, data_bytes, None, values, rows)


@given(content=st.binary(max_size=80))
def test_any_bytes_are_a_header_or_none(content: bytes) -> None:
    with contextlib.suppress(BrokenHeader):
        assert read_header(content, 0).size_bytes <= len(content)


def test_a_header_that_is_cut_anywhere_is_none() -> None:
    page = PageHeader(0, DATA_PAGE_V2, 1000, None, 2000, 1000)
    content = write_header(page, plain_bytes=1, level_bytes=(2, 3))
    for length in range(len(content)):
        with pytest.raises(BrokenHeader):
            read_header(content[:length], 0)
