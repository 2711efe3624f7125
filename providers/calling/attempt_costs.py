"""What an attempt can cost and what it is charged, whatever a server says that it has counted.

A budget holds only if nobody can talk it down. So an answer whose usage is missing, or is less than
its own text shows, is charged the most that it can have cost; and where a vendor counts more than
that, later attempts are expected to cost as much more.
"""

from __future__ import annotations

from ...configs.errors import ProviderError
from ...configs.settings import ModelSettings
from ..protocol import Reply, Request
from .prices import TokenMeter, cost_usd

MOST_CHARACTERS_PER_TOKEN = 6
"""Texts have 1 (Chinese) to 5 (English) characters a token; a usage of less is not believed."""
MARGIN_OF_EXCESS = 1.25
"""A vendor that counts more than can be foreseen may count still more the next time."""

# Redirected, or refused before anything was answered, which no vendor charges for. 408 is none of
# them: the vendor may have worked until then.
_FREE_STATUSES = frozenset({*range(300, 400), 400, 401, 402, 403, 404, 405, 413, 422, 429})


class AttemptCosts:
    """What attempts on one model cost, for a budget.

    Args:
        model: The model.
        meter: Bounds of its requests.

    Attributes:
        excess: What bounds are multiplied by: 1, or the largest charge seen as a multiple of the
            bound of its request, and a margin.
        small_usages: Answers whose usage is less than their own text shows.
    """

    def __init__(self, model: ModelSettings, meter: TokenMeter) -> None:
        self._model = model
        self._meter = meter
        self.excess = 1.0
        self.small_usages = 0

    def bound_usd(self, request: Request) -> float | None:
        """Most that an attempt can cost, by what is known so far; None without prices."""
        bound_usd = self._meter.cost_bound(request)
        return None if bound_usd is None else bound_usd * self.excess

    def charge_usd(self, request: Request, outcome: Reply | BaseException) -> float | None:
        """What an attempt counts for, now that its outcome is known.

        Args:
            request: What was sent.
            outcome: The reply, or why there is none.

        Returns:
            USD, >= 0; None without prices.
        """
        most_usd = self._most_usd(request)
        if most_usd is None:
            return None
        if not isinstance(outcome, Reply):
            return 0.0 if _is_free(outcome) else most_usd * self.excess
        told_usd = cost_usd(self._model, outcome.input_tokens, outcome.output_tokens)
        if told_usd is None:
            return most_usd * self.excess
        if not is_believable(request, outcome):
            self.small_usages += 1
            return max(told_usd, most_usd * self.excess)
        if told_usd > most_usd > 0:
            self.excess = max(self.excess, MARGIN_OF_EXCESS * told_usd / most_usd)
        return told_usd

    def _most_usd(self, request: Request) -> float | None:
        """The cost of as many tokens as the prompt has bytes, and the answer may have."""
        n_bytes = self._meter.prompt_bytes(request)
        return cost_usd(self._model, n_bytes, request.max_tokens)


def is_believable(request: Request, reply: Reply) -> bool:
    """Whether a usage is no less than what was sent and received shows."""
    characters_sent = sum(len(message["content"]) for message in request.messages)
    return _can_hold(reply.input_tokens, characters_sent) and _can_hold(
        reply.output_tokens, len(reply.text)
    )


def _can_hold(tokens: int | None, characters: int) -> bool:
    """Whether so many tokens can make so many characters."""
    return tokens is not None and tokens * MOST_CHARACTERS_PER_TOKEN >= characters


def _is_free(failure: BaseException) -> bool:
    """Whether a vendor refused a request before it worked on it."""
    return isinstance(failure, ProviderError) and failure.status in _FREE_STATUSES
