"""Where gateways put an answer, and how they pass on the failures of the servers behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attrx.providers.protocol import Reply, Request
from attrx.providers.wire.answer_places import completed
from attrx.providers.wire.chat_replies import read_chat
from attrx.providers.wire.embedded_errors import status_of
from attrx.providers.wire.http import BrokenAnswer, EmbeddedError

ANSWER = '{"colour":"red"}'
REQUEST = Request(
    ({"role": "user", "content": "?"},), 64, json_schema={"properties": {"colour": {}}}
)


def body(message: dict[str, Any], finish: str = "stop", **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish}], **more}).encode()


def call(arguments: Any) -> dict[str, Any]:
    return {"id": "c1", "type": "function", "function": {"name": "answer", "arguments": arguments}}


def read(message: dict[str, Any], finish: str = "stop") -> Reply:
    return completed(read_chat(body(message, finish), {}), REQUEST)


@pytest.mark.parametrize(
    "message",
    [
        {"content": ANSWER, "reasoning_content": "it may be blue"},
        {"content": None, "reasoning_content": f"The title says so.\n{ANSWER}\n"},
        {"content": "", "reasoning": f'first {{"colour": "blue"}}, no: {ANSWER}'},
        {"content": None, "tool_calls": [call(ANSWER)]},
        {"content": "I call it.", "tool_calls": [call({"colour": "red"})]},
        {"content": None, "function_call": {"name": "answer", "arguments": ANSWER}},
        {"content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": ANSWER}]},
        {"content": [{"type": "thinking", "thinking": [{"text": "hm"}]}, {"text": ANSWER}]},
        {"content": {"colour": "red"}},
        {"content": {"parts": [{"text": ANSWER}]}},
    ],
)
def test_an_answer_is_found_where_servers_put_it(message: dict[str, Any]) -> None:
    assert json.loads(read(message).text) == {"colour": "red"}


def test_several_calls_are_one_answer() -> None:
    calls = [call('{"colour": "red"}'), call('{"size": 38}')]
    text = read({"content": None, "tool_calls": calls}).text
    assert json.loads(text) == {"colour": "red", "size": 38}


def test_thoughts_without_the_keys_that_were_asked_are_no_answer() -> None:
    assert read({"content": None, "reasoning_content": '{"plan": 1}'}).finish == "empty"


def test_thoughts_of_an_answer_that_was_cut_off_are_no_answer() -> None:
    reply = read({"content": None, "reasoning_content": ANSWER}, "length")
    assert (reply.text, reply.finish) == ("", "length")


def test_an_answer_without_a_word_is_empty() -> None:
    assert read({"content": " \n"}).finish == "empty"


def test_tokens_of_thoughts_are_seen() -> None:
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 70,
        "completion_tokens_details": {"reasoning_tokens": 64},
    }
    reply = read_chat(body({"content": ANSWER}, usage=usage), {})
    assert (reply.output_tokens, reply.thought_tokens) == (70, 64)


def events(*chunks: Any, end: str = "data: [DONE]\n\n") -> bytes:
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + end.encode()


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"model": "m1", "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}


def test_an_event_stream_that_nobody_asked_for_is_put_together() -> None:
    content = events(
        delta(role="assistant", content=""),
        delta(reasoning_content="hm"),
        delta(content='{"colour":'),
        delta(content='"red"}'),
        delta("stop"),
        {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3}},
    )
    reply = read_chat(b": waiting\n\n" + content, {})
    assert (reply.text, reply.thoughts, reply.finish) == (ANSWER, "hm", "stop")
    assert (reply.input_tokens, reply.output_tokens, reply.model_version) == (5, 3, "m1")


def test_pieces_of_a_tool_call_in_a_stream_are_put_together() -> None:
    pieces = ('{"colour"', ':"red"}')
    chunks = [
        delta(tool_calls=[{"index": 0, "function": {"arguments": piece}}]) for piece in pieces
    ]
    assert read_chat(events(*chunks, delta("tool_calls")), {}).text == ANSWER


def test_the_end_of_a_stream_behind_a_whole_answer_is_passed_over() -> None:
    content = body({"content": ANSWER}) + b"\n\ndata: [DONE]\n\n"
    assert read_chat(content, {}).text == ANSWER


def test_a_stream_that_broke_off_is_no_answer() -> None:
    with pytest.raises(BrokenAnswer, match="broke off"):
        read_chat(events(delta(content='{"col'), end=""), {})


def test_an_answer_inside_a_wrapper_or_a_text_is_read() -> None:
    inner = json.loads(body({"content": ANSWER}))
    assert read_chat(json.dumps({"result": inner}).encode(), {}).text == ANSWER
    assert read_chat(json.dumps(json.dumps(inner)).encode(), {}).text == ANSWER


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ({"error": {"code": 402, "message": "no credit"}}, 402),
        ({"error": {"code": "429", "message": "slow"}}, 429),
        ({"error": {"type": "invalid_request_error", "message": "no"}}, 400),
        ({"error": {"type": "overloaded_error"}}, 529),
        ({"error": "the server behind me is away"}, 502),
        ({"choices": [{"message": {"content": ""}, "error": {"code": 503}}]}, 503),
        ({"choices": [{"message": {"content": ""}, "finish_reason": "error"}]}, 502),
        ({"choices": [{"delta": {}, "finish_reason": "error"}], "error": {"code": 408}}, 408),
    ],
)
def test_an_error_inside_an_answer_has_the_status_that_it_means(
    response: dict[str, Any], status: int
) -> None:
    with pytest.raises(EmbeddedError) as caught:
        read_chat(json.dumps(response).encode(), {})
    assert status_of(caught.value.body) == status


def test_an_error_beside_an_answer_does_not_take_it_away() -> None:
    assert read_chat(body({"content": ANSWER}, error={"code": 0}), {}).text == ANSWER
