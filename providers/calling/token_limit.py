"""How many tokens the answers of a model are given: a few at first, more where it thinks.

Models that think spend `max_tokens` on thoughts before the first word of an answer. What was cut
off before it began shows that the limit is too small for all requests, and not only for this one:
so a larger one is tried with one request, while the others wait, and kept for the run if it helps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from ...configs.settings import ModelSettings
from ..protocol import ProviderFacts, Reply

# An answer that is cut off is asked once more with so many times the tokens; more often where the
# limit is attrx's default, which nobody has chosen.
_FACTOR = 2
_FACTOR_OF_DEFAULT = 4
_MOST_VAIN_TRIALS = 2
_THOUGHTS_BEGIN = "<think"
_THOUGHTS_END = "</think"


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """Most tokens of an answer, thoughts included.

    Attributes:
        first: When it is asked for first.
        second: When it is asked once more, because it was cut off.
    """

    first: int
    second: int

    @property
    def most(self) -> int:
        """Most tokens that one request comes to, with its second try."""
        return self.first + self.second


def token_limits(model: ModelSettings, facts: ProviderFacts) -> TokenLimits:
    """The limits of a model.

    Args:
        model: Its settings.
        facts: What its provider says, which knows models that think.
    """
    first = facts.first_max_tokens(model)
    is_default = "max_tokens" not in model.model_fields_set and first == model.max_tokens
    return TokenLimits(first, first * (_FACTOR_OF_DEFAULT if is_default else _FACTOR))


def is_spent_on_thoughts(reply: Reply) -> bool:
    """Whether an answer that was cut off went into thoughts, in part or before it began."""
    if reply.finish != "length":
        return False
    text = reply.text.strip()
    still_thinks = text.startswith(_THOUGHTS_BEGIN) and _THOUGHTS_END not in text
    return not text or still_thinks or reply.thought_tokens > 0


class TokenLimit:
    """The limit of one model during a run.

    Args:
        limits: What its answers are given.

    Attributes:
        limits: The same, less where the vendor takes less.
        current: What requests are given now.
    """

    def __init__(self, limits: TokenLimits) -> None:
        self.limits = limits
        self.current = limits.first
        self._is_changed = False
        self._trial = asyncio.Lock()
        self._vain_trials = 0

    async def settle(self, max_tokens: int) -> int:
        """The limit for a request, once it is known whether a larger one helps.

        Args:
            max_tokens: What it was to be given.
        """
        if self._trial.locked():
            async with self._trial:
                pass
        return self.current if self._is_changed else max_tokens

    def second_after(self, max_tokens: int) -> int:
        """The limit of the second try of a request; the same where there is none."""
        if max_tokens >= self.limits.second:
            return max_tokens
        if max_tokens == self.limits.first:
            return self.limits.second
        return min(_FACTOR * max_tokens, self.limits.second)

    async def try_larger(self, reply: Reply, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        """Ask once more for an answer that was spent on thoughts, unless that was vain before.

        Args:
            reply: The answer that was cut off.
            ask: Asks with the second limit.

        Returns:
            The new answer, or the old one where nothing was asked.
        """
        async with self._trial:
            if not self._is_changed:
                return await self._try_first(reply, ask)
        return await ask()

    async def _try_first(self, reply: Reply, ask: Callable[[], Awaitable[Reply]]) -> Reply:
        if self._vain_trials >= _MOST_VAIN_TRIALS:
            # It would be cut off at the second limit too, and counts as if it had been.
            return replace(reply, max_tokens=self.limits.second)
        self._vain_trials += 1
        longer_reply = await ask()
        if longer_reply.finish != "length":
            self.current = self.limits.second
            self._is_changed = True
        return longer_reply

    def lower(self, most: int) -> None:
        """Give no more than this: the vendor refuses it."""
        self.limits = TokenLimits(min(self.limits.first, most), min(self.limits.second, most))
        self.current = min(self.current, most)
        self._is_changed = True
