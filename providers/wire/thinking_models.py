"""Which models think before they answer, and how many tokens that takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...configs.settings import ModelSettings

WITH_THOUGHTS = 4096
"""Tokens that an answer is given where a model thinks and `max_tokens` is not set."""

_THINKERS = re.compile(
    r"""(?:^|[/:\s])(?:
        gpt-(?:[5-9]|1\d)(?!.*chat) | gpt-oss | o[1-9](?![a-z\d])
        | gemini-(?:2\.5|[3-9]|flash-latest|pro-latest)
        | deepseek-(?:reasoner|r\d) | qwq | qwen-?3(?!.*(?:instruct|coder)) | magistral
        | grok-(?:3-mini|[4-9]) | glm-(?:4\.[5-9]|[5-9]|z1) | minimax-m | kimi-k\d.*thinking
    ) | thinking | reasoner | reasoning""",
    re.IGNORECASE | re.VERBOSE,
)
_NOT_THINKING = re.compile(r"non-?(?:thinking|reasoning)|no-?think", re.IGNORECASE)
# Options that have a model think, with what turns that off.
_SWITCHES = ("reasoning_effort", "reasoning", "thinking", "effort", "thinkingConfig")
_OFF: tuple[object, ...] = (None, False, "none", "off", "disabled", 0)


def first_max_tokens(model: ModelSettings) -> int:
    """What an answer is given at first, thoughts included.

    A budget for thoughts that leaves no room for an answer is added to `max_tokens`, since vendors
    refuse it. Else a limit that is set stays, and a model that thinks is given more than the
    default.
    """
    budget = _budget(model.options)
    if budget >= model.max_tokens:
        return budget + model.max_tokens
    if "max_tokens" in model.model_fields_set or not _thinks(model):
        return model.max_tokens
    return max(WITH_THOUGHTS, model.max_tokens)


def _thinks(model: ModelSettings) -> bool:
    """Whether a model thinks, by its options, or else by its name."""
    options = _all_options(model.options)
    for switch in _SWITCHES:
        if switch in options:
            return not _is_off(options[switch])
    if options.get("enable_thinking") is not None:
        return bool(options["enable_thinking"])
    name = model.model or model.name
    return bool(_THINKERS.search(name)) and not _NOT_THINKING.search(name)


def _is_off(setting: Any) -> bool:
    """Whether a setting turns thoughts off: a word, or an object that holds it."""
    if not isinstance(setting, Mapping):
        return setting in _OFF
    keys = ("type", "effort", "enabled", "thinkingBudget")
    return any(key in setting and setting[key] in _OFF for key in keys)


def _budget(options: Mapping[str, Any]) -> int:
    """Tokens that the options allow for thoughts; 0 where they do not say."""
    settings = _all_options(options)
    budgets = [
        _number(settings.get("thinking"), "budget_tokens"),
        _number(settings.get("reasoning"), "max_tokens"),
        _number(settings.get("thinkingConfig"), "thinkingBudget"),
    ]
    return max(budgets)


def _number(section: Any, key: str) -> int:
    value = section.get(key) if isinstance(section, Mapping) else None
    return value if isinstance(value, int) and value > 0 else 0


def _all_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options, with those that stand one level further down at Google's and vLLM's."""
    flat = dict(options)
    for section in ("generationConfig", "chat_template_kwargs", "extra_body", "output_config"):
        inner = options.get(section)
        if isinstance(inner, Mapping):
            flat.update(inner)
    return flat
