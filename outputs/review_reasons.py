"""Why a person should look at a cell."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..configs.vote_states import STATES
from ..ensemble.arrays import BoolArray
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.decision_rule import STATUSES

REASONS = ("tie", "no answer", "no weight", "low confidence", "low share", "off the list")
SEPARATOR = "; "
_OFF_LIST = STATES.index("off_list")


def review_reasons(attribute: DecidedAttribute, below: float) -> pa.StringArray:
    """The reasons of each cell, joined by `SEPARATOR`; empty where nobody need look.

    Args:
        attribute: What was decided on an attribute.
        below: A share smaller than this is a reason, where there is no confidence.
    """
    decisions = attribute.decisions
    status = np.array(STATUSES)[decisions.status]
    flags = (
        status == "tie",
        status == "no_answer",
        decisions.no_weight,
        _is_doubtful(attribute),
        np.isnan(attribute.confidence) & (decisions.share < below),
        (attribute.votes.state == _OFF_LIST).any(axis=1),
    )
    # One bit for each reason, so that each combination of reasons is put into words once.
    bits = np.zeros(len(status), np.int64)
    for bit, flag in enumerate(flags):
        bits |= np.where(flag, 1 << bit, 0)
    return _COMBINATIONS.take(pa.array(bits))


def _is_doubtful(attribute: DecidedAttribute) -> BoolArray:
    """[n_cells]: there is a confidence, and it is not enough."""
    is_known = ~np.isnan(attribute.confidence)
    if attribute.accepted is None:
        return np.zeros(len(is_known), np.bool_)
    return np.asarray(is_known & ~attribute.accepted)


def _words(bits: int) -> str:
    reasons = []
    for bit, reason in enumerate(REASONS):
        if bits & (1 << bit):
            reasons.append(reason)
    return SEPARATOR.join(reasons)


_COMBINATIONS = pa.array(map(_words, range(1 << len(REASONS))), pa.string())
