"""Answers written token by token, a batch at a time, each held to its form and ended as soon as it is complete."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import orjson
import torch
from transformers import GenerationConfig

from ..calling.structured_output import holds_json_object
from .answer_form import Wanted
from .chat_template import Prompt
from .grammar import Grammars
from .kv_cache import Prefixes, Tokens
from .loading import Loaded
from .padding import padded


@dataclass(frozen=True, slots=True)
class Ask:
    """One answer to be written.

    Attributes:
        prompt: What is asked.
        wanted: What the answer may be.
        max_tokens: Most tokens it may have.
    """

    prompt: Prompt
    wanted: Wanted
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Written:
    """One answer.

    Attributes:
        text: What the model wrote.
        tokens: How many tokens it took.
        cut_off: Whether it was ended by `max_tokens`.
    """

    text: str
    tokens: int
    cut_off: bool


@dataclass(frozen=True)
class Drawing:
    """How a token is chosen.

    Attributes:
        temperature: 0 = always the likeliest.
        seed: Draws differ between seeds, and between prompts; not with what else is in the batch.
    """

    temperature: float
    seed: int


class Writer:
    """Writes answers with one model.

    Args:
        loaded: The model.
        prefixes: What is known of the openings.
        drawing: How tokens are chosen.
        stopped: Ends everything when it is set.
    """

    def __init__(
        self, loaded: Loaded, prefixes: Prefixes, drawing: Drawing, stopped: Event
    ) -> None:
        self._loaded = loaded
        self._prefixes = prefixes
        self._drawing = drawing
        self._stopped = stopped
        self._grammars = Grammars(loaded.tokenizer, loaded.vocabulary, loaded.ends)

    def check(self, wanted: Wanted) -> None:
        """Raise RefusedRequestError where an answer cannot be held to its form."""
        self._grammars.matcher(wanted)

    def write(self, asks: Sequence[Ask], opening: Tokens) -> list[Written]:
        """Write a batch of answers.

        Args:
            asks: What is asked; all prompts open with `opening`.
            opening: What is computed once for all of them.
        """
        answers = [
            _Answer(ask, self._grammars.matcher(ask.wanted), self._generator(ask.prompt))
            for ask in asks
        ]
        cache = self._prefixes.get(opening, len(asks))
        laid = padded(
            [ask.prompt.tokens for ask in asks], len(opening) if cache else 0, self._loaded
        )
        control = _Control(
            answers, self._loaded, self._grammars, self._drawing.temperature, self._stopped
        )
        self._loaded.model.generate(
            input_ids=laid.tokens,
            attention_mask=laid.mask,
            generation_config=GenerationConfig(
                max_new_tokens=max(ask.max_tokens for ask in asks),
                do_sample=False,
                eos_token_id=list(self._loaded.ends),
                pad_token_id=self._loaded.padding,
            ),
            logits_processor=[control.choose],
            stopping_criteria=[control.listen],
            **self._prefixes.arguments(cache),
        )
        return [answer.written(self._loaded) for answer in answers]

    def _generator(self, prompt: Prompt) -> Any:
        """What draws the tokens of one answer, whatever stands beside it in the batch."""
        said = orjson.dumps([self._drawing.seed, prompt.tokens])
        seed = int.from_bytes(hashlib.blake2b(said, digest_size=7).digest(), "big")
        return torch.Generator().manual_seed(seed)


@dataclass
class _Answer:
    """An answer while it is written."""

    ask: Ask
    matcher: Any | None
    generator: Any
    tokens: list[int] = field(default_factory=list)
    complete: bool = False

    @property
    def over(self) -> bool:
        return self.complete or len(self.tokens) >= self.ask.max_tokens

    def hear(self, token: int, loaded: Loaded) -> None:
        """Take note of the next token."""
        if self.over:
            return
        if token in loaded.ends:
            self.complete = True
            return
        self.tokens.append(token)
        if self.matcher is not None:
            self.matcher.consume_token(token)
            self.complete = self.matcher.is_stopped()
        elif self.ask.wanted.json and "}" in loaded.tokenizer.decode([token]):
            self.complete = holds_json_object(loaded.tokenizer.decode(self.tokens))

    def written(self, loaded: Loaded) -> Written:
        text = loaded.tokenizer.decode(self.tokens, skip_special_tokens=True)
        return Written(text, len(self.tokens), cut_off=not self.complete)


class _Control:
    """Tells `generate` what may come next, and what is complete.

    `choose` is its logits processor, `listen` its stopping criterion: the first may change the
    likelihoods of the next token, the second is told of each token and says which answers are over.
    """

    def __init__(
        self,
        answers: Sequence[_Answer],
        loaded: Loaded,
        grammars: Grammars,
        temperature: float,
        stopped: Event,
    ) -> None:
        self._answers = answers
        self._loaded = loaded
        self._grammars = grammars
        self._temperature = temperature
        self._stopped = stopped

    def choose(self, input_ids: Any, scores: Any) -> Any:
        """[n_answers, vocabulary] scores, those of what is not allowed at -inf; noise makes the largest a draw."""
        matchers = [None if answer.over else answer.matcher for answer in self._answers]
        if any(matcher is not None for matcher in matchers):
            allowed = torch.from_numpy(self._grammars.allowed(matchers)).to(scores.device)
            scores = scores.masked_fill(~allowed[:, : scores.shape[1]], -torch.inf)
        return scores / self._temperature + self._noise(scores) if self._temperature else scores

    def listen(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """[n_answers] bool, which answers are over."""
        for answer, token in zip(self._answers, input_ids[:, -1].tolist(), strict=True):
            answer.hear(token, self._loaded)
        over = [answer.over or self._stopped.is_set() for answer in self._answers]
        return torch.tensor(over, device=input_ids.device)

    def _noise(self, scores: Any) -> Any:
        """Gumbel noise: the largest of scores / T + noise is a draw from softmax(scores / T)."""
        drawn = [
            torch.empty(scores.shape[1]).exponential_(generator=answer.generator)
            for answer in self._answers
        ]
        return -torch.stack(drawn).log().to(scores.device)
