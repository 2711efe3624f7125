"""`provider: local`: a model with open weights, run in this process by transformers and torch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ...configs.settings import ModelSettings
from ..protocol import Form, Reply, Request
from .batcher import Batcher
from .local_options import read_local_options

if TYPE_CHECKING:
    from .engine import LocalEngine

_PACKAGES = ("torch", "transformers", "accelerate", "gguf", "llguidance")
# Options that say how the model is run, and not what it says.
_RUNNING_OPTIONS = frozenset({"batch_size", "device", "offline"})


class LocalProvider:
    """A model in this process.

    The model is loaded when it is first asked, so that a run which finds everything in the cache
    loads nothing. `timeout_s` does not apply: a request waits for its batch, however long the
    machine takes.

    Args:
        model: `model` is a folder (written with ./, ../, / or ~ in front) or the name of a model on
            the hub; `options` are those of `LocalOptions`.

    Raises:
        ConfigError: An option cannot be used, or the folder is not there.
    """

    takes_folders = True
    requirement = "'attrx[local]'"
    forms: tuple[Form, ...] = ("json_schema", "json_object", "none")

    def __init__(self, model: ModelSettings) -> None:
        for package in _PACKAGES:
            if find_spec(package) is None:
                raise ModuleNotFoundError(f"No module named '{package}'", name=package)
        self._model = model
        self._options = read_local_options(model)
        self._batcher = Batcher(model.name, self._open_engine)

    @staticmethod
    def identity(options: Mapping[str, Any]) -> Mapping[str, Any]:
        """The options that decide the answers."""
        return {key: value for key, value in options.items() if key not in _RUNNING_OPTIONS}

    @property
    def batch_size(self) -> int | None:
        """Most products in one forward pass, as found so far; None before the model is loaded."""
        return self._batcher.batch_size

    async def ask(self, request: Request) -> Reply:
        """Answer together with whatever else is asked at the same time; see `Provider.ask`."""
        return await self._batcher.ask(request)

    async def close(self) -> None:
        """Let go of the model; safe to call twice."""
        await self._batcher.close()

    def _open_engine(self) -> LocalEngine:
        from .engine import open_engine  # noqa: PLC0415  torch and transformers take seconds to import

        return open_engine(self._model, self._options)
