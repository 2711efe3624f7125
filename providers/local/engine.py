"""One loaded model that answers batches of requests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event

import torch

from ...configs.errors import RefusedRequestError
from ...configs.settings import ModelSettings
from ..calling.pacer import DEFAULT_CONCURRENCY
from ..protocol import Reply, Request
from .answer_form import AnswerForm, read_answer_form
from .batcher import OutOfMemory
from .chat_template import ChatTemplate, TokenizedPrompt, Tokens
from .generation import GeneratedText, GenerationTask, Sampling, TextGenerator
from .kv_cache import PrefixCache
from .loading import LoadedModel, is_out_of_memory, load_model
from .local_options import LocalOptions
from .scoring import Scorer, ValueScore

# Where a CPU is busy with so many, more make it no faster, and a crash loses more.
_BATCH_ON_CPU = 16
_BATCH_ON_GPU = 64


def open_engine(model: ModelSettings, options: LocalOptions) -> LocalEngine:
    """Load a model.

    Raises:
        ProviderError: It cannot be loaded.
        ConfigError: This machine has no such device.
    """
    return LocalEngine(model, options, load_model(model, options))


@dataclass(frozen=True, slots=True)
class LocalJob:
    """A request, as tokens.

    Attributes:
        request: The request.
        prompt: Its prompt.
        answer_form: What the answer may be.
        max_tokens: Most tokens of the answer: as asked, or what the model's context leaves.
    """

    request: Request
    prompt: TokenizedPrompt
    answer_form: AnswerForm
    max_tokens: int

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return self.prompt.length


class LocalEngine:
    """A model in memory; see `batcher.Engine`.

    Args:
        model: The model's settings.
        options: Its options.
        loaded_model: The model itself.
    """

    def __init__(
        self, model: ModelSettings, options: LocalOptions, loaded_model: LoadedModel
    ) -> None:
        self._settings = model
        self._options = options
        self._loaded_model = loaded_model
        self._stop_event = Event()
        self._chat_template = ChatTemplate(loaded_model.tokenizer)
        self._prefix_cache = PrefixCache(loaded_model)
        self._scorer = Scorer(loaded_model, self._prefix_cache)
        sampling = Sampling(model.temperature or 0.0, options.seed)
        self._generator = TextGenerator(
            loaded_model, self._prefix_cache, sampling, self._stop_event
        )

    @property
    def batch_size(self) -> int:
        """As configured, or what suits the device, but only half of what may be in flight.

        So another batch is ready when one is done, and there is something to sort.
        """
        if self._options.batch_size:
            return self._options.batch_size
        in_flight = self._settings.limits.concurrency or DEFAULT_CONCURRENCY
        on_cpu = self._loaded_model.device.type == "cpu"
        return min(_BATCH_ON_CPU if on_cpu else _BATCH_ON_GPU, max(1, in_flight // 2))

    def prepare(self, request: Request) -> LocalJob:
        """Turn a request into a job.

        Raises:
            RefusedRequestError: The prompt does not fit into the model's context, or the answer
                cannot be held to its form.
        """
        prompt = self._chat_template.tokenize(request.messages)
        answer_form = self._answer_form(request)
        self._generator.check(answer_form)
        max_tokens = request.max_tokens
        context_length = self._loaded_model.context_length
        if context_length:
            max_tokens = min(max_tokens, context_length - prompt.length)
        if max_tokens < 1:
            raise RefusedRequestError(
                f"model '{self._settings.name}': the prompt has {prompt.length} tokens, and the "
                f"model takes {context_length} together with the answer",
                provider="local",
                hint="leave long columns out of `input.text`, or run a model with a longer context",
            )
        return LocalJob(request, prompt, answer_form, max_tokens)

    def answer(self, jobs: Sequence[LocalJob]) -> list[Reply]:
        """Compute one batch.

        Raises:
            OutOfMemory: Fewer jobs may fit.
        """
        try:
            with torch.inference_mode():
                return self._compute(jobs)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Behind the `except` block, so that no traceback holds on to what lies in the memory.
        self._prefix_cache.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise OutOfMemory

    def stop(self) -> None:
        """End what is being written at its next token."""
        self._stop_event.set()

    @property
    def _scores_values(self) -> bool:
        return self._options.decode == "score"

    def _answer_form(self, request: Request) -> AnswerForm:
        """What the answer may be; where values are scored, nothing else can be said anyway."""
        if not self._scores_values:
            free = self._settings.structured == "none"
            return read_answer_form(request, request.form, free=free)
        answer_form = read_answer_form(request, "json_schema", free=False)
        if answer_form.closed_values:
            self._scorer.check(self._settings.name)
        return answer_form

    def _compute(self, jobs: Sequence[LocalJob]) -> list[Reply]:
        """Score what is to be scored, and write the rest."""
        prefix = _common_prefix(jobs)
        answer_form = jobs[0].answer_form
        scores: list[dict[str, ValueScore]] = [{} for _ in jobs]
        if self._scores_values and answer_form.closed_values:
            scores = self._scorer.score(
                [job.prompt.tokens for job in jobs],
                prefix,
                answer_form.closed_values,
                is_json=answer_form.is_json,
            )
        texts: Sequence[GeneratedText | None] = [None] * len(jobs)
        rest = answer_form.without(scores[0])
        if rest is not None:
            tasks = [GenerationTask(job.prompt, rest, job.max_tokens) for job in jobs]
            texts = self._generator.generate(tasks, prefix)
        return [self._reply(*parts) for parts in zip(jobs, scores, texts, strict=True)]

    def _reply(
        self, job: LocalJob, scores: Mapping[str, ValueScore], generated_text: GeneratedText | None
    ) -> Reply:
        text = generated_text or GeneratedText("", 0, is_cut_off=False)
        scored_tokens = sum(score.tokens for score in scores.values())
        return Reply(
            text=_join_answer(job.answer_form, scores, text.text),
            finish="length" if text.is_cut_off else "stop",
            input_tokens=job.length,
            output_tokens=scored_tokens + text.tokens,
            model_version=self._loaded_model.version,
            probabilities={name: score.probability for name, score in scores.items()},
        )


def _common_prefix(jobs: Sequence[LocalJob]) -> Tokens:
    """The prefix of all jobs; none where they differ.

    They may where a token reaches across its border.
    """
    prefixes = {job.prompt.prefix for job in jobs}
    return prefixes.pop() if len(prefixes) == 1 else ()


def _join_answer(
    answer_form: AnswerForm, scores: Mapping[str, ValueScore], generated_text: str
) -> str:
    """The answer of scored values and generated text; the latter may be cut off in its middle."""
    if not scores:
        return generated_text
    values = {name: score.value for name, score in scores.items()}
    if not answer_form.is_json:
        [value] = values.values()
        return value
    text = json.dumps(values, ensure_ascii=False)
    if not generated_text:
        return text
    return f"{text[:-1]}, {generated_text.removeprefix('{')}"
