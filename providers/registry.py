"""Names of providers -> their classes, imported only when a model asks for one.

Importing a class of ours imports no SDK; opening a provider does.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, cast

from ..configs.errors import ConfigError
from ..configs.settings import ModelSettings
from ..configs.suggestions import did_you_mean
from .batches.batch_api import BatchProvider
from .protocol import Provider, ProviderFacts, facts_of_class
from .provider_options import written_as_path

PROVIDERS = "attrx.providers"
"""The group of entry points in which another package names its providers."""
BATCHES = "attrx.batches"
"""The group in which it names batch APIs, under the names of their providers."""

# A name of ours cannot be taken by another package.
_BUILT_IN = {
    "openai": "attrx.providers.openai:OpenAIProvider",
    "anthropic": "attrx.providers.anthropic:AnthropicProvider",
    "google": "attrx.providers.google:GoogleProvider",
    "huggingface": "attrx.providers.huggingface:HuggingFaceProvider",
    "local": "attrx.providers.local.provider:LocalProvider",
    "mock": "attrx.providers.mock:MockProvider",
    "replay": "attrx.providers.replay:ReplayProvider",
}
# What pip calls a module that a provider may miss, where the two names differ.
_PIP_NAMES = {"httpx_aiohttp": "httpx-aiohttp"}


class ModelIdentity(NamedTuple):
    """What tells a model from others of its provider; see `model_identity`."""

    name: str
    options: dict[str, Any]


def known_providers() -> tuple[str, ...]:
    """All names that `provider:` may have, in alphabetical order."""
    others = {entry.name for entry in entry_points(group=PROVIDERS)}
    return tuple(sorted(others.union(_BUILT_IN)))


def check_provider(model: ModelSettings) -> None:
    """See that there is a provider of this name; nothing is imported.

    Raises:
        ConfigError: There is none.
    """
    _entry_point(model)


def facts_of(model: ModelSettings) -> ProviderFacts:
    """What the provider of a model says of itself; one that is not installed says nothing.

    Raises:
        ConfigError: It is installed, and cannot be loaded.
    """
    entry = _find_provider(model.provider)
    return ProviderFacts() if entry is None else facts_of_class(_load(entry, model))


def model_identity(model: ModelSettings) -> ModelIdentity:
    """What of a model's settings decides what it answers, as far as its provider knows.

    Raises:
        ConfigError: Its provider is installed, and cannot be loaded.
    """
    facts = facts_of(model)
    name = model.model or model.name
    folder = written_as_path(model.model) if facts.takes_folders else None
    if folder is not None:  # the same from wherever the config was named
        name = str(folder.expanduser().resolve())
    return ModelIdentity(name, dict(facts.identity(model.options)))


def open_provider(model: ModelSettings) -> Provider:
    """Make the provider of a model: `Class(model)`, without touching the network.

    Args:
        model: A configured model.

    Raises:
        ConfigError: No provider has this name, its package is not installed, or it cannot use the
            settings.
    """
    return cast(Provider, _make(_entry_point(model), model))


def batching_providers() -> tuple[str, ...]:
    """The names of providers that have a batch API: ours, then others in alphabetical order."""
    names = []
    for name, target in _BUILT_IN.items():
        provider_class = EntryPoint(name, target, PROVIDERS).load()
        if facts_of_class(provider_class).batch_api:
            names.append(name)
    others = {entry.name for entry in entry_points(group=BATCHES)}
    return (*names, *sorted(others.difference(names)))


def has_batch_api(model: ModelSettings) -> bool:
    """Whether the provider of a model has a batch API."""
    return _find_batch_api(model) is not None


def open_batches(model: ModelSettings) -> BatchProvider:
    """The batch API of a model, without touching the network.

    Raises:
        ConfigError: Its provider has none, or cannot use the settings.
    """
    entry = _find_batch_api(model)
    if entry is None:
        raise ConfigError(
            f"model '{model.name}': provider '{model.provider}' has no batch API",
            hint="leave the model out of --batch with --models; batches work with: "
            + ", ".join(batching_providers()),
        )
    return cast(BatchProvider, _make(entry, model))


def batch_class(model: ModelSettings) -> object:
    """The class of a model's batch API, for what it says of itself; None where there is none.

    Raises:
        ConfigError: It cannot be loaded.
    """
    entry = _find_batch_api(model)
    return None if entry is None else _load(entry, model)


def _find_provider(name: str) -> EntryPoint | None:
    """Where the class of a provider is; None where no provider has this name."""
    if name in _BUILT_IN:
        return EntryPoint(name, _BUILT_IN[name], PROVIDERS)
    return next(iter(entry_points(group=PROVIDERS, name=name)), None)


def _entry_point(model: ModelSettings) -> EntryPoint:
    """Where the class of this model's provider is."""
    entry = _find_provider(model.provider)
    if entry is not None:
        return entry
    providers = known_providers()
    suggestion = did_you_mean(model.provider, providers)
    raise ConfigError(
        f"model '{model.name}': unknown provider '{model.provider}'"
        + (f"; {suggestion}" if suggestion else ""),
        hint=f"known providers: {', '.join(providers)}",
    )


def _find_batch_api(model: ModelSettings) -> EntryPoint | None:
    """Where the class of a model's batch API is; None where its provider has none."""
    target = facts_of(model).batch_api
    if target:
        return EntryPoint(model.provider, target, BATCHES)
    return next(iter(entry_points(group=BATCHES, name=model.provider)), None)


def _make(entry: EntryPoint, model: ModelSettings) -> Any:
    """`Class(model)`, with its packages imported; a provider may do that when it is made."""
    provider_class = _load(entry, model)
    try:
        return provider_class(model)
    except ModuleNotFoundError as error:
        raise _not_installed(model, error, facts_of_class(provider_class)) from error


def _load(entry: EntryPoint, model: ModelSettings) -> Any:
    """The class that an entry point names."""
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        raise _not_installed(model, error, ProviderFacts()) from error
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"model '{model.name}': provider '{entry.name}' cannot be loaded from {entry.value}:"
            f" {error}",
            hint="install a version of its package that fits this attrx",
        ) from error


def _not_installed(
    model: ModelSettings, error: ModuleNotFoundError, facts: ProviderFacts
) -> ConfigError:
    missing = (error.name or "").partition(".")[0]
    requirement = facts.requirement or _PIP_NAMES.get(missing, missing)
    return ConfigError(
        f"model '{model.name}': provider '{model.provider}' needs the package '{missing}',"
        " which is not installed",
        hint=f"pip install {requirement}",
    )
