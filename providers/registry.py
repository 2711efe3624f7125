"""Names of providers -> their classes, imported only when a model asks for one."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from ..configs.errors import ConfigError
from ..configs.settings import ModelSettings
from ..configs.suggestions import did_you_mean
from .protocol import Provider

ENTRY_POINTS = "attrx.providers"

# Another package adds to these through the entry point group; a name of ours cannot be taken by
# one.
_BUILT_IN = {
    "anthropic": "attrx.providers.anthropic:AnthropicProvider",
    "google": "attrx.providers.google:GoogleProvider",
    "huggingface": "attrx.providers.huggingface:HuggingFaceProvider",
    "local": "attrx.providers.local.provider:LocalProvider",
    "mock": "attrx.providers.mock:MockProvider",
    "openai": "attrx.providers.openai:OpenAIProvider",
    "replay": "attrx.providers.replay:ReplayProvider",
}
WITHOUT_FINGERPRINT = frozenset({"anthropic", "google", "huggingface", "local", "openai"})
"""Providers of real models: nothing but the prompt decides what they answer."""
# What pip calls a module that a provider may miss, where the two names differ.
_PIP_NAMES = {"httpx_aiohttp": "httpx-aiohttp"}
# Providers that need more than attrx installs by itself, and the extra that brings it.
_EXTRAS = {"local": "'attrx[local]'"}


def known_providers() -> tuple[str, ...]:
    """All names that `provider:` may have, in alphabetical order."""
    return tuple(sorted({*_BUILT_IN, *(entry.name for entry in entry_points(group=ENTRY_POINTS))}))


def open_provider(model: ModelSettings) -> Provider:
    """Make the provider of a model: `Class(model)`, without touching the network.

    Args:
        model: A configured model.

    Raises:
        ConfigError: No provider has this name, its package is not installed, or it cannot use the
            settings.
    """
    entry = _entry_point(model)
    try:
        make: Callable[[ModelSettings], Provider] = entry.load()
    except ModuleNotFoundError as error:
        raise _not_installed(model, error) from error
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"model '{model.name}': provider '{entry.name}' cannot be loaded from {entry.value}: {error}",
            hint="install a version of its package that fits this attrx",
        ) from error
    return make(model)


def _entry_point(model: ModelSettings) -> EntryPoint:
    """Where the class of this model's provider is."""
    if target := _BUILT_IN.get(model.provider):
        return EntryPoint(model.provider, target, ENTRY_POINTS)
    if found := tuple(entry_points(group=ENTRY_POINTS, name=model.provider)):
        return found[0]
    known = known_providers()
    question = did_you_mean(model.provider, known)
    raise ConfigError(
        f"model '{model.name}': unknown provider '{model.provider}'"
        + (f"; {question}" if question else ""),
        hint=f"known providers: {', '.join(known)}",
    )


def _not_installed(model: ModelSettings, error: ModuleNotFoundError) -> ConfigError:
    missing = (error.name or "").partition(".")[0]
    return ConfigError(
        f"model '{model.name}': provider '{model.provider}' needs the package '{missing}', which is not installed",
        hint=f"pip install {_EXTRAS.get(model.provider) or _PIP_NAMES.get(missing, missing)}",
    )
