"""Where the weights of a model are: in a folder, or on the hub, from which they are fetched once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import disable_progress_bars

from ...configs.errors import (
    AuthError,
    ProviderError,
    UnavailableError,
    UnknownModelError,
)
from ...configs.settings import ModelSettings
from ..provider_options import written_as_path
from ..wire.credentials import ApiKey, read_key
from .local_options import LocalOptions

_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
# What transformers reads of a repository; the weights of other frameworks lie in folders of their
# own.
_FILES = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
_LOOKED_AT = 1 << 20


@dataclass(frozen=True)
class Weights:
    """A model's files on this machine.

    Attributes:
        folder: Where they are.
        version: Which weights they are: the commit on the hub, or `files-` and a digest of the
            folder.
    """

    folder: Path
    version: str


def find_weights(model: ModelSettings, options: LocalOptions) -> Weights:
    """Find the weights, and fetch them from the hub where they are not on this machine yet.

    Raises:
        AuthError: The model is gated, and the token does not open it.
        UnknownModelError: The hub does not know the model or the revision, or the cache does not
            hold it.
        UnavailableError: The hub cannot be reached.
    """
    folder = written_as_path(model.model)
    if folder is not None:
        folder = folder.expanduser()
        return Weights(folder, f"files-{_folder_digest(folder, options)}")
    folder = Path(_fetch(model, options))
    return Weights(folder, folder.name)


def _fetch(model: ModelSettings, options: LocalOptions) -> str:
    """The folder of a model's snapshot in the hub's cache.

    Errors are raised outside the `except` block on purpose: a chained one would carry the request
    with its token.
    """
    token = _token(model)
    disable_progress_bars()  # the terminal belongs to attrx
    try:
        return snapshot_download(
            model.model,
            revision=options.revision,
            token=token.value or False,
            endpoint=os.environ.get(
                "HF_ENDPOINT"
            ),  # a mirror; the library itself looks there only when imported
            local_files_only=options.offline,
            allow_patterns=[options.gguf_file] if options.gguf_file else _FILES,
            ignore_patterns=None if options.gguf_file else ["*/*"],
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as cause:
        error = _error(model, options, token, cause)
    raise error


def _token(model: ModelSettings) -> ApiKey:
    """The hub's token, if there is one; open models need none."""
    if model.api_key_env is not None:
        return read_key(model, _TOKENS)
    variable = next((name for name in _TOKENS if os.environ.get(name, "").strip()), _TOKENS[0])
    return ApiKey(variable, os.environ.get(variable, "").strip())


def _error(
    model: ModelSettings, options: LocalOptions, token: ApiKey, cause: Exception
) -> ProviderError:
    """What the hub says, as an error of attrx."""
    page = f"https://huggingface.co/{model.model}"
    whose = f"the token in {token.variable}" if token.value else "no token"
    if isinstance(cause, GatedRepoError):
        hint = f"accept its licence at {page}, then export {token.variable}=... with a token of that account"
        return _as(
            AuthError, model, f"{model.model} is gated, and was asked for with {whose}", hint
        )
    if isinstance(cause, RevisionNotFoundError):
        hint = f"commits, tags and branches are at {page}/commits/main"
        return _as(
            UnknownModelError, model, f"{model.model} has no revision '{options.revision}'", hint
        )
    if isinstance(cause, RepositoryNotFoundError):
        hint = f"see {page}; a private model needs a token in {token.variable}"
        return _as(UnknownModelError, model, f"the hub shows no {model.model} to {whose}", hint)
    if isinstance(cause, LocalEntryNotFoundError) and (
        options.offline or os.environ.get("HF_HUB_OFFLINE")
    ):
        hint = f"fetch it once where the hub can be reached: hf download {model.model} --revision {options.revision}"
        what = f"{model.model} at revision '{options.revision}' is not (wholly) in the hub's cache, and this is offline"
        return _as(UnknownModelError, model, what, hint)
    what = token.redact(f"{model.model} cannot be fetched: {type(cause).__name__}: {cause}")
    return _as(
        UnavailableError, model, what, "the download goes on where it stopped when you run again"
    )


def _as(kind: type[ProviderError], model: ModelSettings, message: str, hint: str) -> ProviderError:
    return kind(f"model '{model.name}': {message}", provider="local", hint=hint)


def _folder_digest(folder: Path, options: LocalOptions) -> str:
    """Tells other weights in the same folder apart, without reading gigabytes: names, sizes, and both ends of files."""
    digest = hashlib.blake2b(digest_size=8)
    for path in _files(folder, options):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_LOOKED_AT))
            file.seek(max(0, size - _LOOKED_AT))
            digest.update(file.read(_LOOKED_AT))
    return digest.hexdigest()


def _files(folder: Path, options: LocalOptions) -> Iterator[Path]:
    if options.gguf_file:
        yield folder / options.gguf_file
    else:
        yield from sorted({path for pattern in _FILES for path in folder.glob(pattern)})
