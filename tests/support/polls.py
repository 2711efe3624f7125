"""A cache with given votes, so that what becomes of votes is tested without asking anybody."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shop import Shop, Watching

from attrx.extraction.asking.observer import Silent
from attrx.outputs.result import EnsembleResult
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.imports import import_answers

VALUES = ("male", "female", "unisex")


class Poll:
    """Votes of some models on products, all in the cache.

    Args:
        folder: Where the files go.
        models: Their names.
        config: Further sections of the config.
    """

    def __init__(self, folder: Path, models: Sequence[str], **config: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.shop = Shop(
            folder, [{"name": name, "provider": "mock"} for name in models], {}, **config
        )
        self.observer = Watching()

    @property
    def out(self) -> Path:
        """The output folder."""
        return self.folder / "out"

    def cast(self, votes: Mapping[str, Mapping[str, str]], attribute: str = "gender") -> None:
        """Put votes into the cache: product -> model -> value."""
        rows = [
            (p, attribute, model, value)
            for p, said in votes.items()
            for model, value in said.items()
        ]
        path = self._write("answers.csv", ("product_id", "attribute", "model", "value"), rows)
        import_answers(self.shop.settings, path, Silent(), replace=True)
        self.shop.products |= {product: f"title of {product}" for product in votes}

    def gold(self, values: Mapping[str, str], attribute: str = "gender") -> Path:
        """A gold file: product -> value."""
        rows = [(product, attribute, value) for product, value in values.items()]
        return self._write("gold.csv", ("product_id", "attribute", "value"), rows)

    def combine(self, **options: Any) -> EnsembleResult:
        """Run `ensemble` on all that was cast."""
        self.observer = Watching()
        return ensemble(self.shop.settings, EnsembleOptions(**options), self.observer)

    def values(self, folder: str = "") -> pd.DataFrame:
        """What the last run decided, by product; only for one attribute."""
        return pd.read_parquet(self.out / folder / "values.parquet").set_index("product_id")

    def table(self, name: str) -> pd.DataFrame:
        """A CSV file of the output folder, all as text."""
        return pd.read_csv(self.out / name, dtype=str, keep_default_na=False)

    def _write(self, name: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
        path = self.folder / name
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
        return path


def truth(n: int, seed: int = 0) -> dict[str, str]:
    """The true value of n products."""
    rng = np.random.default_rng(seed)
    return {f"p{k:04}": VALUES[int(k_value)] for k, k_value in enumerate(rng.integers(0, 3, n))}


def answers(
    true: Mapping[str, str], accuracies: Mapping[str, float], seed: int = 1
) -> dict[str, dict[str, str]]:
    """Votes of independent models that are right as often as told."""
    rng = np.random.default_rng(seed)
    votes: dict[str, dict[str, str]] = {}
    for product, value in true.items():
        wrong = [other for other in VALUES if other != value]
        votes[product] = {
            model: value if rng.random() < accuracy else wrong[int(rng.integers(2))]
            for model, accuracy in accuracies.items()
        }
    return votes
