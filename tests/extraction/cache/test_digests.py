"""The digests that decide what is asked again, as they were when caches were first kept."""

from __future__ import annotations

from typing import Any

import pytest

from attrx.configs.settings import ModelSettings
from attrx.extraction.cache.digests import model_part

DIGESTS: list[tuple[dict[str, Any], str]] = [
    (
        {
            "provider": "openai",
            "model": "gpt-4-0613",
            "base_url": "http://127.0.0.1:8000/v1",
            "temperature": 0,
            "options": {"seed": 7},
        },
        "303f8d47cf9f52a4d0bf109167eb8e0c",
    ),
    ({"provider": "openai", "model": "gpt-4-0613"}, "300f0f7dda8ba47184d1709ef8ebd240"),
    (
        {
            "provider": "openai",
            "model": "/models/llama",
            "base_url": "http://127.0.0.1:8000/v1",
        },
        "b1a255424f3014cc701285d6c25cc88d",
    ),
    (
        {
            "provider": "anthropic",
            "model": "claude-sonnet-4",
            "temperature": 0.5,
            "options": {"top_k": 3, "top_p": 0.9},
        },
        "41832188d7de1eeea90f82c47840bf48",
    ),
    (
        {
            "provider": "google",
            "model": "gemini-2.0-flash",
            "options": {"generationConfig": {"seed": 1}},
        },
        "ef3df433b1e1d8b37e4000357873145b",
    ),
    (
        {
            "provider": "huggingface",
            "model": "meta-llama/Llama-3.3-70B-Instruct",
            "options": {"provider": "together"},
        },
        "5829928845489985c5f678cd339e40d3",
    ),
    (
        {"name": "e", "provider": "mock", "options": {"accuracy": 0.9, "seed": 1}},
        "2ae3c19631c0f09bdf36eafa7e4843a1",
    ),
    (
        {"name": "f", "provider": "replay", "options": {"file": "/data/answers.jsonl"}},
        "ebf293fc17b26c7b327949879292e99d",
    ),
    (
        {
            "provider": "local",
            "model": "HuggingFaceTB/SmolLM2-135M-Instruct",
            "options": {
                "revision": "abc",
                "device": "cpu",
                "batch_size": 8,
                "offline": True,
                "seed": 2,
            },
        },
        "0157fece8f0edc0001d129ad1b1e1c9f",
    ),
    (
        {
            "provider": "local",
            "model": "/models/smollm2",
            "options": {"dtype": "float32", "device": "cuda:1"},
        },
        "05a4f58d0b06ea191593a45ae1b77812",
    ),
    (
        {
            "provider": "acme",
            "model": "a-1",
            "base_url": "http://127.0.0.1:1",
            "options": {"device": "left"},
        },
        "8aa184b5298e9740e887f99747ed0709",
    ),
]


@pytest.mark.parametrize(("fields", "digest"), DIGESTS)
def test_the_digest_of_a_model_is_that_of_the_first_version(
    fields: dict[str, Any], digest: str
) -> None:
    assert model_part(ModelSettings(**{"name": "a", **fields})).hex() == digest
