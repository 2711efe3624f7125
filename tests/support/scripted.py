"""A provider that does as it is told, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from attrx.configs.settings import ModelSettings
from attrx.providers.protocol import FORMS, Form, Reply, Request

Outcome = Reply | Exception
Script = Callable[[Request], Outcome] | Sequence[Outcome]


class Scripted:
    """Answers each request with the next outcome of a list, or as a function decides."""

    def __init__(
        self, script: Script, *, latency_s: float = 0.0, forms: tuple[Form, ...] = FORMS
    ) -> None:
        self.forms = forms
        self.asked: list[Request] = []
        self.asked_at: list[float] = []
        self.closed = False
        self._script = script
        self._latency_s = latency_s

    async def ask(self, request: Request) -> Reply:
        number = len(self.asked)
        self.asked.append(request)
        self.asked_at.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self._latency_s)
        script = self._script
        outcome = script(request) if callable(script) else script[min(number, len(script) - 1)]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def close(self) -> None:
        self.closed = True


def settings(**fields: object) -> ModelSettings:
    """A model for tests that need one."""
    return ModelSettings.model_validate({"name": "m", "provider": "mock", **fields})


def request(text: str = "What is it?", **fields: object) -> Request:
    """A request for tests that need one."""
    return Request(messages=({"role": "user", "content": text},), **{"max_tokens": 100, **fields})  # type: ignore[arg-type]
