"""An answer inside a text, a message or a call is the same answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from vocabularies import BRAND, GENDER, vocabularies

from attrx.prompts import read_answer

ANSWER = '{"gender": "male", "brand": "Acme"}'
THOUGHT = '{"gender": "female", "brand": "Zed"}'


def told(raw: str) -> list[str]:
    votes = read_answer(raw, vocabularies(GENDER, BRAND))
    return [vote.value if vote.value is not None else f"({vote.state})" for vote in votes]


@pytest.mark.parametrize("key", ["answer", "result", "response", "output", "content", "data", "x"])
def test_a_json_text_in_a_wrapper_is_opened(key: str) -> None:
    assert told(json.dumps({key: ANSWER})) == ["male", "acme"]
    assert told(json.dumps({key: json.loads(ANSWER)})) == ["male", "acme"]
    assert told(json.dumps({key: json.dumps({key: ANSWER})})) == ["male", "acme"]
    assert told(json.dumps({key: ANSWER.replace('"', '\\"')})) == ["male", "acme"]
    assert told(f"Here you are:\n```json\n{json.dumps({key: ANSWER})}\n```") == ["male", "acme"]


@pytest.mark.parametrize(
    "text", [f"Sure: {ANSWER}", f"```json\n{ANSWER}\n```", "Gender: male\nBrand: Acme"]
)
def test_so_is_a_text_around_the_answer(text: str) -> None:
    assert told(json.dumps({"answer": text})) == ["male", "acme"]
    assert told(json.dumps({"message": {"content": text}})) == ["male", "acme"]


PARTS: list[Any] = [
    [{"type": "text", "text": ANSWER}],
    [ANSWER],
    [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": ANSWER}],
    [{"type": "reasoning", "text": THOUGHT}, {"type": "output_text", "text": ANSWER}],
    {"parts": [{"text": THOUGHT, "thought": True}, {"text": ANSWER}]},
    {"role": "assistant", "content": ANSWER, "reasoning_content": THOUGHT},
    {"role": "assistant", "content": [{"type": "text", "text": f"```json\n{ANSWER}\n```"}]},
    {"choices": [{"message": {"content": ANSWER, "reasoning": THOUGHT}}]},
    {"candidates": [{"content": {"parts": [{"text": ANSWER}]}}]},
    {"name": "extract", "arguments": ANSWER},
    {"name": "extract", "parameters": json.loads(ANSWER)},
    {"function": {"name": "extract", "arguments": ANSWER}},
    {"output": [{"type": "reasoning", "summary": [{"text": THOUGHT}]},
                {"type": "message", "content": [{"type": "output_text", "text": ANSWER}]}]},
]  # fmt: skip


@pytest.mark.parametrize("content", PARTS)
def test_the_parts_of_a_message_are_put_together_without_thoughts(content: Any) -> None:
    assert told(json.dumps(content)) == ["male", "acme"]
    assert told(f"<tool_call>\n{json.dumps(content)}\n</tool_call>") == ["male", "acme"]


def test_what_an_answer_holds_besides_stays_outside() -> None:
    raw = '{"attribute": "color", "value": "male"}'
    assert [vote.state for vote in read_answer(raw, vocabularies(GENDER))] == ["left_out"]
    assert told('{"note": "nothing to see", "error": "none"}') == ["(left_out)", "(left_out)"]
    assert told(json.dumps({"reasoning": THOUGHT})) == ["(left_out)", "(left_out)"]


def test_deep_wrappers_end() -> None:
    content: Any = ANSWER
    for _ in range(200):
        content = json.dumps({"answer": content})[:100_000]
    told(content)
