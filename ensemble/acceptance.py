"""Which values can go out unread, so that of these a given share is right.

The contract: docs/design.md#confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray

STEPS = 1_000_000
"""Confidences are summed in millionths, so that sums are exact in any order."""
CAUTION = 0.3
"""This part of what is missing to certainty is asked for on top of the precision that is wanted:
confidences are estimates, and the cells that look best do so in part by luck."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What can go out unread.

    Attributes:
        precision: The share of right values that is wanted among those that go out.
        threshold: The smallest confidence that goes out, in millionths; above `STEPS` where none
            does.
        cells: Cells with a confidence.
        accepted_cells: Those of them that go out.
        accuracy: Their mean confidence, which is how many are right as far as is known.
    """

    precision: float
    threshold: int
    cells: int
    accepted_cells: int
    accuracy: float

    def accepts(self, confidence: FloatArray) -> BoolArray:
        """[n_cells]: whether a value can go out; not where there is no confidence."""
        known_confidence = np.nan_to_num(confidence, nan=-1.0)
        return _millionths(known_confidence) >= self.threshold

    @property
    def share(self) -> float:
        """The part of all cells that goes out."""
        return self.accepted_cells / max(self.cells, 1)

    @property
    def best_share(self) -> float:
        """The part that could go out if it were known which values are wrong.

        All right ones, and of wrong ones as many as the precision allows.
        """
        errors_allowed = 1 - self.precision
        error = 1 - self.accuracy
        surplus = max(error - errors_allowed, 0.0)
        return 1 - surplus / self.precision

    @property
    def sentence(self) -> str:
        """The same in plain words."""
        precision = f"{self.precision:.4g}"
        return (
            f"{self.share:.0%} of the values can go out unread, as far as is known with"
            f" {precision} of them right; at best {self.best_share:.0%} could"
        )

    def to_json(self) -> dict[str, Any]:
        """As `run.json` carries it."""
        return {
            "precision": self.precision,
            "threshold": self.threshold / STEPS,
            "cells": self.cells,
            "accepted_cells": self.accepted_cells,
            "share": self.share,
            "best_share": self.best_share,
            "sentence": self.sentence,
        }


class ConfidenceCounts:
    """How often each confidence was given, cell by cell, in any order."""

    def __init__(self) -> None:
        self._cells = np.zeros(STEPS + 1, np.int64)

    def add(self, confidence: FloatArray) -> None:
        """Count cells; nan where there is no confidence."""
        is_known = ~np.isnan(confidence)
        steps = _millionths(confidence[is_known])
        self._cells += np.bincount(steps, minlength=STEPS + 1)

    def accept(self, precision: float) -> Acceptance:
        """From the smallest confidence on where those at or above it are right often enough.

        Args:
            precision: The share of right values that is wanted.
        """
        wanted = precision + CAUTION * (1 - precision)
        steps = np.arange(STEPS + 1)
        cells = _sums_from_above(self._cells)
        total = _sums_from_above(self._cells * steps)
        is_enough = (self._cells > 0) & (total >= wanted * STEPS * cells)
        places = np.flatnonzero(is_enough)
        threshold = int(places[0]) if len(places) else STEPS + 1
        n_cells = int(cells[0])
        return Acceptance(
            precision=precision,
            threshold=threshold,
            cells=n_cells,
            accepted_cells=int(cells[threshold]) if len(places) else 0,
            accuracy=float(total[0]) / STEPS / max(n_cells, 1),
        )


def _sums_from_above(counts: IntArray) -> IntArray:
    """[n] the sum of each count and all behind it."""
    return np.asarray(np.cumsum(counts[::-1])[::-1])


def _millionths(confidence: FloatArray) -> IntArray:
    return np.rint(confidence * STEPS).astype(np.int64)
