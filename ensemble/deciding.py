"""Second pass, one attribute of a bucket at a time: look up what each cell's pattern decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .acceptance import Acceptance, ConfidenceCounts
from .arrays import ABSENT, BoolArray, Codes, FloatArray
from .catalog.signals import Signals
from .decision_rule import (
    STATUS_NO_ANSWER,
    STATUS_NO_TEXT,
    Decisions,
    Rule,
    decide,
    join_decisions,
)
from .gold.calibration import confidence
from .learning import Combiner
from .pattern_decisions import Places
from .votes import AttributeVotes, BucketVotes, categories_of, cells_by_category, votes_on
from .walk import walk


@dataclass(frozen=True)
class DecidedAttribute:
    """What was decided on one attribute in one bucket.

    Attributes:
        votes: The votes.
        decisions: One row per cell.
        certainty: [n_cells] float64 in [0, 1], which cells are less doubtful than others; nan where
            nobody voted.
        confidence: [n_cells] float64, the probability that the value is right; nan where it is not
            known.
        accepted: [n_cells] bool, the value can go out unread; None where it is not known.
        value: The value as it is printed, null where there is none.
    """

    votes: AttributeVotes
    decisions: Decisions
    certainty: FloatArray
    confidence: FloatArray
    accepted: BoolArray | None
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
    decisions = join_decisions(places, parts) if parts else _decide_nothing(votes)
    decisions = _tell_no_text(decisions, bucket.has_text[votes.rows])
    certainty = _certainty(bucket, votes, decisions, combiner, signals)
    has_gold = combiner.calibration.has_gold
    unknown = np.full(len(certainty), np.nan)
    acceptance = combiner.acceptance
    return DecidedAttribute(
        votes=votes,
        decisions=decisions,
        certainty=certainty,
        confidence=certainty if has_gold else unknown,
        accepted=None if acceptance is None else acceptance.accepts(certainty),
        value=_print_values(bucket, votes, decisions),
    )


def decide_bucket(combiner: Combiner, bucket: BucketVotes) -> list[DecidedAttribute]:
    """Decide all cells of a bucket, attribute by attribute."""
    indices = range(len(combiner.settings.attributes))
    return [decide_attribute(bucket, combiner, index) for index in indices]


def find_acceptance(source: Iterable[BucketVotes], combiner: Combiner) -> Acceptance | None:
    """Which values can go out unread; None without gold, which alone can tell.

    Args:
        source: The votes, bucket by bucket.
        combiner: What was learned from them.
    """
    if not combiner.calibration.has_gold:
        return None
    counts = ConfidenceCounts()
    for attributes in walk(source, partial(decide_bucket, combiner)):
        for attribute in attributes:
            counts.add(attribute.confidence)
    return counts.accept(combiner.settings.review.accept_precision)


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


def _certainty(
    bucket: BucketVotes,
    votes: AttributeVotes,
    decisions: Decisions,
    combiner: Combiner,
    signals: Signals | None,
) -> FloatArray:
    name = votes.attribute.name
    categories = categories_of(bucket, votes.rows)
    pairs = [(category, name) for category in categories.tolist()]
    features = combiner.features(pairs, votes.codes, decisions, signals)
    return confidence(features, combiner.calibration)


def _decide_nothing(votes: AttributeVotes) -> Decisions:
    """For an attribute that applies to no product of the bucket."""
    equal = np.ones(votes.codes.shape[1])
    return decide(votes.codes, Rule(weight=equal, agreement=equal))


def _tell_no_text(decisions: Decisions, has_text: BoolArray) -> Decisions:
    """The decisions, where a product without a text has a status of its own: nobody was asked."""
    is_silent = (decisions.status == STATUS_NO_ANSWER) & ~has_text
    status = np.where(is_silent, STATUS_NO_TEXT, decisions.status).astype(decisions.status.dtype)
    return replace(decisions, status=status)


def _print_values(
    bucket: BucketVotes, votes: AttributeVotes, decisions: Decisions
) -> pa.StringArray:
    """The winning values: canonical where closed, a number as it is, else as winners spelt it."""
    attribute = votes.attribute
    has_value = decisions.code > ABSENT
    has_none = ~has_value
    place = pa.array(decisions.code - 1, mask=has_none)
    if attribute.closed:
        names = pa.array(list(attribute.values), pa.string())
        return names.take(place)
    if attribute.type == "number":
        return bucket.values.take(place)
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
