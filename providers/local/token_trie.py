"""All values that a closed attribute allows, as one tree of tokens.

What they share is computed once.
"""

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
class TokenTrie:
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
    _positions: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)

    def add(self, attribute: str, value: str, tokens: Iterable[int]) -> None:
        """Add a value."""
        path: list[int] = []
        parent = ROOT
        for token in tokens:
            position = self._positions.get((parent, token))
            if position is None:
                position = len(self.tokens)
                self._positions[parent, token] = position
                self.tokens.append(token)
                self.parents.append(parent)
                self.depths.append(len(path))
            path.append(position)
            parent = position
        self.candidates.append(Candidate(attribute, value, tuple(path)))

    @cached_property
    def ancestors(self) -> npt.NDArray[np.bool_]:
        """[n_tokens, n_tokens] whether a token follows another, at once or later, or is it.

        Of a tree to which nothing is added any more.
        """
        matrix = np.eye(len(self.tokens), dtype=np.bool_)
        for position, parent in enumerate(self.parents):
            if parent != ROOT:
                matrix[position] |= matrix[parent]
        return matrix


def build_trie(
    closed_values: Mapping[str, Sequence[str]], tokenizer: Any, *, is_json: bool
) -> TokenTrie:
    """The tree of all values of these attributes.

    Each attribute's values follow the prompt as if the answer began with it, so that no attribute's
    value depends on what was chosen for another. A value is written without what ends it: that may
    share a token with what comes then.

    Args:
        closed_values: attribute -> its values.
        tokenizer: A tokenizer of transformers.
        is_json: Whether the answer is a JSON object, and not the value alone.
    """
    trie = TokenTrie()
    for attribute, values in closed_values.items():
        for value in values:
            text = _json_beginning(attribute, value) if is_json else value
            trie.add(attribute, value, tokenizer(text, add_special_tokens=False)["input_ids"])
    return trie


def closing_tokens(tokenizer: Any) -> tuple[int, ...]:
    """All tokens that begin with the quote that ends a JSON text."""
    tokens = []
    for token in tokenizer.get_vocab().values():
        text = tokenizer.decode([token])
        if text.startswith('"'):
            tokens.append(token)
    return tuple(sorted(tokens))


def _json_beginning(attribute: str, value: str) -> str:
    """A JSON object with this value first, without the quote that ends the value."""
    key = json.dumps(attribute, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False)
    return f"{{{key}: {text[:-1]}"
