"""Where the weights of a model are.

They are in a folder, or on the hub, from which they are fetched once.
"""

from __future__ import annotations

import hashlib
import os
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

_TOKEN_VARIABLES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
# What transformers reads of a repository; the weights of other frameworks lie in folders of their
# own.
_FILE_PATTERNS = ["*.json", "*.safetensors", "*.model", "*.txt", "*.jinja"]
# So much of both ends of a file goes into the folder's digest.
_DIGEST_BYTES = 1 << 20


@dataclass(frozen=True)
class Checkpoint:
    """A model's files on this machine.

    Attributes:
        folder: Where they are.
        version: Which weights they are: the commit on the hub, or `files-` and a digest of the
            folder.
    """

    folder: Path
    version: str


def find_checkpoint(model: ModelSettings, options: LocalOptions) -> Checkpoint:
    """Find the weights, and fetch them from the hub where they are not on this machine yet.

    Raises:
        AuthError: The model is gated, and the token does not open it.
        UnknownModelError: The hub does not know the model or the revision, or the cache does not
            hold it.
        UnavailableError: The hub cannot be reached.
    """
    path = written_as_path(model.model)
    if path is not None:
        folder = path.expanduser()
        return Checkpoint(folder, f"files-{_folder_digest(folder, options)}")
    snapshot = Path(_fetch(model, options))
    return Checkpoint(snapshot, snapshot.name)


def _fetch(model: ModelSettings, options: LocalOptions) -> str:
    """The folder of a model's snapshot in the hub's cache.

    Errors are raised outside the `except` block on purpose: a chained one would carry the request
    with its token.
    """
    token = _read_token(model)
    # A mirror; the library itself looks there only when it is imported.
    endpoint = os.environ.get("HF_ENDPOINT")
    disable_progress_bars()  # the terminal belongs to attrx
    try:
        return snapshot_download(
            model.model,
            revision=options.revision,
            token=token.value or False,
            endpoint=endpoint,
            local_files_only=options.offline,
            allow_patterns=[options.gguf_file] if options.gguf_file else _FILE_PATTERNS,
            ignore_patterns=None if options.gguf_file else ["*/*"],
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, httpx2.HTTPError, OSError) as cause:
        failure = _explain(model, options, token, cause)
    raise failure.kind(
        f"model '{model.name}': {failure.message}", provider="local", hint=failure.hint
    )


def _read_token(model: ModelSettings) -> ApiKey:
    """The hub's token, if there is one; open models need none."""
    if model.api_key_env is not None:
        return read_key(model, _TOKEN_VARIABLES)
    for variable in _TOKEN_VARIABLES:
        value = os.environ.get(variable, "").strip()
        if value:
            return ApiKey(variable, value)
    return ApiKey(_TOKEN_VARIABLES[0], "")


@dataclass(frozen=True)
class _FetchFailure:
    """Why weights could not be fetched, as an error of attrx says it."""

    kind: type[ProviderError]
    message: str
    hint: str


def _explain(
    model: ModelSettings, options: LocalOptions, token: ApiKey, cause: Exception
) -> _FetchFailure:
    """What the hub says, in attrx's words."""
    name = model.model
    page = f"https://huggingface.co/{name}"
    credentials = f"the token in {token.variable}" if token.value else "no token"
    is_offline = options.offline or bool(os.environ.get("HF_HUB_OFFLINE"))
    if isinstance(cause, GatedRepoError):
        return _FetchFailure(
            AuthError,
            f"{name} is gated, and was asked for with {credentials}",
            f"accept its licence at {page}, then export {token.variable}=... "
            "with a token of that account",
        )
    if isinstance(cause, RevisionNotFoundError):
        return _FetchFailure(
            UnknownModelError,
            f"{name} has no revision '{options.revision}'",
            f"commits, tags and branches are at {page}/commits/main",
        )
    if isinstance(cause, RepositoryNotFoundError):
        return _FetchFailure(
            UnknownModelError,
            f"the hub shows no {name} to {credentials}",
            f"see {page}; a private model needs a token in {token.variable}",
        )
    if isinstance(cause, LocalEntryNotFoundError) and is_offline:
        return _FetchFailure(
            UnknownModelError,
            f"{name} at revision '{options.revision}' is not (wholly) in the hub's cache, "
            "and this is offline",
            "fetch it once where the hub can be reached: "
            f"hf download {name} --revision {options.revision}",
        )
    return _FetchFailure(
        UnavailableError,
        f"{name} cannot be fetched: {type(cause).__name__}: {cause}",
        "the download goes on where it stopped when you run again",
    )


def _folder_digest(folder: Path, options: LocalOptions) -> str:
    """Tells other weights in the same folder apart, without reading gigabytes.

    It is made of the files' names, sizes and both ends.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in _files(folder, options):
        size = path.stat().st_size
        digest.update(f"{path.name}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_DIGEST_BYTES))
            file.seek(max(0, size - _DIGEST_BYTES))
            digest.update(file.read(_DIGEST_BYTES))
    return digest.hexdigest()


def _files(folder: Path, options: LocalOptions) -> list[Path]:
    """The files of a folder that are loaded, by name."""
    if options.gguf_file:
        return [folder / options.gguf_file]
    paths: set[Path] = set()
    for pattern in _FILE_PATTERNS:
        paths.update(folder.glob(pattern))
    return sorted(paths)
