"""Models that think are given more tokens, as far as the config does not say how many."""

from __future__ import annotations

from typing import Any

import pytest

from attrx.configs.settings import ModelSettings
from attrx.providers.wire.thinking_models import first_max_tokens


def limit(name: str = "gpt-4.1", **settings: Any) -> int:
    return first_max_tokens(ModelSettings(name="m", provider="openai", model=name, **settings))


@pytest.mark.parametrize(
    "name",
    [
        *("gpt-5", "gpt-5-mini", "openai/gpt-5.1", "o3", "o4-mini", "gpt-oss-20b"),
        *("gemini-2.5-flash", "google/gemini-2.5-pro", "gemini-3-pro-preview"),
        *("deepseek-reasoner", "deepseek-ai/DeepSeek-R1", "Qwen/Qwen3-32B", "Qwen/QwQ-32B"),
        *("magistral-small", "x-ai/grok-4", "kimi-k2-thinking", "qwen3-30b-a3b-thinking-2507"),
    ],
)
def test_models_that_think_are_known(name: str) -> None:
    assert limit(name) == 4096


@pytest.mark.parametrize(
    "name",
    [
        *("gpt-4o", "gpt-4.1", "gpt-5-chat-latest", "gemini-2.0-flash", "claude-sonnet-4-5"),
        *("deepseek-chat", "Qwen/Qwen3-30B-A3B-Instruct-2507", "qwen3-coder", "llama-3.3-70b"),
        *("mistral-small", "phi-4", "solo4you", "grok-4-non-reasoning"),
    ],
)
def test_others_keep_the_default(name: str) -> None:
    assert limit(name) == 512


@pytest.mark.parametrize(
    ("options", "tokens"),
    [
        ({"reasoning_effort": "high"}, 4096),
        ({"reasoning": {"effort": "low"}}, 4096),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, 1536),
        ({"thinking": {"type": "enabled", "budget_tokens": 100}}, 4096),
        ({"generationConfig": {"thinkingConfig": {"thinkingBudget": 2000}}}, 2512),
        ({"reasoning": {"max_tokens": 900}}, 1412),
    ],
)
def test_options_have_a_model_think(options: dict[str, Any], tokens: int) -> None:
    assert limit(options=options) == tokens


@pytest.mark.parametrize(
    "options",
    [
        {"reasoning_effort": "none"},
        {"thinking": {"type": "disabled"}},
        {"thinkingConfig": {"thinkingBudget": 0}},
        {"chat_template_kwargs": {"enable_thinking": False}},
    ],
)
def test_options_turn_thoughts_off(options: dict[str, Any]) -> None:
    assert limit("gemini-2.5-flash", options=options) == 512


def test_a_limit_that_is_set_stays_unless_thoughts_leave_no_room() -> None:
    assert limit("gpt-5", max_tokens=800) == 800
    budget = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    assert limit(max_tokens=2000, options=budget) == 2000
    assert limit(max_tokens=1000, options=budget) == 2024
