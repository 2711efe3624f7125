"""Votes of an answer as one text of the journal: JSON objects, with digests in hex.

Fields go by their names. Caches from before that hold lists in the order of `schema.VOTE`, perhaps
without its last fields; both are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from .schema import DIGEST, VOTE
from .stored_values import storable_vote

VOTE_FIELDS = tuple(field.name for field in VOTE)


def pack_votes(votes: Sequence[dict[str, Any]]) -> bytes:
    """The votes of one answer as JSON; equal votes give equal bytes.

    Args:
        votes: Structs of `schema.VOTE`; a field may be left out.
    """
    fields = [storable_vote(vote) for vote in votes]
    return orjson.dumps(fields, default=bytes.hex, option=orjson.OPT_SORT_KEYS)


def unpack_votes(texts: Sequence[bytes]) -> pa.ListArray:
    """The votes of many answers as a column of `schema.ANSWERS`.

    Args:
        texts: What `pack_votes` made, one text an answer.
    """
    offsets = [0]
    votes: list[dict[str, Any]] = []
    for text in texts:
        votes += map(_by_name, orjson.loads(text))
        offsets.append(len(votes))
    columns = []
    for field in VOTE:
        values = [vote.get(field.name) for vote in votes]
        columns.append(_vote_column(values, field.type))
    structs = pa.StructArray.from_arrays(columns, fields=list(VOTE))
    offset_array = np.array(offsets, np.int32)
    return pa.ListArray.from_arrays(offset_array, structs)


def _by_name(vote: dict[str, Any] | list[Any]) -> dict[str, Any]:
    """A vote by field name, also where it was packed by position."""
    if isinstance(vote, dict):
        return vote
    return dict(zip(VOTE_FIELDS, vote, strict=False))


def _vote_column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == DIGEST:
        values = [None if text is None else bytes.fromhex(text) for text in values]
    return pa.array(values, kind)
