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
from .answer_form import Wanted, wanted_of
from .batcher import OutOfMemory
from .chat_template import Chat, Prompt
from .generation import (
    Ask,
    Drawing,
    Writer,
    Written,
)
from .kv_cache import Prefixes, Tokens
from .loading import Loaded, is_out_of_memory, load
from .local_options import LocalOptions
from .scoring import Choice, Scorer

# Where a CPU is busy with so many, more make it no faster, and a crash loses more.
_BATCH_ON_CPU = 16
_BATCH_ON_GPU = 64


def open_engine(model: ModelSettings, options: LocalOptions) -> LocalEngine:
    """Load a model.

    Raises:
        ProviderError: It cannot be loaded.
        ConfigError: This machine has no such device.
    """
    return LocalEngine(model, options, load(model, options))


@dataclass(frozen=True, slots=True)
class LocalJob:
    """A request, as tokens.

    Attributes:
        request: The request.
        prompt: Its prompt.
        wanted: What the answer may be.
        max_tokens: Most tokens of the answer: as asked, or what the model's context leaves.
    """

    request: Request
    prompt: Prompt
    wanted: Wanted
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
        loaded: The model itself.
    """

    def __init__(self, model: ModelSettings, options: LocalOptions, loaded: Loaded) -> None:
        self._settings = model
        self._options = options
        self._loaded = loaded
        self._stopped = Event()
        self._chat = Chat(loaded.tokenizer)
        self._prefixes = Prefixes(loaded)
        self._scorer = Scorer(loaded, self._prefixes)
        drawing = Drawing(model.temperature or 0.0, options.seed)
        self._writer = Writer(loaded, self._prefixes, drawing, self._stopped)

    @property
    def batch_size(self) -> int:
        """As configured, or what suits the device: but only half of the requests that may be in flight.

        So another batch is ready when one is done, and there is something to sort.
        """
        suits = _BATCH_ON_CPU if self._loaded.device.type == "cpu" else _BATCH_ON_GPU
        in_flight = self._settings.limits.concurrency or DEFAULT_CONCURRENCY
        return self._options.batch_size or min(suits, max(1, in_flight // 2))

    def prepare(self, request: Request) -> LocalJob:
        """Turn a request into a job.

        Raises:
            RefusedRequestError: The prompt does not fit into the model's context, or the answer
                cannot be held to its form.
        """
        prompt = self._chat.prompt(request.messages)
        wanted = self._wanted(request)
        self._writer.check(wanted)
        room = (self._loaded.context or prompt.length + request.max_tokens) - prompt.length
        if room < 1:
            raise RefusedRequestError(
                f"model '{self._settings.name}': the prompt has {prompt.length} tokens, and the model takes "
                f"{self._loaded.context} together with the answer",
                provider="local",
                hint="leave long columns out of `input.text`, or run a model with a longer context",
            )
        return LocalJob(request, prompt, wanted, min(room, request.max_tokens))

    def answer(self, jobs: Sequence[LocalJob]) -> list[Reply]:
        """Compute one batch.

        Raises:
            OutOfMemory: Fewer jobs may fit.
        """
        try:
            with torch.inference_mode():
                return self._answers(jobs)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        # Behind the `except` block, so that no traceback holds on to what lies in the memory.
        self._prefixes.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise OutOfMemory

    def stop(self) -> None:
        """End what is being written at its next token."""
        self._stopped.set()

    @property
    def _scores(self) -> bool:
        return self._options.decode == "score"

    def _wanted(self, request: Request) -> Wanted:
        """What the answer may be; where values are scored, nothing else can be said anyway."""
        if not self._scores:
            return wanted_of(request, request.form, free=self._settings.structured == "none")
        wanted = wanted_of(request, "json_schema", free=False)
        if wanted.closed:
            self._scorer.check(self._settings.name)
        return wanted

    def _answers(self, jobs: Sequence[LocalJob]) -> list[Reply]:
        """Score what is to be scored, and write the rest."""
        opening, wanted = _common_opening(jobs), jobs[0].wanted
        chosen: list[dict[str, Choice]] = [{} for _ in jobs]
        if self._scores and wanted.closed:
            prompts = [job.prompt.tokens for job in jobs]
            chosen = self._scorer.choose(prompts, opening, wanted.closed, json_form=wanted.json)
        written: Sequence[Written | None] = [None] * len(jobs)
        if rest := wanted.without(chosen[0]):
            written = self._writer.write(
                [Ask(job.prompt, rest, job.max_tokens) for job in jobs], opening
            )
        return [self._reply(*parts) for parts in zip(jobs, chosen, written, strict=True)]

    def _reply(self, job: LocalJob, chosen: Mapping[str, Choice], written: Written | None) -> Reply:
        return Reply(
            text=_text(job.wanted, chosen, written.text if written else ""),
            finish="length" if written and written.cut_off else "stop",
            input_tokens=job.length,
            output_tokens=sum(choice.tokens for choice in chosen.values())
            + (written.tokens if written else 0),
            model_version=self._loaded.version,
            probabilities={name: choice.probability for name, choice in chosen.items()},
        )


def _common_opening(jobs: Sequence[LocalJob]) -> Tokens:
    """The opening of all jobs; none where they differ, as they may where a token reaches across its border."""
    openings = {job.prompt.opening for job in jobs}
    return openings.pop() if len(openings) == 1 else ()


def _text(wanted: Wanted, chosen: Mapping[str, Choice], written: str) -> str:
    """The answer that holds what was chosen and what was written; the latter may be cut off in its middle."""
    if not chosen:
        return written
    if not wanted.json:
        [choice] = chosen.values()
        return choice.value
    said = json.dumps({name: choice.value for name, choice in chosen.items()}, ensure_ascii=False)
    return f"{said[:-1]}, {written.removeprefix('{')}" if written else said
