"""What the server answers: functions of the call."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .calls import Call

AnswerFunction = Callable[[Call], str]
"""A call -> the text that the model answers with."""


def answer_by_schema(call: Call) -> str:
    """Answer as the JSON schema asks: a listed value or a word; equal requests equally."""
    schema = call.schema or {}
    luck = random.Random(call.digest)
    answer = {}
    for name, part in schema.get("properties", {}).items():
        answer[name] = luck.choice(_allowed_values(part))
    return json.dumps(answer or {"answer": "n/a"})


def _allowed_values(part: Mapping[str, Any]) -> Sequence[Any]:
    for option in (part, *part.get("anyOf", ())):
        if "enum" in option:
            return list(option["enum"])
    return ["red", "green", "blue"]


class AnswerTable:
    """Answers by a text in the prompt, the longest such text first; it becomes the call's product.

    Args:
        rows: Rows of `text`, `raw` (the answer) and, where models differ, `model`. A text counts as
            it is, and as JSON writes it.
    """

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._answers: dict[tuple[str, str | None], str] = {}
        texts = set()
        for row in rows:
            text = row["text"]
            texts.add(text)
            self._answers[text, row.get("model")] = row["raw"]
        longest_first = sorted(texts, key=len, reverse=True)
        self._texts = [(text, _as_json(text)) for text in longest_first]

    def __call__(self, call: Call) -> str:
        """The answer to a call; empty where no text is in its prompt."""
        call.product = self._product_of(call.prompt)
        for model in (call.model, None):
            answer = self._answers.get((call.product, model))
            if answer:
                return answer
        return ""

    def _product_of(self, prompt: str) -> str:
        for text, as_json in self._texts:
            if text in prompt or as_json in prompt:
                return text
        return ""


def _as_json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def read_answer_table(path: Path) -> AnswerTable:
    """A table from a JSONL file of rows."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return AnswerTable(json.loads(line) for line in lines)
