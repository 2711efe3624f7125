"""What a config needs to know of models' providers.

This folder knows no provider, so whoever loads a config says it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from .settings import ModelSettings
from .source import KeyPath, Problem


class ModelRules(Protocol):
    """What of a model's settings depends on its provider."""

    def problems(self, model: ModelSettings, path: KeyPath) -> Iterator[Problem]:
        """What cannot be right about a model, whose place in the config is `path`."""
        ...

    def with_paths(self, model: ModelSettings, change: Callable[[Path], Path]) -> ModelSettings:
        """The model with every path in its settings changed."""
        ...


class NoRules:
    """For a config whose providers do not matter."""

    def problems(self, model: ModelSettings, path: KeyPath) -> Iterator[Problem]:
        """None."""
        return iter(())

    def with_paths(self, model: ModelSettings, change: Callable[[Path], Path]) -> ModelSettings:
        """The model as it is."""
        return model
