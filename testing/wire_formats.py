"""What each vendor's API looks like on the wire: requests read, answers, errors and rate-limit headers written.

The bodies follow the vendors' API references and what their servers have been seen to send.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from .vendor_failures import (
    Failure,
    Json,
    anthropic_failure,
    google_failure,
    huggingface_failure,
    openai_failure,
)

Finish = str  # "stop" | "length" | "refused" | "filtered", as in attrx's Reply

REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True, slots=True)
class WireRequest:
    """What a wire format reads out of a request: the model, the last user text, the JSON schema if one was sent."""

    model: str
    prompt: str
    schema: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What a wire format writes: the raw answer, why it ended, and the tokens counted."""

    model: str
    raw: str
    finish: Finish
    input_tokens: int
    output_tokens: int
    number: int


@dataclass(frozen=True, slots=True)
class LimitState:
    """Where an account stands with one of its limits: limit per minute, what is left, seconds until all is back."""

    limit: int
    remaining: int
    reset_s: float


class Wire(Protocol):
    """One vendor's API."""

    name: str
    base_path: str
    request_id_header: str

    def asked(self, path: str, body: Json) -> WireRequest: ...
    def answer(self, answered: WireAnswer) -> Json: ...
    def failure(self, kind: str, model: str) -> Failure: ...
    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]: ...
    def retry_headers(self, wait_s: float) -> dict[str, str]: ...


def _text(content: Any) -> str:
    """A message's content: a string, or a list of parts with texts."""
    return (
        content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    )


def _duration(seconds: float) -> str:
    """OpenAI's spelling of a duration: 120ms, 1.5s, 6m0s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:.0f}s" if minutes else f"{rest:.3f}s"


class OpenAIWire:
    """POST /v1/chat/completions, https://platform.openai.com/docs/api-reference/chat."""

    name = "openai"
    base_path = "/v1"
    request_id_header = "x-request-id"
    finishes: ClassVar = {
        "stop": "stop",
        "length": "length",
        "refused": "stop",
        "filtered": "content_filter",
    }

    def asked(self, path: str, body: Json) -> WireRequest:
        form = body.get("response_format") or {}
        schema = (
            (form.get("json_schema") or {}).get("schema") or form.get("schema") or form.get("value")
        )
        return WireRequest(body.get("model", ""), _text(body["messages"][-1]["content"]), schema)

    def answer(self, answered: WireAnswer) -> Json:
        refused = answered.finish == "refused"
        message: Json = {
            "role": "assistant",
            "content": None if refused else answered.raw,
            "refusal": REFUSAL if refused else None,
            "annotations": [],
        }
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": self.finishes[answered.finish],
        }
        return {
            "id": f"chatcmpl-{answered.number:029d}",
            "object": "chat.completion",
            "created": 1_735_689_600,
            "model": f"{answered.model}-0613",
            "choices": [choice],
            "usage": {
                "prompt_tokens": answered.input_tokens,
                "completion_tokens": answered.output_tokens,
                "total_tokens": answered.input_tokens + answered.output_tokens,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default",
            "system_fingerprint": "fp_b705f0c291",
        }

    def failure(self, kind: str, model: str) -> Failure:
        return openai_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        headers = {}
        for what, standing in (("requests", requests), ("tokens", tokens)):
            if standing is not None:
                headers[f"x-ratelimit-limit-{what}"] = str(standing.limit)
                headers[f"x-ratelimit-remaining-{what}"] = str(standing.remaining)
                headers[f"x-ratelimit-reset-{what}"] = _duration(standing.reset_s)
        return headers

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        return {
            "retry-after": str(math.ceil(wait_s)),
            "retry-after-ms": str(math.ceil(wait_s * 1000)),
        }


class AnthropicWire:
    """POST /v1/messages, https://docs.anthropic.com/en/api/messages and /en/api/errors."""

    name = "anthropic"
    base_path = ""
    request_id_header = "request-id"
    finishes: ClassVar = {
        "stop": "end_turn",
        "length": "max_tokens",
        "refused": "refusal",
        "filtered": "refusal",
    }

    def asked(self, path: str, body: Json) -> WireRequest:
        form = (body.get("output_config") or {}).get("format") or {}
        return WireRequest(
            body.get("model", ""), _text(body["messages"][-1]["content"]), form.get("schema")
        )

    def answer(self, answered: WireAnswer) -> Json:
        refused = self.finishes[answered.finish] == "refusal"
        details = {"type": "refusal", "category": None, "explanation": REFUSAL} if refused else None
        return {
            "id": f"msg_{answered.number:024d}",
            "type": "message",
            "role": "assistant",
            "model": f"{answered.model}-20250514",
            "content": [] if refused else [{"type": "text", "text": answered.raw}],
            "stop_reason": self.finishes[answered.finish],
            "stop_sequence": None,
            "stop_details": details,
            "usage": {
                "input_tokens": answered.input_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": answered.output_tokens,
                "service_tier": "standard",
            },
        }

    def failure(self, kind: str, model: str) -> Failure:
        return anthropic_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        headers = {}
        for what, standing in (
            ("requests", requests),
            ("tokens", tokens),
            ("input-tokens", tokens),
        ):
            if standing is not None:
                reset = datetime.fromtimestamp(
                    math.ceil(datetime.now(UTC).timestamp() + standing.reset_s), UTC
                )
                headers[f"anthropic-ratelimit-{what}-limit"] = str(standing.limit)
                headers[f"anthropic-ratelimit-{what}-remaining"] = str(standing.remaining)
                headers[f"anthropic-ratelimit-{what}-reset"] = reset.strftime("%Y-%m-%dT%H:%M:%SZ")
        return headers

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        return {"retry-after": str(math.ceil(wait_s))}


class GoogleWire:
    """POST /v1beta/models/MODEL:generateContent, https://ai.google.dev/api/generate-content."""

    name = "google"
    base_path = ""
    request_id_header = "x-request-id"
    model_in_path = re.compile(r"/models/([^:/?]+):generateContent")
    finishes: ClassVar = {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "refused": "PROHIBITED_CONTENT",
        "filtered": "SAFETY",
    }

    def asked(self, path: str, body: Json) -> WireRequest:
        match = self.model_in_path.search(path)
        config = body.get("generationConfig") or {}
        schema = config.get("responseSchema") or config.get("responseJsonSchema")
        return WireRequest(match[1] if match else "", _text(body["contents"][-1]["parts"]), schema)

    def answer(self, answered: WireAnswer) -> Json:
        candidate: Json = {"finishReason": self.finishes[answered.finish], "index": 0}
        if answered.finish in {"stop", "length"}:
            candidate["content"] = {"parts": [{"text": answered.raw}], "role": "model"}
        return {
            "candidates": [candidate],
            "usageMetadata": {
                "promptTokenCount": answered.input_tokens,
                "candidatesTokenCount": answered.output_tokens,
                "totalTokenCount": answered.input_tokens + answered.output_tokens,
            },
            "modelVersion": f"{answered.model}-001",
            "responseId": f"loopback-{answered.number}",
        }

    def failure(self, kind: str, model: str) -> Failure:
        return google_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        return {}  # Google tells nobody how much is left

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        return {"retry-after": str(math.ceil(wait_s))}


class HuggingFaceWire(OpenAIWire):
    """POST /v1/chat/completions as TGI and the Hugging Face router serve it, with errors of their own form.

    https://huggingface.co/docs/text-generation-inference/reference/api_reference
    """

    name = "huggingface"
    base_path = "/hf/v1"
    finishes: ClassVar = {
        "stop": "stop",
        "length": "length",
        "refused": "stop",
        "filtered": "content_filter",
    }

    def answer(self, answered: WireAnswer) -> Json:
        body = super().answer(answered)
        body["model"] = answered.model  # TGI names what it loaded
        body["system_fingerprint"] = "3.3.6-sha-loopback"
        return body

    def failure(self, kind: str, model: str) -> Failure:
        return huggingface_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        if requests is None:
            return {}
        return {
            "ratelimit": f'"api";r={requests.remaining};t={math.ceil(requests.reset_s)}',
            "ratelimit-policy": f'"fixed window";"api";q={requests.limit};w=60',
        }

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        return {"retry-after": str(math.ceil(wait_s))}


WIRES: dict[str, Wire] = {
    wire.name: wire for wire in (OpenAIWire(), AnthropicWire(), GoogleWire(), HuggingFaceWire())
}


def wire_for(path: str) -> Wire | None:
    """The vendor that serves this path; None where no vendor does."""
    if path.startswith("/hf/") and path.endswith("/chat/completions"):
        return WIRES["huggingface"]
    if path.endswith("/chat/completions"):
        return WIRES["openai"]
    if path.endswith("/v1/messages"):
        return WIRES["anthropic"]
    if ":generateContent" in path:
        return WIRES["google"]
    return None
