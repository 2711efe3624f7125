"""Answer text -> votes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from .spelling import key
from .vocabulary import Vocabulary
from .votes import Vote

_JSON: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False)


def read_answer(raw: str, vocabularies: Sequence[Vocabulary]) -> tuple[Vote, ...]:
    """Read a model's answer; never raises."""
    try:
        said = _JSON.decode(raw)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        if len(vocabularies) == 1:
            return (vocabularies[0].read(raw.strip()),)
        return tuple(vocabulary.unreadable() for vocabulary in vocabularies)
    by_key = {key(name): value for name, value in said.items()}
    return tuple(
        vocabulary.read(by_key[key(vocabulary.attribute)])
        if key(vocabulary.attribute) in by_key
        else Vote(vocabulary.attribute, "left_out")
        for vocabulary in vocabularies
    )
