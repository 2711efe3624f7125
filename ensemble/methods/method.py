"""What a method of combining votes is: what it needs, what it learns, and how it decides a cell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from ...configs.settings import Attribute, EnsembleSettings, Settings
from ..arrays import Absent, Codes
from ..decision_rule import Rule
from ..gold.gold_cells import GoldCells
from ..groups import Group
from ..weights import EarlierWeights, Weights

Counts = Literal["patterns"]
"""What the first pass counts: which models agree, and how often each block of them says a value
(`PatternCounts`). It is not known which values two blocks of one cell say at once. A method that
needs that, such as one that learns how models confuse values, adds a kind here, which `learning.py`
then counts beside the patterns."""


@dataclass(frozen=True)
class Evidence:
    """What a method may learn from.

    Attributes:
        groups: The counts of the cells that share weights.
        settings: The configuration.
        gold: The gold cells, with the votes on them; they name their attributes, so that a method
            can learn from each by itself. None without gold.
        heard: Names of the attributes in which the catalog has a say without gold.
        earlier: The weights of an earlier run, which stay where the answers leave them; None
            without one.
    """

    groups: tuple[Group, ...]
    settings: Settings
    gold: GoldCells | None = None
    heard: frozenset[str] = frozenset()
    earlier: EarlierWeights | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """Names, in the order of the columns."""
        return tuple(model.name for model in self.settings.models)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes, in the order of the config."""
        return tuple(attribute.name for attribute in self.settings.attributes)

    @property
    def leader(self) -> int | None:
        """Place of the model that the user named as the leader."""
        name = self.settings.ensemble.leader
        return None if name is None else self.models.index(name)


class Method(ABC):
    """One way to combine votes.

    Attributes:
        name: As in the config, and in the files that a run writes.
        counts: What it learns from.
        needs_gold: It learns from gold. It is then judged by `decide_held_out`, on gold that it has
            not learned from; any other method is judged on the gold as it is.
        combines: It weighs several models, which is what there is to warn of.
        absent: How an n/a votes, where that is not for each attribute to say.
        baselines: The methods that it is compared with on gold; they are run on the counts of this
            one.
    """

    name: str
    counts: ClassVar[Counts] = "patterns"
    needs_gold: ClassVar[bool] = False
    combines: ClassVar[bool] = True
    absent: ClassVar[Absent | None] = None
    baselines: ClassVar[tuple[str, ...]] = ("majority", "iwmv")

    @abstractmethod
    def learn(self, evidence: Evidence) -> Weights:
        """Learn how much each model's vote counts.

        Args:
            evidence: Has at least one gold cell, where the method needs gold.
        """

    def rule(self, weights: Weights, row: int, attribute: Attribute) -> Rule:
        """How the cells of an attribute are decided.

        Args:
            weights: What `learn` gave.
            row: The row of the group that the cells are in.
            attribute: Their attribute.
        """
        return Rule(
            weight=weights.weight[row],
            agreement=weights.agreement[row],
            absent=self.absent_of(attribute),
        )

    def absent_of(self, attribute: Attribute) -> Absent:
        """How an n/a votes."""
        return self.absent or attribute.absent

    def decide_held_out(self, evidence: Evidence) -> Codes:
        """[n_gold_cells] what it decides on each gold cell when it has learned from the others.

        Only asked of a method that learns from gold.
        """
        raise NotImplementedError(self.name)

    def describe(self, settings: EnsembleSettings) -> str:
        """How votes were combined, in a few words for the report."""
        return f"combined by {self.name}"
