"""The models of a run: opened together, sharing what their accounts allow, and closed together."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from ..configs.settings import ModelSettings
from ..providers.caller import ModelCaller
from ..providers.pacer import Pacer
from ..providers.protocol import Provider
from .coverage import Asked
from .recording import Recorder


@dataclass(frozen=True)
class Channel:
    """One model during a run: who asks it, and who writes down what it said."""

    caller: ModelCaller
    recorder: Recorder

    @property
    def name(self) -> str:
        """The model's name."""
        return self.recorder.model.name
