"""All values that a closed attribute allows, as one tree of tokens: what they share is computed once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

ROOT = -1


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value of one attribute.

    Attributes:
        attribute: The attribute; empty where the value is the whole answer.
        value: The value.
        path: Its tokens, as positions in the tree, in their order.
    """

    attribute: str
    value: str
    path: tuple[int, ...]


@dataclass
class Tree:
    """Tokens that follow each other.

    Attributes:
        tokens: [n_tokens] the tokens; what a token follows stands before it.
        parents: [n_tokens] position of the token that it follows; ROOT = the prompt.
        depths: [n_tokens] how many tokens are between it and the prompt.
        candidates: The values, in the order of the config.
    """

    tokens: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    candidates: list[Candidate] = field(default_factory=list)
    _places: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)

    def add(self, attribute: str, value: str, tokens: Iterable[int]) -> None:
        """Add a value."""
        path: list[int] = []
        for token in tokens:
            parent = path[-1] if path else ROOT
            place = self._places.setdefault((parent, token), len(self.tokens))
            if place == len(self.tokens):
                self.tokens.append(token)
                self.parents.append(parent)
                self.depths.append(len(path))
            path.append(place)
        self.candidates.append(Candidate(attribute, value, tuple(path)))

    @cached_property
    def sees(self) -> npt.NDArray[np.bool_]:
        """[n_tokens, n_tokens] whether a token follows another, at once or later, or is it; of a finished tree."""
        seen = np.eye(len(self.tokens), dtype=np.bool_)
        for place, parent in enumerate(self.parents):
            if parent != ROOT:
                seen[place] |= seen[parent]
        return seen


def plant(closed: Mapping[str, Sequence[str]], tokenizer: Any, *, json_form: bool) -> Tree:
    """The tree of all values of these attributes.

    Each attribute's values follow the prompt as if the answer began with it, so that no attribute's
    value depends on what was chosen for another. A value is written without what ends it: that may
    share a token with what comes then.

    Args:
        closed: attribute -> its values.
        tokenizer: A tokenizer of transformers.
        json_form: Whether the answer is a JSON object, and not the value alone.
    """
    tree = Tree()
    for attribute, values in closed.items():
        for value in values:
            said = f"{{{_quoted(attribute)}: {_quoted(value)[:-1]}" if json_form else value
            tree.add(attribute, value, tokenizer(said, add_special_tokens=False)["input_ids"])
    return tree


def closing_tokens(tokenizer: Any) -> tuple[int, ...]:
    """All tokens that begin with the quote that ends a JSON text."""
    vocabulary = tokenizer.get_vocab()
    return tuple(
        sorted(token for token in vocabulary.values() if tokenizer.decode([token]).startswith('"'))
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
