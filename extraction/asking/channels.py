"""The models of a run: opened together, sharing what their accounts allow, and closed together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from ...configs.settings import ModelSettings
from ...providers.calling.caller import ModelCaller, Settle
from ...providers.calling.pacer import Pacer, open_pacers
from ...providers.calling.prices import cost_usd
from ...providers.protocol import Provider, Reply, Request
from ...providers.registry import open_provider
from ..planning.questionnaire import Questionnaire
from .budget import Budget, promise_of
from .outcomes import Outcomes
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
        outcomes: What is told of it at the end of the call.
    """

    caller: ModelCaller
    recorder: Recorder
    workers: int
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
            channels[index] = Channel(caller, recorder, WORKERS_PER_SLOT * pacer.concurrency)
        yield channels


def _open_caller(
    model: ModelSettings, provider: Provider, pacer: Pacer, budget: Budget
) -> ModelCaller:
    """A caller that keeps to the budget.

    It reserves the most that an attempt can cost before it is sent, and settles when it has ended.
    """

    def reserve(request: Request) -> Settle:
        bound_usd = caller.tokens.cost_bound(request)
        budget.reserve(bound_usd, promise_of(model.name, request))

        def settle(reply: Reply | None) -> None:
            cost = None
            if reply is not None:
                cost = cost_usd(model, reply.input_tokens, reply.output_tokens)
            budget.settle(bound_usd, cost)

        return settle

    caller = ModelCaller(model, provider, pacer, reserve)
    return caller
