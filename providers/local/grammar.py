"""What may come next: the tokens that keep an answer within its JSON schema or its list of choices (llguidance)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import llguidance.hf
import llguidance.numpy
import numpy as np
import numpy.typing as npt
from llguidance import LLExecutor, LLMatcher

from ...configs.errors import RefusedRequestError
from .answer_form import Wanted

# As `json.dumps` writes it; free white space would let a small model write nothing else.
_SPACING = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}


class Grammars:
    """Makes one matcher per answer; each kind of answer is compiled once.

    Args:
        tokenizer: A fast tokenizer of transformers.
        vocabulary: Number of tokens that the model has a likelihood for.
        ends: Tokens that end an answer.
    """

    def __init__(self, tokenizer: Any, vocabulary: int, ends: Sequence[int]) -> None:
        self._tokenizer = llguidance.hf.from_tokenizer(
            tokenizer, n_vocab=vocabulary, eos_token=list(ends)
        )
        self._executor = LLExecutor()
        self._compiled: dict[str, Any] = {}

    def matcher(self, wanted: Wanted) -> Any | None:
        """A fresh matcher; None where the answer is held to nothing.

        Raises:
            RefusedRequestError: The schema cannot be kept.
        """
        if wanted.schema is None and not wanted.choices:
            return None
        grammar = _grammar(wanted)
        if grammar not in self._compiled:
            self._compiled[grammar] = self._compile(grammar)
        return self._compiled[grammar].deep_copy()

    def allowed(self, matchers: Sequence[Any | None]) -> npt.NDArray[np.bool_]:
        """Which tokens may come next.

        Args:
            matchers: One per answer; None = anything may.

        Returns:
            [n_answers, vocabulary] bool.
        """
        vocabulary = self._tokenizer.vocab_size
        mask = llguidance.numpy.allocate_token_bitmask(len(matchers), vocabulary)
        asked = [(matcher, row) for row, matcher in enumerate(matchers) if matcher is not None]
        llguidance.numpy.fill_next_token_bitmask_par(self._executor, asked, mask)
        bits = np.unpackbits(mask.view(np.uint8), axis=1, bitorder="little")
        return bits[:, :vocabulary].astype(np.bool_)

    def _compile(self, grammar: str) -> Any:
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            error = RefusedRequestError(
                f"the answer cannot be held to its schema: {matcher.get_error()}"
            )
            error.refused_option = "structured"
            raise error
        return matcher


def _grammar(wanted: Wanted) -> str:
    if wanted.choices:
        choices = " | ".join(json.dumps(choice, ensure_ascii=False) for choice in wanted.choices)
        return str(LLMatcher.grammar_from_lark(f"start: {choices}"))
    return str(LLMatcher.grammar_from_json_schema(dict(wanted.schema or {}), overrides=_SPACING))
