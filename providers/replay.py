"""AnswerIndex answers, served as if a model gave them."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt
import orjson

from ..configs.errors import ConfigError, RefusedRequestError
from ..configs.product import Product
from ..configs.settings import Attribute, ModelSettings
from .protocol import Form, Reply, Request
from .provider_options import Options, read_options

_FIELDS = ("product_id", "model", "raw")
NO_ANSWER = "none recorded"
_CLOSED = -1

Codes = npt.NDArray[np.uint64]


class ReplayOptions(Options):
    """Options of `provider: replay`.

    Attributes:
        file: JSONL file with lines `{"product_id": ..., "model": ..., "raw": ...}`; of several
            lines for one product and model the last one counts.
    """

    file: Path


class AnswerIndex(NamedTuple):
    """Where one model's answers are in a file: 32 bytes a line, so that millions fit into memory.

    Attributes:
        keys: [n_lines] digests of the product ids, ascending; equal ones in the order of the file.
        offsets: [n_lines] where in the file the line starts.
        lengths: [n_lines] bytes of the line.
        digests: [n_lines] digests of the raw answers.
    """

    keys: Codes
    offsets: Codes
    lengths: Codes
    digests: Codes

    def find(self, product_id: str) -> int:
        """The position of a product's last line; -1 where it has none."""
        key = np.uint64(_digest(product_id))
        position = int(np.searchsorted(self.keys, key, side="right")) - 1
        if position >= 0 and self.keys[position] == key:
            return position
        return -1


class ReplayProvider:
    """Answers from a file, for a model that somebody asked before.

    Args:
        model: Its `options` are those of `ReplayOptions`; it answers with the lines of its `model`,
            or of its `name` where that is empty.

    Raises:
        ConfigError: An option or the file cannot be used, or the file has no line of this model.
    """

    needs_model = False
    keyless = True
    fingerprints = True
    path_options = ("file",)
    required_options: ClassVar = {"file": "the recorded answers (JSON lines)"}
    forms: tuple[Form, ...] = ("none",)  # what was recorded has the form it has

    def __init__(self, model: ModelSettings) -> None:
        path = read_options(model, ReplayOptions).file
        self._model = model.model or model.name
        self._name = model.name
        self._path = path
        models = _read_index(model, path)
        if self._model not in models:
            raise ConfigError(
                f"model '{model.name}': {path} has no answers of '{self._model}'",
                hint=f"models in the file: {', '.join(sorted(models)) or 'none'}",
            )
        self._index = models[self._model]
        self._file = os.open(path, os.O_RDONLY)

    async def ask(self, request: Request) -> Reply:
        """The recorded answer about the request's product.

        Raises:
            RefusedRequestError: There is none.
        """
        position = self._index.find(request.product.id)
        line = self._line(position) if position >= 0 else {}
        if line.get("product_id") != request.product.id:
            raise RefusedRequestError(
                f"model '{self._name}': no recorded answer of '{self._model}' for product"
                f" '{request.product.id}'",
                provider="replay",
                hint=f"add the line to {self._path}",
            )
        return Reply(text=line["raw"], model_version=self._model)

    def fingerprint(self, product: Product, attribute: Attribute) -> str:
        """A digest of the recorded answer: another recording is another answer."""
        position = self._index.find(product.id)
        return f"{int(self._index.digests[position]):016x}" if position >= 0 else NO_ANSWER

    async def close(self) -> None:
        """Close the file."""
        if self._file != _CLOSED:
            os.close(self._file)
            self._file = _CLOSED

    def _line(self, position: int) -> dict[str, Any]:
        index = self._index
        length = int(index.lengths[position])
        offset = int(index.offsets[position])
        text = os.pread(self._file, length, offset)
        line: dict[str, Any] = orjson.loads(text)
        return {**line, "product_id": str(line["product_id"])}


def _digest(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _read_index(model: ModelSettings, path: Path) -> dict[str, AnswerIndex]:
    try:
        state = path.stat()
        return _index(path, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise ConfigError(
            f"model '{model.name}': options.file: cannot read {path}: {error.strerror}",
            hint="a relative path counts from the folder of the config file",
        ) from error


@lru_cache(maxsize=8)  # the models of one file share its index
def _index(path: Path, modified_ns: int, size: int) -> dict[str, AnswerIndex]:
    """Where each model's answers are, for a file in this state."""
    rows_by_model: dict[str, array[int]] = {}
    for number, offset, text in _lines(path):
        product_id, model, raw = _read_line(path, number, text)
        row = (_digest(product_id), offset, len(text), _digest(raw))
        rows = rows_by_model.setdefault(model, array("Q"))
        rows.extend(row)
    indexes = {}
    for model, rows in rows_by_model.items():
        numbers = np.frombuffer(rows, dtype=np.uint64)
        indexes[model] = _sort_rows(numbers.reshape(-1, 4))
    return indexes


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and text of every line that is not blank."""
    offset = 0
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if text.strip():
                yield number, offset, text
            offset += len(text)


def _read_line(path: Path, number: int, text: bytes) -> tuple[str, str, str]:
    """Product id, model and raw answer of a line."""
    try:
        line = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _line_error(path, number, f"this is no JSON ({error})") from error
    if not isinstance(line, dict):
        raise _line_error(path, number, "this is no JSON object")
    missing = [name for name in _FIELDS if name not in line]
    if missing:
        raise _line_error(path, number, f"'{missing[0]}' is missing")
    if not isinstance(line["raw"], str):
        raise _line_error(path, number, "'raw' is no text")
    return str(line["product_id"]), str(line["model"]), line["raw"]


def _line_error(path: Path, number: int, problem: str) -> ConfigError:
    return ConfigError(
        f"{path}:{number}: expected a recorded answer, but {problem}",
        hint='each line reads {"product_id": ..., "model": ..., "raw": ...}',
    )


def _sort_rows(rows: Codes) -> AnswerIndex:
    """The columns of [n_lines, 4] rows, sorted by key; equal ones in the order of the file."""
    order = np.argsort(rows[:, 0], kind="stable")
    columns = np.ascontiguousarray(rows[order].T)
    return AnswerIndex(
        keys=columns[0],
        offsets=columns[1],
        lengths=columns[2],
        digests=columns[3],
    )
