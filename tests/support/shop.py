"""A small shop for tests: a catalog, a config, and runs over them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from attrx.configs.notices import Notice
from attrx.configs.settings import Settings
from attrx.extraction.asking.observer import Silent
from attrx.runs.batch import BatchResult, batch_extract
from attrx.runs.configuration import load_config
from attrx.runs.extract import ExtractOptions, ExtractResult, extract

GENDER: dict[str, Any] = {
    "description": "Who it is made for.",
    "values": {"male": ["men"], "female": ["women"], "unisex": []},
}


class Watching(Silent):
    """An observer that remembers what was said."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.kinds: list[str] = []
        self.failures: list[str] = []
        self.stops: list[str] = []

    def on_failure(self, model: str, error: str) -> None:
        self.failures.append(f"{model}: {error}")

    def on_stop(self, model: str, reason: str) -> None:
        self.stops.append(f"{model}: {reason}")

    def note(self, text: str) -> None:
        self.notes.append(text)

    def warning(self, notice: Notice) -> None:
        self.warnings.append(notice.text)
        self.kinds.append(notice.kind)


class Shop:
    """A catalog of products and an attrx.yaml beside it.

    Args:
        folder: Where the files go.
        models: The `models` section.
        products: id -> title.
        config: Further sections of the config; they replace the ones here.
    """

    def __init__(
        self,
        folder: Path,
        models: Iterable[Mapping[str, Any]],
        products: Mapping[str, str],
        **config: Any,
    ) -> None:
        self.folder = folder
        self.products = dict(products)
        self.categories: dict[str, str] = {}
        self.config: dict[str, Any] = {
            "version": 1,
            "input": {"id": "sku", "text": ["title"], "category": "category"},
            "attributes": {"gender": dict(GENDER)},
            "models": [dict(model) for model in models],
            **config,
        }

    @property
    def input(self) -> Path:
        """The catalog, as it is now."""
        path = self.folder / "products.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sku", "title", "category"])
            writer.writerows(
                [sku, title, self.categories.get(sku, "Shoes")]
                for sku, title in self.products.items()
            )
        return path

    @property
    def config_path(self) -> Path:
        """The config, as it is now."""
        path = self.folder / "attrx.yaml"
        path.write_text(yaml.safe_dump(self.config, sort_keys=False), encoding="utf-8")
        return path

    @property
    def settings(self) -> Settings:
        """The config, loaded."""
        return load_config(self.config_path)

    def extract(self, observer: Silent | None = None, **options: Any) -> ExtractResult:
        """Run `extract` on the catalog as it is now."""
        return extract(self.settings, ExtractOptions(self.input, **options), observer or Silent())

    def batch(self, observer: Silent | None = None, **options: Any) -> BatchResult:
        """Run `extract --batch` on the catalog as it is now."""
        return batch_extract(
            self.settings, ExtractOptions(self.input, **options), observer or Silent()
        )
