"""What can be set about a model that runs in this process, and what of it decides the answers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from ...configs.errors import ConfigError
from ...configs.settings import ModelSettings
from ..provider_options import Options, read_options, written_as_path

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


class LocalOptions(Options):
    """Options of `provider: local`.

    Attributes:
        revision: Commit, tag or branch of a model on the hub. A commit pins the weights; a branch
            may move, and answers of the old and the new weights then stand side by side, told apart
            by their `model_version`.
        gguf_file: Name of the GGUF file in the folder or on the hub, where the weights have that
            form.
        offline: Take the weights from the hub's cache on this machine, and never ask the hub.
        device: `auto` (the first GPU if there is one), `cpu`, `cuda`, `cuda:1` or `mps`.
        dtype: `auto` is bfloat16 on a GPU that computes with it, else float16, and float32 on a
            CPU.
        batch_size: Most products in one forward pass; unset = found by itself.
        decode: `generate` writes the answer word by word; `score` compares the likelihoods of all
            values that a closed attribute allows, and keeps the probability of the likeliest.
        seed: Another seed draws other answers, where `temperature` is above 0.
    """

    revision: str | None = None
    gguf_file: str | None = None
    offline: bool = False
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    batch_size: PositiveInt | None = None
    decode: Literal["generate", "score"] = "generate"
    seed: int = 0


def read_local_options(model: ModelSettings) -> LocalOptions:
    """Check everything about a model that can be checked without loading it.

    Raises:
        ConfigError: An option cannot be used, the folder is not there, or a model on the hub has no
            revision.
    """
    options = read_options(model, LocalOptions)
    if model.base_url is not None:
        raise _error(
            model,
            "'base_url' cannot be set: `local` runs the model in this process",
            "for a server on this machine, use `provider: openai` with its `base_url`; "
            "it needs no key",
        )
    folder = written_as_path(model.model)
    if folder is not None:
        _check_folder(model, folder.expanduser(), options)
    else:
        _check_hub_id(model, options)
    return options


def _check_folder(model: ModelSettings, folder: Path, options: LocalOptions) -> None:
    if options.revision is not None:
        raise _error(model, "options.revision: a folder has no revisions", "leave it out")
    if not folder.is_dir():
        raise _error(
            model,
            f"there is no folder {folder}",
            "`model` names a folder with config.json and the weights",
        )
    file_name = options.gguf_file or "config.json"
    if (folder / file_name).is_file():
        return
    hint = "`model` names a folder as `save_pretrained` writes it"
    gguf_files = sorted(path.name for path in folder.glob("*.gguf"))
    if gguf_files:
        hint = (
            "GGUF files there, one of which `options: {gguf_file: ...}` can name: "
            f"{', '.join(gguf_files)}"
        )
    raise _error(model, f"{folder} holds no {file_name}", hint)


def _check_hub_id(model: ModelSettings, options: LocalOptions) -> None:
    if not _HUB_ID.fullmatch(model.model):
        raise _error(
            model,
            f"'{model.model}' is neither a folder nor a model of the hub",
            "a folder is written with ./, ../, / or ~ in front, a model of the hub as owner/name",
        )
    if options.revision is None:
        raise _error(
            model,
            "options.revision is missing: which commit of the weights to run",
            f"choose one from https://huggingface.co/{model.model}/commits/main; "
            "`revision: main` follows what is newest, and `attrx check` says which commit that is",
        )


def _error(model: ModelSettings, message: str, hint: str) -> ConfigError:
    return ConfigError(f"model '{model.name}': {message}", hint=hint)
