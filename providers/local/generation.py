"""Answers written token by token, a batch at a time.

Each is held to its form, and ended as soon as it is complete.
"""

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
from .answer_form import AnswerForm
from .chat_template import TokenizedPrompt, Tokens
from .grammar import Grammars
from .kv_cache import PrefixCache
from .loading import LoadedModel
from .padding import pad_prompts


@dataclass(frozen=True, slots=True)
class GenerationTask:
    """One answer to be written.

    Attributes:
        prompt: What is asked.
        answer_form: What the answer may be.
        max_tokens: Most tokens it may have.
    """

    prompt: TokenizedPrompt
    answer_form: AnswerForm
    max_tokens: int


@dataclass(frozen=True, slots=True)
class GeneratedText:
    """One answer.

    Attributes:
        text: What the model wrote.
        tokens: How many tokens it took.
        is_cut_off: Whether it was ended by `max_tokens`.
    """

    text: str
    tokens: int
    is_cut_off: bool


@dataclass(frozen=True)
class Sampling:
    """How a token is chosen.

    Attributes:
        temperature: 0 = always the likeliest.
        seed: Draws differ between seeds, and between prompts; not with what else is in the batch.
    """

    temperature: float
    seed: int

    def generator(self, prompt: TokenizedPrompt) -> Any:
        """What draws the tokens of one answer, whatever stands beside it in the batch."""
        key = orjson.dumps([self.seed, prompt.tokens])
        digest = hashlib.blake2b(key, digest_size=7).digest()
        return torch.Generator().manual_seed(int.from_bytes(digest, "big"))


class TextGenerator:
    """Writes answers with one model.

    Args:
        loaded_model: The model.
        prefix_cache: What is computed of the prompts' common prefixes.
        sampling: How tokens are chosen.
        stop_event: Ends everything when it is set.
    """

    def __init__(
        self,
        loaded_model: LoadedModel,
        prefix_cache: PrefixCache,
        sampling: Sampling,
        stop_event: Event,
    ) -> None:
        self._loaded_model = loaded_model
        self._prefix_cache = prefix_cache
        self._sampling = sampling
        self._stop_event = stop_event
        self._grammars = Grammars(
            loaded_model.tokenizer, loaded_model.vocabulary_size, loaded_model.end_tokens
        )

    def check(self, answer_form: AnswerForm) -> None:
        """Raise RefusedRequestError where an answer cannot be held to its form."""
        self._grammars.matcher(answer_form)

    def generate(self, tasks: Sequence[GenerationTask], prefix: Tokens) -> list[GeneratedText]:
        """Write a batch of answers.

        Args:
            tasks: What is asked; all prompts begin with `prefix`.
            prefix: What is computed once for all of them.
        """
        answers = [self._begin(task) for task in tasks]
        control = _GenerationControl(
            answers,
            self._loaded_model,
            self._grammars,
            self._sampling.temperature,
            self._stop_event,
        )
        cache = self._prefix_cache.get(prefix, len(tasks))
        prefix_length = len(prefix) if cache else 0
        prompts = [task.prompt.tokens for task in tasks]
        batch = pad_prompts(prompts, prefix_length, self._loaded_model)
        self._loaded_model.model.generate(
            input_ids=batch.tokens,
            attention_mask=batch.mask,
            generation_config=self._config(max(task.max_tokens for task in tasks)),
            logits_processor=[control.adjust_scores],
            stopping_criteria=[control.record_tokens],
            **self._prefix_cache.arguments(cache),
        )
        return [answer.finish() for answer in answers]

    def _begin(self, task: GenerationTask) -> _GrowingAnswer:
        return _GrowingAnswer(
            task=task,
            matcher=self._grammars.matcher(task.answer_form),
            generator=self._sampling.generator(task.prompt),
            loaded_model=self._loaded_model,
        )

    def _config(self, max_tokens: int) -> GenerationConfig:
        return GenerationConfig(
            max_new_tokens=max_tokens,
            do_sample=False,
            eos_token_id=list(self._loaded_model.end_tokens),
            pad_token_id=self._loaded_model.padding_token,
        )


@dataclass
class _GrowingAnswer:
    """An answer while it is written."""

    task: GenerationTask
    matcher: Any | None
    generator: Any
    loaded_model: LoadedModel
    tokens: list[int] = field(default_factory=list)
    is_complete: bool = False

    @property
    def is_over(self) -> bool:
        if self.is_complete:
            return True
        return len(self.tokens) >= self.task.max_tokens

    def add(self, token: int) -> None:
        """Take the next token, unless the answer is over."""
        if self.is_over:
            return
        if token in self.loaded_model.end_tokens:
            self.is_complete = True
            return
        self.tokens.append(token)
        if self.matcher is not None:
            self.matcher.consume_token(token)
            self.is_complete = self.matcher.is_stopped()
        elif self.task.answer_form.is_json:
            self.is_complete = self._closes_object(token)

    def finish(self) -> GeneratedText:
        """The text so far."""
        text = self.loaded_model.tokenizer.decode(self.tokens, skip_special_tokens=True)
        return GeneratedText(text, len(self.tokens), is_cut_off=not self.is_complete)

    def _closes_object(self, token: int) -> bool:
        tokenizer = self.loaded_model.tokenizer
        if "}" not in tokenizer.decode([token]):
            return False
        return holds_json_object(tokenizer.decode(self.tokens))


class _GenerationControl:
    """Tells `generate` what may come next, and what is complete.

    `adjust_scores` is its logits processor, `record_tokens` its stopping criterion: the first may
    change the likelihoods of the next token, the second is told of each token and says which
    answers are over.
    """

    def __init__(
        self,
        answers: Sequence[_GrowingAnswer],
        loaded_model: LoadedModel,
        grammars: Grammars,
        temperature: float,
        stop_event: Event,
    ) -> None:
        self._answers = answers
        self._loaded_model = loaded_model
        self._grammars = grammars
        self._temperature = temperature
        self._stop_event = stop_event

    def adjust_scores(self, input_ids: Any, scores: Any) -> Any:
        """Leave only what is allowed, and draw among it where there is a temperature.

        Args:
            input_ids: Not looked at.
            scores: [n_answers, vocabulary] float, of the next token.

        Returns:
            The scores, those of what is not allowed at -inf; noise makes the largest a draw.
        """
        matchers = [None if answer.is_over else answer.matcher for answer in self._answers]
        has_matcher = any(matcher is not None for matcher in matchers)
        if has_matcher:
            token_mask = torch.from_numpy(self._grammars.token_mask(matchers))
            token_mask = token_mask[:, : scores.shape[1]].to(scores.device)
            scores = scores.masked_fill(~token_mask, -torch.inf)
        if not self._temperature:
            return scores
        noise = self._gumbel_noise(scores)
        return scores / self._temperature + noise

    def record_tokens(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        """[n_answers] bool, which answers are over."""
        last_tokens = input_ids[:, -1].tolist()
        for answer, token in zip(self._answers, last_tokens, strict=True):
            answer.add(token)
        is_stopping = self._stop_event.is_set()
        over = [answer.is_over or is_stopping for answer in self._answers]
        return torch.tensor(over, device=input_ids.device)

    def _gumbel_noise(self, scores: Any) -> Any:
        """The largest of scores / T + this noise is a draw from softmax(scores / T)."""
        rows = []
        for answer in self._answers:
            row = torch.empty(scores.shape[1])
            rows.append(row.exponential_(generator=answer.generator))
        exponential_draws = torch.stack(rows)
        return -exponential_draws.log().to(scores.device)
