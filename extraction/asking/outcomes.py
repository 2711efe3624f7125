"""What went wrong with a model's requests in a call, in words that say what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...configs.errors import UnusableAnswersError
from ...configs.notices import Notice
from ...configs.settings import ModelSettings
from ...configs.wording import quantity, thousands
from ...providers.calling.caller import ModelCaller
from ...providers.calling.circuit_breaker import fate_of
from ...providers.protocol import Reply

LEAST_SHARE_TOLD = 0.05
"""A smaller share of answers that are of no use is told in the table alone."""


@dataclass(slots=True)
class Outcomes:
    """What is told at the end of a call, and not at each request.

    Attributes:
        refused: Requests that the vendor will never take.
        last_refusal: What it said of the last of them.
        answers: Requests that were answered.
        usable: Those of them that gave a vote.
        unusable: Why answers gave no vote -> how many did not; those that were cut off left out.
        cut_off: Answers that were cut off in the end.
        cut_off_at: At how many tokens the last of them was.
    """

    refused: int = 0
    last_refusal: str = ""
    answers: int = 0
    usable: int = 0
    unusable: Counter[str] = field(default_factory=Counter)
    cut_off: int = 0
    cut_off_at: int | None = None

    def add_refusal(self, message: str) -> None:
        """Count a request that is not asked again by itself."""
        self.refused += 1
        self.last_refusal = message

    def add_answer(self, reply: Reply, *, usable: bool) -> None:
        """Count an answer; `usable` where it gave a vote."""
        self.answers += 1
        self.usable += int(usable)
        if reply.finish == "length":
            self.cut_off += 1
            self.cut_off_at = reply.max_tokens
        elif not usable:
            self.unusable[fate_of(reply)] += 1

    def _has_many_unusable(self) -> bool:
        return self.unusable.total() >= max(1, LEAST_SHARE_TOLD * self.answers)

    def _unusable_in_words(self, name: str) -> str:
        count = self.unusable.total()
        [(fate, _)] = self.unusable.most_common(1)
        verb = "was" if count == 1 else "were"
        return (
            f"{name}: {count / self.answers:.0%} of its answers ({thousands(count)} of"
            f" {thousands(self.answers)}) {verb} not usable, most often {fate}; they are not asked"
            " again by themselves (`--retry-failed` asks them)"
        )

    def _answer_notices(self, model: ModelSettings) -> Iterator[Notice]:
        name = model.name
        if self.refused:
            requests = quantity(self.refused, "request")
            text = (
                f"{name}: {requests} refused, and not asked again by themselves"
                f" (`--retry-failed` asks them): {self.last_refusal}"
            )
            yield Notice("requests_refused", text, (name,))
        if self.cut_off:
            at = f" at {thousands(self.cut_off_at)} tokens" if self.cut_off_at else ""
            text = (
                f"{name}: {quantity(self.cut_off, 'answer')} cut off{at}; raise"
                f" {_limit_setting(name)}, and the same command asks again what got no value"
            )
            yield Notice("answers_cut_off", text, (name,))
        if self._has_many_unusable():
            yield Notice("answers_unusable", self._unusable_in_words(name), (name,))

    def notices(self, model: ModelSettings, caller: ModelCaller) -> Iterator[Notice]:
        """The warnings about one model.

        Args:
            model: The model.
            caller: What has asked it.
        """
        name = model.name
        is_told = isinstance(caller.stop_cause, UnusableAnswersError)
        for notice in self._answer_notices(model):
            if not (is_told and notice.kind == "answers_unusable"):
                yield notice
        if caller.counts.empty:
            text = (
                f"{name}: {quantity(caller.counts.empty, 'answer')} empty; what got no other answer"
                f" is asked again by the same command, and `structured: none` under model '{name}'"
                " may help"
            )
            yield Notice("answers_empty", text, (name,))
        is_default = "max_tokens" not in model.model_fields_set
        if caller.counts.answers and is_default and caller.limit.current > model.max_tokens:
            text = (
                f"{name} thinks: its answers were given {thousands(caller.limit.current)} tokens"
                f" instead of {thousands(model.max_tokens)}; set {_limit_setting(name)} to what one"
                " may take"
            )
            yield Notice("max_tokens_raised", text, (name,))
        for option in sorted(caller.refused_options):
            yield option_notice(name, option)
        doubts = Counter(caller.doubts)
        if caller.costs.small_usages:
            doubts["fewer tokens than the text has"] = caller.costs.small_usages
        if doubts:
            yield doubts_notice(name, doubts)


def _limit_setting(model: str) -> str:
    return f"`max_tokens` under model '{model}'"


def option_notice(model: str, option: str) -> Notice:
    """The warning that a vendor did not take an option of a model."""
    text = (
        f"{model}: the vendor refuses `{option}`, and its answers were got without; take it out of"
        " the config, or change what it refuses"
    )
    return Notice("option_dropped", text, (model,))


def doubts_notice(model: str, doubts: Mapping[str, int]) -> Notice:
    """The warning that a server said what cannot be.

    Args:
        model: The model.
        doubts: What of its replies was not believed -> in how many.
    """
    parts = [f"{name} in {quantity(count, 'answer')}" for name, count in sorted(doubts.items())]
    text = (
        f"{model}: the server said what cannot be, which counts as not told: {', '.join(parts)};"
        " where tokens are not told, a cost is unknown, and a budget counts the most it can be"
    )
    return Notice("reply_doubted", text, (model,))


def thoughts_note(model: str, caller: ModelCaller) -> str:
    """How much of what was paid for were thoughts; empty where none were seen."""
    thoughts = caller.counts.thought_tokens
    if not thoughts:
        return ""
    total = max(caller.counts.output_tokens, thoughts)
    return (
        f"{model}: {thousands(thoughts)} of {thousands(total)} tokens of output were thoughts"
        f" ({thoughts / total:.0%})"
    )
