"""Google's generateContent, for Gemini.

https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from ..configs.settings import ModelSettings
from .protocol import Finish, Reply, Request
from .wire.answer_places import arguments_text, joined_text, with_calls
from .wire.chat_completions import check_options, passed_options
from .wire.chat_replies import text_or_none, token_count
from .wire.credentials import read_key
from .wire.embedded_errors import error_in
from .wire.event_stream import read_events, read_whole_object
from .wire.google_schema import google_schema
from .wire.http import (
    BrokenAnswer,
    EmbeddedError,
    HttpProvider,
    HttpResponse,
)
from .wire.vendor_errors import rate_headers, request_id

_ADDRESS = "https://generativelanguage.googleapis.com"
# Options that stand at the top of the body; all others belong into its generationConfig.
_TOP_LEVEL = {"safetySettings", "tools", "toolConfig", "cachedContent", "labels", "serviceTier"}
_RESERVED_KEYS = {
    "contents": "`prompt`",
    "systemInstruction": "`prompt`",
    "maxOutputTokens": "`max_tokens`",
    "temperature": "`temperature`",
    "responseMimeType": "`structured`",
    "responseSchema": "`structured`",
    "responseJsonSchema": "`structured`",
    "candidateCount": "nothing: one answer is read",
}
_FINISHES: dict[str, Finish] = {
    "MAX_TOKENS": "length",
    "SAFETY": "filtered",
    "RECITATION": "filtered",
    "BLOCKLIST": "filtered",
    "PROHIBITED_CONTENT": "filtered",
    "SPII": "filtered",
    "LANGUAGE": "refused",
}


class GoogleProvider(HttpProvider):
    """A model behind Google's generateContent.

    Args:
        model: The model; `base_url` names another server (a proxy; Vertex AI up to and with
            `/publishers/google`), which is asked without a key unless `api_key_env` is set.

    Raises:
        ConfigError: The key is missing, or an option is set that attrx sets by itself.
    """

    def __init__(self, model: ModelSettings) -> None:
        check_options(model, _RESERVED_KEYS)
        key = read_key(model, ("GEMINI_API_KEY", "GOOGLE_API_KEY"))
        from .clients.google_client import GoogleClient  # noqa: PLC0415  only where it is asked

        self._client = GoogleClient(model.base_url or _ADDRESS, key.value)
        super().__init__(model, key, self._client.connection_errors)
        self._url = generate_url(model.base_url or _ADDRESS, model.model)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._client.close()

    async def _send(self, request: Request) -> HttpResponse:
        body = generate_body(self._model, request)
        return await self._client.post(self._url, orjson.dumps(body))

    def _read(self, content: bytes, headers: Mapping[str, str]) -> Reply:
        return read_candidate(content, headers)


def generate_url(base_url: str, model: str) -> str:
    """The address of a model's generateContent, with a version where the base has none."""
    base = base_url.rstrip("/")
    path = urlsplit(base).path
    has_version = path.endswith(("/v1", "/v1beta", "/v1alpha")) or "/publishers/" in path
    version = "" if has_version else "/v1beta"
    return f"{base}{version}/models/{quote(model, safe='')}:generateContent"


def generate_body(model: ModelSettings, request: Request) -> dict[str, Any]:
    """The body of a request: the system message apart, the other turns, and a generationConfig.

    `json_schema` is asked for as `responseSchema`, in Google's own dialect; `json_object_schema` as
    `responseJsonSchema`, which takes JSON Schema as it is but not on every model.

    Args:
        model: The model that is asked.
        request: What is asked.
    """
    options = passed_options(model, request.without)
    body: dict[str, Any] = {name: options.pop(name) for name in _TOP_LEVEL & options.keys()}
    system = []
    for message in request.messages:
        if message["role"] == "system":
            system.append({"text": message["content"]})
    if system:
        body["systemInstruction"] = {"parts": system}
    roles = {"user": "user", "assistant": "model"}
    body["contents"] = [
        {"role": roles[message["role"]], "parts": [{"text": message["content"]}]}
        for message in request.messages
        if message["role"] in roles
    ]
    config = {
        **options.pop("generationConfig", {}),
        **options,
        "maxOutputTokens": request.max_tokens,
    }
    if request.json_schema is not None and request.form != "none":
        config["responseMimeType"] = "application/json"
        if request.form == "json_schema":
            config["responseSchema"] = google_schema(request.json_schema)
        elif request.form == "json_object_schema":
            config["responseJsonSchema"] = request.json_schema
    body["generationConfig"] = config
    return body


def read_candidate(content: bytes, headers: Mapping[str, str]) -> Reply:
    """Read the body of a response.

    Args:
        content: The body, of a response with status 200.
        headers: The response's headers.

    Returns:
        The reply; a prompt that Google blocks gets an empty one, `filtered`.

    Raises:
        BrokenAnswer: There is neither a candidate nor a reason why not.
    """
    body = _whole_body(content)
    usage = body.get("usageMetadata")
    text, finish = _text_and_finish(body)
    thought_tokens = token_count(usage, "thoughtsTokenCount") or 0
    return Reply(
        text=text,
        finish=finish,
        input_tokens=token_count(usage, "promptTokenCount"),
        # Thoughts are paid for as output; an answer that was all thoughts has no
        # candidatesTokenCount.
        output_tokens=token_count(usage, "candidatesTokenCount", "thoughtsTokenCount")
        or token_count(usage, "thoughtsTokenCount"),
        thought_tokens=thought_tokens,
        model_version=text_or_none(body.get("modelVersion")),
        request_id=request_id(headers) or text_or_none(body.get("responseId")),
        headers=rate_headers(headers),
    )


def _whole_body(content: bytes) -> dict[str, Any]:
    """The body of a response; of a stream, the last event, with the parts of all."""
    chunks = read_events(content) or _list_of_chunks(content)
    if not chunks:
        return read_whole_object(content)
    parts: list[Any] = []
    body: dict[str, Any] = {}
    for chunk in chunks:
        parts += _parts(_first_candidate(chunk))
        body.update({key: value for key, value in chunk.items() if value})
    last_candidate = {**_first_candidate(body), "content": {"parts": parts}}
    return {**body, "candidates": [last_candidate]} if "candidates" in body else body


def _list_of_chunks(content: bytes) -> list[dict[str, Any]]:
    """The chunks of a stream that came as one list, as Google sends them without `alt=sse`."""
    if not content.lstrip().startswith(b"["):
        return []
    try:
        chunks = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise BrokenAnswer("not JSON") from None
    return [chunk for chunk in chunks if isinstance(chunk, dict)]


def _text_and_finish(body: Mapping[str, Any]) -> tuple[str, Finish]:
    candidate = _first_candidate(body)
    error = error_in(body)
    if error is not None:
        raise EmbeddedError(error)
    if candidate:
        parts = _parts(candidate)
        arguments = []
        for part in parts:
            call = part.get("functionCall")
            if call and isinstance(call, dict):
                arguments.append(arguments_text(call.get("args")))
        text = with_calls(joined_text(parts), arguments)
        return text, _FINISHES.get(str(candidate.get("finishReason")), "stop")
    feedback = body.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        return "", "filtered"
    raise BrokenAnswer("no candidates")


def _first_candidate(body: Mapping[str, Any]) -> dict[str, Any]:
    candidates = body.get("candidates")
    if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict):
        return candidates[0]
    return {}


def _parts(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    return [part for part in parts or () if isinstance(part, dict)]
