"""Groups: the cells that share one set of weights, formed from the counts of (category, attribute) pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..configs.settings import Attribute, GroupBy
from .arrays import ABSENT, Absent
from .patterns import PatternCounts, merge_counts

ALL = "*"
"""Stands for every category, or every attribute."""

Pair = tuple[str, str]
"""(category, attribute); the category is empty where the input has none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Cells that share one set of weights.

    Attributes:
        category: The category, `*` for all.
        attribute: The attribute, `*` for all.
        parts: Counts of the attributes in the group. Numbers of values mean something within one
            part only, so that chance is worked out for each part and averaged over a model's votes.
        n_labels: For each part, among how many labels a model chooses (L).
        tilted: For each part, the code that the stack's tilt belongs to, or None.
    """

    category: str
    attribute: str
    parts: tuple[PatternCounts, ...]
    n_labels: tuple[int, ...]
    tilted: tuple[int | None, ...]

    @property
    def pair(self) -> Pair:
        """(category, attribute), with `*` for all."""
        return self.category, self.attribute


def count_labels(attribute: Attribute, absent: Absent) -> int:
    """L: the values of a closed attribute, plus absent unless it is no vote; 2 for an open attribute."""
    return len(attribute.values) + (absent == "label") if attribute.closed else 2


def tilted_code(attribute: Attribute, absent: Absent) -> int | None:
    """The value that the stack's tilt belongs to: absent; where there is none, the first of two values; else none."""
    if absent == "label":
        return ABSENT
    return 1 if attribute.closed and len(attribute.values) == 2 else None


def group_of(pair: Pair, group_by: GroupBy) -> Pair:
    """The group whose weights a (category, attribute) pair uses."""
    category, attribute = pair
    return {"all": (ALL, ALL), "attribute": (ALL, attribute), "category": (category, attribute)}[
        group_by
    ]


def form_groups(
    counted: Mapping[Pair, PatternCounts],
    attributes: Sequence[Attribute],
    group_by: GroupBy,
    absent: Absent | None = None,
) -> tuple[Group, ...]:
    """Merge the counts of pairs into groups, in the order of the config's attributes, categories sorted.

    Args:
        counted: Counts for each (category, attribute).
        attributes: The config's attributes.
        group_by: What shares weights.
        absent: How an n/a was counted, where that is not as each attribute says (the method
            `paper`: missing).
    """
    found: dict[Pair, list[tuple[PatternCounts, int, int | None]]] = {}
    for attribute in attributes:
        categories: dict[str, list[PatternCounts]] = {}
        for category, name in sorted(pair for pair in counted if pair[1] == attribute.name):
            shared = category if group_by == "category" else ALL
            categories.setdefault(shared, []).append(counted[category, name])
        voting = absent or attribute.absent
        n_labels, tilted = count_labels(attribute, voting), tilted_code(attribute, voting)
        for category, parts in categories.items():
            key = (ALL, ALL) if group_by == "all" else (category, attribute.name)
            found.setdefault(key, []).append((merge_counts(parts), n_labels, tilted))
    return tuple(Group(*pair, *zip(*parts, strict=True)) for pair, parts in found.items())
