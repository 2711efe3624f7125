"""The models of a run: opened together, sharing what their accounts allow, and closed together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from ...configs.settings import ModelSettings
from ...providers.calling.caller import ModelCaller, Settle
from ...providers.calling.pacer import Pacer, open_pacers
from ...providers.protocol import Provider, Reply, Request
from ...providers.registry import open_provider
from ..planning.questionnaire import Questionnaire
from .budget import Budget, promise_of
from .outcomes import Outcomes
from .question_window import QuestionWindow
from .recording import Recorder

WORKERS_PER_SLOT = 2
"""A request that waits to be sent again gives its slot away; so many may be under way for each."""


@dataclass(frozen=True)
class Channel:
    """One model during a run.

    Attributes:
        caller: Asks it.
        recorder: Makes rows of the cache of its answers.
        workers: How many requests may be under way, those that wait for their turn included.
        window: Lets as many questions be under way as the model is worth.
        outcomes: What is told of it at the end of the call.
    """

    caller: ModelCaller
    recorder: Recorder
    workers: int
    window: QuestionWindow
    outcomes: Outcomes = field(default_factory=Outcomes)

    @property
    def max_tokens(self) -> int:
        """What a request is given, as far as is known before its turn comes."""
        return max(self.recorder.model.max_tokens, self.caller.limit.current)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.recorder.model.name


@contextlib.asynccontextmanager
async def open_channels(
    questionnaire: Questionnaire, names: frozenset[str], budget: Budget
) -> AsyncIterator[dict[int, Channel]]:
    """Open the models of a run.

    Args:
        questionnaire: What the config asks.
        names: The models to open.
        budget: What they may spend together.

    Yields:
        Index of the model -> its channel.

    Raises:
        ConfigError: A provider is not known, or cannot use its settings.
    """
    models = {
        index: model for index, model in enumerate(questionnaire.models) if model.name in names
    }
    pacers = open_pacers(models.values())
    async with contextlib.AsyncExitStack() as stack:
        channels = {}
        for index, model in models.items():
            provider = open_provider(model)
            pacer = pacers[model.account_key]
            caller = _open_caller(model, provider, pacer, budget)
            stack.push_async_callback(caller.close)
            recorder = Recorder(model, questionnaire.model_parts[index], provider, questionnaire)
            channels[index] = Channel(
                caller=caller,
                recorder=recorder,
                workers=WORKERS_PER_SLOT * pacer.concurrency,
                window=_open_window(caller, budget),
            )
        yield channels


def _open_window(caller: ModelCaller, budget: Budget) -> QuestionWindow:
    return QuestionWindow(caller.most_questions, first_alone=budget.max_cost is not None)


def connections_note(channels: Mapping[int, Channel]) -> str:
    """That fewer requests are in flight than could be; empty where it is not so."""
    for channel in channels.values():
        pacer = channel.caller.pacer
        if pacer.lacks_connections:
            return (
                f"this process may open few files, so at most {pacer.concurrency} requests are in"
                " flight for each account; `ulimit -n 1024` allows more"
            )
    return ""


def _open_caller(
    model: ModelSettings, provider: Provider, pacer: Pacer, budget: Budget
) -> ModelCaller:
    """A caller that keeps to the budget.

    It reserves the most that an attempt can cost before it is sent, and settles when it has ended.
    """

    def reserve(request: Request) -> Settle:
        bound_usd = caller.costs.bound_usd(request)
        promise = promise_of(model.name, request)
        budget.reserve(bound_usd, promise)

        def settle(outcome: Reply | BaseException) -> None:
            charge_usd = caller.costs.charge_usd(request, outcome)
            budget.settle(bound_usd, charge_usd, promise)

        return settle

    caller = ModelCaller(model, provider, pacer, reserve, budget.stop_rule(model))
    return caller
