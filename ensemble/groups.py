"""Groups: the cells that share one set of weights, formed from the counts of pairs."""

from __future__ import annotations

from collections import defaultdict
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
        tilted_codes: For each part, the code that the stack's tilt belongs to, or None.
    """

    category: str
    attribute: str
    parts: tuple[PatternCounts, ...]
    n_labels: tuple[int, ...]
    tilted_codes: tuple[int | None, ...]

    @property
    def pair(self) -> Pair:
        """(category, attribute), with `*` for all."""
        return self.category, self.attribute

    @property
    def n_cells(self) -> int:
        """Cells of all parts."""
        return sum(part.n_cells for part in self.parts)


def count_labels(attribute: Attribute, absent: Absent) -> int:
    """L: the values of a closed attribute, and absent unless it is no vote; 2 for an open one."""
    if attribute.open:
        return 2
    n_values = len(attribute.values)
    return n_values + 1 if absent == "label" else n_values


def tilted_code_of(attribute: Attribute, absent: Absent) -> int | None:
    """The value that the stack's tilt belongs to.

    Absent; where there is none, the first of two values; else none.
    """
    if absent == "label":
        return ABSENT
    has_two_values = attribute.closed and len(attribute.values) == 2
    return 1 if has_two_values else None


def group_of(pair: Pair, group_by: GroupBy) -> Pair:
    """The group whose weights a (category, attribute) pair uses."""
    category, attribute = pair
    if group_by == "all":
        return ALL, ALL
    if group_by == "attribute":
        return ALL, attribute
    return category, attribute


def form_groups(
    counts: Mapping[Pair, PatternCounts],
    attributes: Sequence[Attribute],
    group_by: GroupBy,
    absent: Absent | None = None,
) -> tuple[Group, ...]:
    """Merge the counts of pairs into groups.

    Args:
        counts: Counts for each (category, attribute).
        attributes: The config's attributes.
        group_by: What shares weights.
        absent: How an n/a was counted, where that is not as each attribute says.

    Returns:
        The groups, in the order of the config's attributes, categories sorted.
    """
    members: dict[Pair, list[tuple[Attribute, PatternCounts]]] = {}
    pairs_of_name: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in sorted(counts):
        _, name = pair
        pairs_of_name[name].append(pair)
    for attribute in attributes:
        shared_counts: dict[Pair, list[PatternCounts]] = {}
        for pair in pairs_of_name[attribute.name]:
            group = group_of(pair, group_by)
            group_counts = shared_counts.setdefault(group, [])
            group_counts.append(counts[pair])
        for group, parts in shared_counts.items():
            member = (attribute, merge_counts(parts))
            group_members = members.setdefault(group, [])
            group_members.append(member)
    groups = []
    for group, own_members in members.items():
        groups.append(_group(group, own_members, absent))
    return tuple(groups)


def _group(
    pair: Pair, members: Sequence[tuple[Attribute, PatternCounts]], absent: Absent | None
) -> Group:
    category, attribute = pair
    attributes = [each for each, _ in members]
    return Group(
        category=category,
        attribute=attribute,
        parts=tuple(counts for _, counts in members),
        n_labels=tuple(count_labels(each, absent or each.absent) for each in attributes),
        tilted_codes=tuple(tilted_code_of(each, absent or each.absent) for each in attributes),
    )
