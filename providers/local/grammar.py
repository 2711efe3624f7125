"""What may come next: the tokens that keep an answer within its JSON schema or its choices.

llguidance computes them.
"""

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
from .answer_form import AnswerForm

# As `json.dumps` writes it; free white space would let a small model write nothing else.
_SPACING = {"whitespace_flexible": False, "key_separator": ": ", "item_separator": ", "}


class Grammars:
    """Makes one matcher per answer; each kind of answer is compiled once.

    Args:
        tokenizer: A fast tokenizer of transformers.
        vocabulary_size: Number of tokens that the model has a likelihood for.
        end_tokens: Tokens that end an answer.
    """

    def __init__(self, tokenizer: Any, vocabulary_size: int, end_tokens: Sequence[int]) -> None:
        self._tokenizer = llguidance.hf.from_tokenizer(
            tokenizer, n_vocab=vocabulary_size, eos_token=list(end_tokens)
        )
        self._executor = LLExecutor()
        self._matchers: dict[str, Any] = {}

    def matcher(self, answer_form: AnswerForm) -> Any | None:
        """A fresh matcher; None where the answer is held to nothing.

        Raises:
            RefusedRequestError: The schema cannot be kept.
        """
        if answer_form.schema is None and not answer_form.choices:
            return None
        grammar = _grammar(answer_form)
        if grammar not in self._matchers:
            self._matchers[grammar] = self._compile(grammar)
        return self._matchers[grammar].deep_copy()

    def token_mask(self, matchers: Sequence[Any | None]) -> npt.NDArray[np.bool_]:
        """Which tokens may come next.

        Args:
            matchers: One per answer; None = anything may.

        Returns:
            [n_answers, vocabulary] bool.
        """
        vocabulary_size = self._tokenizer.vocab_size
        bitmask = llguidance.numpy.allocate_token_bitmask(len(matchers), vocabulary_size)
        rows = []
        for row, matcher in enumerate(matchers):
            if matcher is not None:
                rows.append((matcher, row))
        llguidance.numpy.fill_next_token_bitmask_par(self._executor, rows, bitmask)
        bits = np.unpackbits(bitmask.view(np.uint8), axis=1, bitorder="little")
        return bits[:, :vocabulary_size].astype(np.bool_)

    def _compile(self, grammar: str) -> Any:
        matcher = LLMatcher(self._tokenizer, grammar, log_level=0)
        if matcher.is_error():
            error = RefusedRequestError(
                f"the answer cannot be held to its schema: {matcher.get_error()}"
            )
            error.refused_option = "structured"
            raise error
        return matcher


def _grammar(answer_form: AnswerForm) -> str:
    if answer_form.choices:
        choices = [json.dumps(choice, ensure_ascii=False) for choice in answer_form.choices]
        return str(LLMatcher.grammar_from_lark(f"start: {' | '.join(choices)}"))
    schema = dict(answer_form.schema or {})
    return str(LLMatcher.grammar_from_json_schema(schema, overrides=_SPACING))
