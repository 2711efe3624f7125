"""Second pass, one attribute of a bucket at a time: look up what each cell's pattern decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .arrays import ABSENT, BoolArray, Codes, FloatArray, IntArray
from .decision_rule import (
    STATUS_NO_ANSWER,
    STATUS_NO_TEXT,
    Decisions,
    Rule,
    decide,
)
from .gold.calibration import confidence
from .learning import Combiner
from .pattern_decisions import Places
from .votes import AttributeVotes, BucketVotes, cells_by_category, votes_on


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
    votes = votes_on(bucket, combiner.settings, index)
    signals = None
    if combiner.witness is not None:
        signals = combiner.witness.signals(bucket, votes, index)
    places, parts = [], []
    for category, cells in cells_by_category(votes, bucket, combiner.settings):
        own_signals = None if signals is None else signals.rows(cells)
        places.append(cells)
        parts.append(combiner.decide(category, votes.attribute, votes.codes[cells], own_signals))
    decisions = _in_order(places, parts) if parts else _decide_nothing(votes)
    decisions = _tell_no_text(decisions, bucket.has_text[votes.rows])
    return DecidedAttribute(
        votes=votes,
        decisions=decisions,
        confidence=_confidence(decisions, combiner),
        value=_print_values(bucket, votes, decisions),
    )


def choose_spelling(spellings: Codes, backing: BoolArray) -> Places:
    """Whose spelling of the winning value is printed.

    The one that most of the winning models gave, then that of the first of them in the config.

    Args:
        spellings: [n_cells, n_models] int32, equal numbers in one row mean equal spellings.
        backing: [n_cells, n_models] bool, models that gave the winning value.

    Returns:
        [n_cells] the first model with that spelling; -1 where nobody backs a value.
    """
    n_models = spellings.shape[1]
    n_same = np.zeros(spellings.shape, np.int16)
    for model in range(n_models):
        own_spelling = spellings[:, [model]]
        same_spelling = spellings == own_spelling
        both_back_it = backing & backing[:, [model]]
        agrees = both_back_it & same_spelling
        n_same[:, model] = agrees.sum(axis=1)
    speller = n_same.argmax(axis=1)
    return np.where(backing.any(axis=1), speller, -1)


def _decide_nothing(votes: AttributeVotes) -> Decisions:
    """For an attribute that applies to no product of the bucket."""
    equal = np.ones(votes.codes.shape[1])
    return decide(votes.codes, Rule(weight=equal, agreement=equal))


def _in_order(places: Sequence[IntArray], parts: Sequence[Decisions]) -> Decisions:
    """The decisions of all categories, at least one, in the order of the cells."""
    order = np.argsort(np.concatenate(places))
    columns = {}
    for each in fields(Decisions):
        column = np.concatenate([getattr(part, each.name) for part in parts])
        columns[each.name] = column[order]
    return Decisions(**columns)


def _tell_no_text(decisions: Decisions, has_text: BoolArray) -> Decisions:
    """The decisions, where a product without a text has a status of its own: nobody was asked."""
    is_silent = (decisions.status == STATUS_NO_ANSWER) & ~has_text
    status = np.where(is_silent, STATUS_NO_TEXT, decisions.status).astype(decisions.status.dtype)
    return replace(decisions, status=status)


def _confidence(decisions: Decisions, combiner: Combiner) -> FloatArray:
    if combiner.calibration is None:
        return np.full(len(decisions.share), np.nan)
    return confidence(decisions, combiner.calibration)


def _print_values(
    bucket: BucketVotes, votes: AttributeVotes, decisions: Decisions
) -> pa.StringArray:
    """The winning values: canonical where closed, a number as it is, else as winners spelt it."""
    attribute = votes.attribute
    has_value = decisions.code > ABSENT
    if attribute.closed:
        names = pa.array(list(attribute.values), pa.string())
        return names.take(pa.array(decisions.code - 1, mask=~has_value))
    if attribute.type == "number":
        return bucket.values.take(pa.array(decisions.code - 1, mask=~has_value))
    spelling = _winning_spellings(votes, decisions.code, has_value)
    return bucket.spellings.take(pa.array(spelling, mask=~has_value))


def _winning_spellings(
    votes: AttributeVotes, code: npt.NDArray[np.int32], has_value: BoolArray
) -> npt.NDArray[np.int32]:
    """[n_cells] place of the spelling that is printed, where the winner is a value."""
    backing = votes.codes == code[:, None]
    backing &= has_value[:, None]
    speller = choose_spelling(votes.spelling, backing)
    cells = np.arange(len(code))
    return votes.spelling[cells, np.maximum(speller, 0)]
