"""Second pass, one attribute of a bucket at a time: look up what each cell's pattern decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa

from .arrays import ABSENT, FloatArray, IntArray
from .decision_rule import (
    Decisions,
    Rule,
    choose_spelling,
    decide,
)
from .gold.calibration import confidence
from .learning import Combiner, by_category
from .votes import AttributeVotes, BucketVotes, votes_on


@dataclass(frozen=True)
class DecidedAttribute:
    """What was decided on one attribute in one bucket.

    Attributes:
        votes: The votes.
        decisions: One row per cell.
        confidence: [n_cells] float64, the probability that the value is right; nan where it is not
            known.
        value: The value as it is printed, null where there is none.
    """

    votes: AttributeVotes
    decisions: Decisions
    confidence: FloatArray
    value: pa.StringArray


def decide_attribute(bucket: BucketVotes, combiner: Combiner, index: int) -> DecidedAttribute:
    """Decide the cells of the attribute with this index."""
    settings = combiner.settings
    votes = votes_on(bucket, settings, index)
    parts = [
        (cells, decide(votes.codes[cells], combiner.rule(category, votes.attribute)))
        for category, cells in by_category(votes, bucket, settings)
    ]
    decisions = _in_order(parts) if parts else _nothing_decided(votes)
    calibration = combiner.calibration
    known = (
        np.full(len(decisions.share), np.nan)
        if calibration is None
        else confidence(decisions, calibration)
    )
    return DecidedAttribute(votes, decisions, known, _printed(bucket, votes, decisions))


def _nothing_decided(votes: AttributeVotes) -> Decisions:
    """For an attribute that applies to no product of the bucket."""
    equal = np.ones(votes.codes.shape[1])
    return decide(votes.codes, Rule(weight=equal, agreement=equal))


def _in_order(parts: Sequence[tuple[IntArray, Decisions]]) -> Decisions:
    """The decisions of all categories, at least one, in the order of the cells."""
    order = np.argsort(np.concatenate([cells for cells, _ in parts]))
    names = [each.name for each in fields(Decisions)]
    return Decisions(
        **{
            name: np.concatenate([getattr(each, name) for _, each in parts])[order]
            for name in names
        }
    )


def _printed(bucket: BucketVotes, votes: AttributeVotes, decisions: Decisions) -> pa.StringArray:
    """The winning values: canonical where closed, the number where a number, else the spelling most winners gave."""
    code, attribute = decisions.code, votes.attribute
    valued = code > ABSENT
    if attribute.closed or attribute.type == "number":
        names = pa.array(list(attribute.values), pa.string()) if attribute.closed else bucket.values
        return names.take(pa.array(code - 1, mask=~valued))
    backing = (votes.codes == code[:, None]) & valued[:, None]
    chosen = choose_spelling(votes.spelling, backing)
    spelling = votes.spelling[np.arange(len(code)), np.maximum(chosen, 0)]
    return bucket.spellings.take(pa.array(spelling, mask=~valued))
