"""How much is spent on a model without a usable vote before it is stopped.

A model whose every answer is cut off, off the list or no answer at all is stopped after a few
requests in a row. One that now and then gives a vote is given more of them: a row without any is
then no proof.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SHARE_OF_BUDGET = 0.01
"""So much of a budget may be spent in a row, where that is more than the requests come to."""
FIRST_QUESTIONS = 4
"""Questions that may be under way before a model gave its first vote; each vote adds one."""
DOUBT = 4
"""Vain outcomes that are added to those that were seen: a first vote is no proof of many."""
MOST_PATIENCE = 15
"""A model that gave votes before may be sent so many times more requests, if few of them did."""


@dataclass(frozen=True, slots=True)
class StopRule:
    """When a model is stopped that gives no usable vote: after so many requests and so much money.

    Attributes:
        requests: Requests in a row, attempts and not questions.
        usd: What they have to count for besides; 0 where no cost is bounded, or the model is free.
    """

    requests: int = 20
    usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a question came to.

    Attributes:
        requests: Attempts that were made on it.
        usd: What they count for.
    """

    requests: int = 1
    usd: float = 0.0


@dataclass
class VainRequests:
    """The requests to one model, in a row, that brought no usable vote.

    Args:
        rule: When there are too many of them.

    Attributes:
        fates: Why the outcomes of the row could not be used, and how many of each.
    """

    rule: StopRule = StopRule()
    fates: Counter[str] = field(default_factory=Counter)
    _requests: int = 0
    _refusals: int = 0
    _usd: float = 0.0
    _usable_outcomes: int = 0
    _earlier_outcomes: int = 0

    @property
    def was_ever_usable(self) -> bool:
        """Whether the model has given a vote before."""
        return self._usable_outcomes > 0

    def on_usable(self) -> None:
        """A question was answered with a vote: the row is over."""
        self._earlier_outcomes += self.fates.total() + 1
        self._usable_outcomes += 1
        self.fates.clear()
        self._requests = 0
        self._refusals = 0
        self._usd = 0.0

    def on_answer(self, fate: str, charge: Charge) -> None:
        """A question was answered, and there is no vote in it.

        Args:
            fate: Why not.
            charge: What it came to.
        """
        self.fates[fate] += 1
        self._requests += charge.requests
        self._usd += charge.usd

    def on_refusal(self, fate: str) -> None:
        """The vendor refused a request, which costs nothing."""
        self.fates[fate] += 1
        self._requests += 1
        self._refusals += 1

    @property
    def is_too_much(self) -> bool:
        """Whether the model is to be stopped."""
        most = self._most_requests()
        if self._refusals >= most:
            return True
        return self._requests >= most and self._usd >= self.rule.usd

    @property
    def most_questions(self) -> int:
        """How many questions may be under way, so that a row does not end far beyond its bound.

        In a row that has become long, no more than are left of it.
        """
        questions = FIRST_QUESTIONS + self._usable_outcomes
        most = self._most_requests()
        if self._requests >= most // 4:
            questions = min(questions, most - self._requests)
        return max(1, questions)

    def _most_requests(self) -> int:
        """Requests in a row after which it will hardly give another vote.

        Where one outcome in n has been usable, 10 n in a row are not by chance but 1 time in 20,000
        (exp(-10)). So the rule's 20 are multiplied by n / 2, with `DOUBT` vain outcomes added to
        those that were seen.
        """
        if not self.was_ever_usable:
            return self.rule.requests
        outcomes = self._earlier_outcomes + DOUBT
        patience = outcomes / self._usable_outcomes / 2
        return round(self.rule.requests * min(max(patience, 1.0), MOST_PATIENCE))
