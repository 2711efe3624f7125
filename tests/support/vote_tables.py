"""Hypothesis strategies for random votes of several groups, and their two forms.

Codes and cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from brute_force import CellGroup
from hypothesis import strategies as st

from attrx.configs.settings import Attribute
from attrx.ensemble.arrays import Absent, Codes
from attrx.ensemble.groups import Group, form_groups
from attrx.ensemble.patterns import PatternCounts, count_patterns


@dataclass(frozen=True)
class Votes:
    """Random votes of one catalog: for each attribute its codes."""

    attributes: tuple[Attribute, ...]
    codes: tuple[Codes, ...]

    def counted(self, absent: Absent | None = None) -> dict[tuple[str, str], PatternCounts]:
        return {
            ("", a.name): count_patterns(c, closed=a.closed, absent=absent or a.absent)
            for a, c in zip(self.attributes, self.codes, strict=True)
        }

    def groups(
        self, group_by: str = "attribute", absent: Absent | None = None
    ) -> tuple[Group, ...]:
        return form_groups(self.counted(absent), self.attributes, group_by, absent)  # type: ignore[arg-type]

    def cells(self, absent: Absent | None = None) -> list[CellGroup]:
        """One brute-force group per attribute."""
        groups = []
        for attribute, codes in zip(self.attributes, self.codes, strict=True):
            lowest = 0 if (absent or attribute.absent) == "label" else 1
            part = [{i: int(k) for i, k in enumerate(row) if k >= lowest} for row in codes]
            labels = len(attribute.values) + (lowest == 0) if attribute.closed else 2
            groups.append(CellGroup([part], [attribute.closed], [labels], codes.shape[1]))
        return groups


def attribute(name: str, n_values: int, absent: Absent = "label") -> Attribute:
    """A closed attribute of n values, or an open one where n is 0."""
    values = [f"v{k}" for k in range(n_values)]
    return Attribute(name=name, values=values, open=not values, absent=absent)  # type: ignore[arg-type]


@st.composite
def votes(
    draw: st.DrawFn, max_models: int = 8, max_attributes: int = 3, min_models: int = 1
) -> Votes:
    """Votes with missing ones and ties, of models that are right more or less often."""
    n_models = draw(st.integers(min_models, max_models))
    attributes, codes = [], []
    for a in range(draw(st.integers(1, max_attributes))):
        n_values = draw(st.sampled_from([0, 2, 3, 5]))
        attributes.append(attribute(f"a{a}", n_values, draw(st.sampled_from(["label", "missing"]))))
        n_cells = draw(st.integers(1, 60))
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        truth = rng.integers(0, (n_values or 4) + 1, (n_cells, 1))
        noise = rng.integers(-1, (n_values or 4) + 1, (n_cells, n_models))
        skill = rng.random(n_models)
        codes.append(
            np.where(rng.random((n_cells, n_models)) < skill, truth, noise).astype(np.int32)
        )
    return Votes(tuple(attributes), tuple(codes))
