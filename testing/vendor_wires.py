"""The vendors' wire formats: bodies follow the API references and what their servers send."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from .rate_limits import LimitState
from .vendor_failures import (
    Failure,
    Json,
    anthropic_failure,
    google_failure,
    huggingface_failure,
)
from .wire_formats import REFUSAL, WireAnswer, WireFormat, WireRequest


def _text(content: Any) -> str:
    """A message's content: a string, or a list of parts with texts."""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _duration(seconds: float) -> str:
    """OpenAI's spelling of a duration: 120ms, 1.5s, 6m0s."""
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m{rest:.0f}s" if minutes else f"{rest:.3f}s"


class OpenAIWire(WireFormat):
    """POST /v1/chat/completions, https://platform.openai.com/docs/api-reference/chat."""

    name = "openai"
    base_path = "/v1"
    finishes: ClassVar[dict[str, str]] = {
        "stop": "stop",
        "length": "length",
        "refused": "stop",
        "filtered": "content_filter",
    }

    def serves(self, path: str) -> bool:
        """Whether it is a path of this vendor's."""
        return path.endswith("/chat/completions")

    def read(self, path: str, body: Json) -> WireRequest:
        """Read a request."""
        form = body.get("response_format") or {}
        strict_schema = (form.get("json_schema") or {}).get("schema")
        schema = strict_schema or form.get("schema") or form.get("value")
        last_message = body["messages"][-1]
        return WireRequest(body.get("model", ""), _text(last_message["content"]), schema)

    def write(self, answer: WireAnswer) -> Json:
        """The body of an answer."""
        is_refusal = answer.finish == "refused"
        message: Json = {
            "role": "assistant",
            "content": None if is_refusal else answer.raw,
            "refusal": REFUSAL if is_refusal else None,
            "annotations": [],
        }
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": self.finishes[answer.finish],
        }
        return {
            "id": f"chatcmpl-{answer.number:029d}",
            "object": "chat.completion",
            "created": 1_735_689_600,
            "model": f"{answer.model}-0613",
            "choices": [choice],
            "usage": {
                "prompt_tokens": answer.input_tokens,
                "completion_tokens": answer.output_tokens,
                "total_tokens": answer.input_tokens + answer.output_tokens,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            "service_tier": "default",
            "system_fingerprint": "fp_b705f0c291",
        }

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        """What it tells of its limits."""
        headers = {}
        for what, state in (("requests", requests), ("tokens", tokens)):
            if state is not None:
                headers[f"x-ratelimit-limit-{what}"] = str(state.limit)
                headers[f"x-ratelimit-remaining-{what}"] = str(state.remaining)
                headers[f"x-ratelimit-reset-{what}"] = _duration(state.reset_s)
        return headers

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        """When a 429 says to come back."""
        return {
            "retry-after": str(math.ceil(wait_s)),
            "retry-after-ms": str(math.ceil(wait_s * 1000)),
        }


class AnthropicWire(WireFormat):
    """POST /v1/messages, https://docs.anthropic.com/en/api/messages and /en/api/errors."""

    name = "anthropic"
    request_id_header = "request-id"
    key_header = "x-api-key"
    finishes: ClassVar[dict[str, str]] = {
        "stop": "end_turn",
        "length": "max_tokens",
        "refused": "refusal",
        "filtered": "refusal",
    }

    def serves(self, path: str) -> bool:
        """Whether it is a path of this vendor's."""
        return path.endswith("/v1/messages")

    def read(self, path: str, body: Json) -> WireRequest:
        """Read a request."""
        form = (body.get("output_config") or {}).get("format") or {}
        return WireRequest(
            body.get("model", ""), _text(body["messages"][-1]["content"]), form.get("schema")
        )

    def write(self, answer: WireAnswer) -> Json:
        """The body of an answer."""
        is_refusal = self.finishes[answer.finish] == "refusal"
        details = {"type": "refusal", "category": None, "explanation": REFUSAL}
        return {
            "id": f"msg_{answer.number:024d}",
            "type": "message",
            "role": "assistant",
            "model": f"{answer.model}-20250514",
            "content": [] if is_refusal else [{"type": "text", "text": answer.raw}],
            "stop_reason": self.finishes[answer.finish],
            "stop_sequence": None,
            "stop_details": details if is_refusal else None,
            "usage": {
                "input_tokens": answer.input_tokens,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": answer.output_tokens,
                "service_tier": "standard",
            },
        }

    def failure(self, kind: str, model: str) -> Failure:
        """Status and body of a failure."""
        return anthropic_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        """What it tells of its limits."""
        headers = {}
        for what, state in (
            ("requests", requests),
            ("tokens", tokens),
            ("input-tokens", tokens),
        ):
            if state is not None:
                reset_s = math.ceil(datetime.now(UTC).timestamp() + state.reset_s)
                reset = datetime.fromtimestamp(reset_s, UTC)
                headers[f"anthropic-ratelimit-{what}-limit"] = str(state.limit)
                headers[f"anthropic-ratelimit-{what}-remaining"] = str(state.remaining)
                headers[f"anthropic-ratelimit-{what}-reset"] = f"{reset:%Y-%m-%dT%H:%M:%SZ}"
        return headers


class GoogleWire(WireFormat):
    """POST /v1beta/models/MODEL:generateContent, https://ai.google.dev/api/generate-content."""

    name = "google"
    key_header = "x-goog-api-key"
    model_in_path = re.compile(r"/models/([^:/?]+):generateContent")
    finishes: ClassVar[dict[str, str]] = {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "refused": "PROHIBITED_CONTENT",
        "filtered": "SAFETY",
    }

    def serves(self, path: str) -> bool:
        """Whether it is a path of this vendor's."""
        return ":generateContent" in path

    def read(self, path: str, body: Json) -> WireRequest:
        """Read a request."""
        match = self.model_in_path.search(path)
        config = body.get("generationConfig") or {}
        schema = config.get("responseSchema") or config.get("responseJsonSchema")
        last_turn = body["contents"][-1]
        return WireRequest(match[1] if match else "", _text(last_turn["parts"]), schema)

    def write(self, answer: WireAnswer) -> Json:
        """The body of an answer."""
        candidate: Json = {"finishReason": self.finishes[answer.finish], "index": 0}
        if answer.finish in {"stop", "length"}:
            candidate["content"] = {"parts": [{"text": answer.raw}], "role": "model"}
        return {
            "candidates": [candidate],
            "usageMetadata": {
                "promptTokenCount": answer.input_tokens,
                "candidatesTokenCount": answer.output_tokens,
                "totalTokenCount": answer.input_tokens + answer.output_tokens,
            },
            "modelVersion": f"{answer.model}-001",
            "responseId": f"loopback-{answer.number}",
        }

    def failure(self, kind: str, model: str) -> Failure:
        """Status and body of a failure."""
        return google_failure(kind, model)


class HuggingFaceWire(OpenAIWire):
    """POST /v1/chat/completions as TGI and the Hugging Face router serve it, with their own errors.

    https://huggingface.co/docs/text-generation-inference/reference/api_reference
    """

    name = "huggingface"
    base_path = "/hf/v1"
    finishes: ClassVar[dict[str, str]] = {
        "stop": "stop",
        "length": "length",
        "refused": "stop",
        "filtered": "content_filter",
    }

    def serves(self, path: str) -> bool:
        """Whether it is a path of this vendor's."""
        return path.startswith("/hf/") and path.endswith("/chat/completions")

    def write(self, answer: WireAnswer) -> Json:
        """The body of an answer."""
        body = super().write(answer)
        body["model"] = answer.model  # TGI names what it loaded
        body["system_fingerprint"] = "3.3.6-sha-loopback"
        return body

    def failure(self, kind: str, model: str) -> Failure:
        """Status and body of a failure."""
        return huggingface_failure(kind, model)

    def limit_headers(
        self, requests: LimitState | None, tokens: LimitState | None
    ) -> dict[str, str]:
        """What it tells of its limits."""
        if requests is None:
            return {}
        return {
            "ratelimit": f'"api";r={requests.remaining};t={math.ceil(requests.reset_s)}',
            "ratelimit-policy": f'"fixed window";"api";q={requests.limit};w=60',
        }

    def retry_headers(self, wait_s: float) -> dict[str, str]:
        """When a 429 says to come back, in whole seconds."""
        return WireFormat.retry_headers(self, wait_s)


VENDOR_WIRES: tuple[WireFormat, ...] = (
    HuggingFaceWire(),
    OpenAIWire(),
    AnthropicWire(),
    GoogleWire(),
)
"""The first one that serves a path answers."""
