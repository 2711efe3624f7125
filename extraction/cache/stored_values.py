"""Values of an answer as the journal can keep them, whatever a provider has put there.

An answer is paid for: what is odd about one of its columns must not cost the rest. A number that no
64 bits hold is not known, half a pair of surrogates becomes U+FFFD, and what is no text where a
text belongs is put into words.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ...configs.characters import replace_lone_surrogates
from .digests import DIGEST_BYTES
from .schema import ANSWERS, VOTE

TYPES = {field.name: field.type for field in ANSWERS}
"""Column -> its type."""
VOTE_TYPES = {field.name: field.type for field in VOTE}
_LARGEST = 2**63 - 1
_ROW_DIGEST_BYTES = 8
Stored = str | bytes | int | float | None


def storable(value: Any, kind: pa.DataType) -> Stored:
    """A value of a column as SQLite and Parquet can keep it.

    Args:
        value: What a provider said.
        kind: The type of the column.

    Returns:
        The value, or None where there is no saying it in that type.
    """
    if value is None:
        return None
    return _converter_of(kind)(value)


def storable_vote(vote: Mapping[str, Any]) -> dict[str, Stored]:
    """The same for a struct of `schema.VOTE`; a field may be left out."""
    fields = {}
    for name, kind in VOTE_TYPES.items():
        if name in vote:
            fields[name] = storable(vote[name], kind)
    return fields


def _converter_of(kind: pa.DataType) -> Callable[[Any], Stored]:
    if pa.types.is_integer(kind):
        return _whole_number
    if pa.types.is_floating(kind):
        return _number
    return _text if pa.types.is_string(kind) else _digest


def _whole_number(value: Any) -> int | None:
    number = _number(value)
    if number is None:
        return None
    whole_number = value if isinstance(value, int) else int(number)
    return int(whole_number) if -_LARGEST <= whole_number <= _LARGEST else None


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return replace_lone_surrogates(value if isinstance(value, str) else repr(value))


def _digest(value: Any) -> bytes | None:
    is_digest = isinstance(value, bytes) and len(value) == DIGEST_BYTES
    return value if is_digest else None


def row_digest(names: Sequence[str], values: Sequence[Stored]) -> bytes:
    """A digest by which a row is known to be the one that was written.

    Args:
        names: Names of its columns.
        values: What they hold. What is None does not count, so that columns that come later change
            nothing.
    """
    parts = []
    for name, value in zip(names, values, strict=True):
        if value is not None:
            content = _content(value)
            parts.append(b"%s %d " % (name.encode(), len(content)))
            parts.append(content)
    return hashlib.blake2b(b"".join(parts), digest_size=_ROW_DIGEST_BYTES).digest()


def _content(value: str | bytes | int | float) -> bytes:
    """A value as bytes; what has been damaged in a text so that it is none is as it was read."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    return value if isinstance(value, bytes) else repr(value).encode()
