"""What chat completions come back as, from OpenAI and from the many servers that speak like it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..protocol import Finish, Reply
from .answer_places import arguments_text, joined_text, thoughts_text, with_calls
from .embedded_errors import error_in
from .event_stream import JoinedCalls, read_events, read_whole_object
from .http import BrokenAnswer, EmbeddedError
from .vendor_errors import rate_headers, request_id

_FINISHES: dict[str, Finish] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filtered",
}
# Under which gateways put the answer of the server behind them.
_WRAPPERS = ("data", "result", "response", "body", "output")


def read_chat(content: bytes, headers: Mapping[str, str]) -> Reply:
    """Read the body of a response.

    Args:
        content: The body, of a response with status 200.
        headers: The response's headers.

    Raises:
        BrokenAnswer: It is no chat completion.
    """
    events = read_events(content)
    body = joined_chunks(events) if events else read_whole_object(content)
    return read_completion(body, headers)


def read_completion(body: Mapping[str, Any], headers: Mapping[str, str]) -> Reply:
    """The same for a body that has been parsed; the results of batches hold such bodies.

    Raises:
        EmbeddedError: It is an error of the server behind a gateway.
        BrokenAnswer: It is no chat completion.
    """
    body = _unwrapped(body)
    choice = _first_choice(body)
    finish_reason = str(choice.get("finish_reason"))
    error = error_in(body, choice)
    if finish_reason == "error" or (error is not None and not _has_answer(choice)):
        raise EmbeddedError(error or {"error": {"message": "finish_reason: error"}})
    message = choice.get("message", {"content": choice.get("text")} if "text" in choice else None)
    if not isinstance(message, Mapping):
        raise BrokenAnswer("no choices[0].message")
    usage = body.get("usage")
    refusal = message.get("refusal")
    return Reply(
        text=str(refusal) if refusal else _answer_text(message),
        finish="refused" if refusal else _FINISHES.get(finish_reason, "stop"),
        input_tokens=token_count(usage, "prompt_tokens"),
        output_tokens=token_count(usage, "completion_tokens"),
        thought_tokens=_thought_tokens(usage),
        thoughts=thoughts_text(message),
        model_version=text_or_none(body.get("model")),
        request_id=request_id(headers) or text_or_none(body.get("id")),
        headers=rate_headers(headers),
    )


def joined_chunks(events: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The chat completion that the events of a stream add up to.

    Raises:
        BrokenAnswer: The stream broke off.
    """
    body: dict[str, Any] = {}
    message: dict[str, Any] = {}
    texts: dict[str, list[str]] = {"content": [], "reasoning_content": []}
    calls = JoinedCalls()
    finish_reason = None
    for event in events:
        for key, value in event.items():
            if value:
                body[key] = value
        choice = _first_choice(event)
        error = choice.get("error")
        if error:
            body["error"] = error
        finish_reason = choice.get("finish_reason") or finish_reason
        message.update(choice.get("message") or {})
        delta = choice.get("delta") or {}
        content = delta.get("content") or choice.get("text")
        texts["content"].append(joined_text(content))
        texts["reasoning_content"].append(thoughts_text(delta))
        for number, piece in _call_pieces(delta):
            calls.add(number, piece)
    for key, pieces in texts.items():
        if any(pieces):
            message[key] = "".join(pieces)
    tool_calls = []
    for text in calls.texts():
        tool_calls.append({"function": {"arguments": text}})
    if tool_calls:
        message["tool_calls"] = tool_calls
    if finish_reason is None and not body.get("error"):
        raise BrokenAnswer("a stream of events that broke off")
    body["choices"] = [{"message": message, "finish_reason": finish_reason}]
    return body


def _call_pieces(message: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The arguments in the tool calls of a message, each with the number of its call."""
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        calls = []
    for place, call in enumerate(calls):
        if not isinstance(call, Mapping):
            continue
        arguments = _arguments_of(call.get("function"))
        if arguments:
            number = call.get("index", place)
            yield number, arguments
    arguments = _arguments_of(message.get("function_call"))
    if arguments:
        yield "function_call", arguments


def _arguments_of(function: Any) -> Any:
    """The arguments of a function that is called; None where there are none."""
    return function.get("arguments") if isinstance(function, Mapping) else None


def _answer_text(message: Mapping[str, Any]) -> str:
    calls = [arguments_text(arguments) for _, arguments in _call_pieces(message)]
    return with_calls(joined_text(message.get("content")), calls)


def _has_answer(choice: Mapping[str, Any]) -> bool:
    message = choice.get("message")
    return isinstance(message, Mapping) and bool(_answer_text(message).strip())


def _unwrapped(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The completion inside a body that a gateway has put around it."""
    for key in _WRAPPERS:
        inner = body.get(key)
        if "choices" not in body and isinstance(inner, Mapping) and "choices" in inner:
            return inner
    return body


def _first_choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first choice; empty where there is none."""
    choices = body.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        return choices[0]
    return {}


def _thought_tokens(usage: Any) -> int:
    """Tokens of the thoughts among those of the answer; 0 where the server does not tell."""
    details = usage.get("completion_tokens_details") if isinstance(usage, Mapping) else None
    return token_count(details, "reasoning_tokens") or token_count(usage, "reasoning_tokens") or 0


def token_count(usage: Any, *names: str) -> Any:
    """The sum of some counts in a usage report, as the server says it; `checked_reply` checks it.

    None where the first of them is not there.
    """
    if not isinstance(usage, dict):
        return None
    first_name, *other_names = names
    total: Any = usage.get(first_name)
    for name in other_names:
        count = usage.get(name)
        if _is_count(total) and isinstance(count, int | float):
            # One that cannot be makes the whole what it is.
            total = total + count if count >= 0 else count
    return total


def _is_count(value: Any) -> bool:
    return isinstance(value, int | float) and value >= 0


def text_or_none(value: Any) -> str | None:
    """The value, where it is a text that is not empty."""
    return value if isinstance(value, str) and value else None
