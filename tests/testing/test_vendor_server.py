"""The loopback server, which other tests take at its word."""

from __future__ import annotations

import asyncio
import json
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from asking import arrival

import attrx.testing
from attrx.testing import (
    AnswerTable,
    Call,
    VendorServer,
    VendorServerProcess,
    answer_by_schema,
    random_faults,
    read_calls,
)
from attrx.testing.vendor_batches import AnthropicBatchService

BODY = {"model": "gpt-4", "messages": [{"role": "user", "content": "Title: red shirt"}]}


async def _post(url: str, count: int, body: dict[str, Any]) -> list[tuple[int, dict[str, str]]]:
    async with aiohttp.ClientSession() as session:

        async def one() -> tuple[int, dict[str, str]]:
            async with session.post(url, json=body) as response:
                await response.read()
                return response.status, {
                    name.lower(): value for name, value in response.headers.items()
                }

        return list(await asyncio.gather(*(one() for _ in range(count))))


def post(
    url: str, count: int = 1, body: dict[str, Any] | None = None
) -> list[tuple[int, dict[str, str]]]:
    return asyncio.run(_post(url + "/chat/completions", count, body or BODY))


def call(number: int = 0, **fields: Any) -> Call:
    return Call(
        **{
            "number": number,
            "time_s": 0.0,
            "vendor": "openai",
            "model": "m",
            "digest": "d",
            **fields,
        }
    )


def test_a_limit_lets_through_what_was_saved_up_and_tells_the_rest_when_to_come_back() -> None:
    # 1 a minute with five minutes saved up are 5 requests at once; the sixth waits for a minute.
    with VendorServer(limit_per_s=1 / 60, burst_s=300) as server:
        seen = post(server.base_url("openai"), 8)
    assert Counter(status for status, _ in seen) == {200: 5, 429: 3}
    refused = [headers for status, headers in seen if status == 429]
    assert all(0 < int(headers["retry-after-ms"]) <= 60_000 for headers in refused)
    assert {headers["x-ratelimit-limit-requests"] for _, headers in seen} == {"1"}


def test_a_limit_of_tokens_counts_prompt_and_answer() -> None:
    # The prompt has 16 characters, 16 // 4 + 1 = 5 tokens, the answer 1: 6 a request, which
    # are 1 request a minute, and with two minutes saved up 2 at once.
    with VendorServer(answer=lambda call: "x", tokens_per_minute=6, burst_s=120) as server:
        seen = post(server.base_url("openai"), 3)
    assert [status for status, _ in seen].count(200) == 2


def test_a_silent_server_tells_nothing() -> None:
    with VendorServer(limit_per_s=1 / 60, burst_s=1, tell_limits=False, tell_wait=False) as server:
        (_, (status, headers)) = sorted(post(server.base_url("openai"), 2))
    assert status == 429
    assert not [name for name in headers if "ratelimit" in name or "retry" in name]


def test_a_table_answers_by_the_longest_text_it_finds_and_by_model() -> None:
    table = AnswerTable(
        [
            {"text": "shirt", "raw": "short"},
            {"text": "red shirt", "raw": "long"},
            {"text": "red shirt", "raw": "of m2", "model": "m2"},
        ]
    )
    asked = call(prompt="Title: red shirt")
    assert table(asked) == "long"
    assert asked.product == "red shirt"
    assert table(call(prompt="Title: red shirt", model="m2")) == "of m2"
    assert table(call(prompt="Title: shirt")) == "short"
    assert table(call(prompt="Title: hat")) == ""


def test_random_faults_are_the_same_for_the_same_seed_and_hit_their_share() -> None:
    faults, again, other = (random_faults(0.1, ["hang", "prose"], seed) for seed in (1, 1, 2))
    drawn = [faults(call(number)) for number in range(2000)]
    assert drawn == [again(call(number)) for number in range(2000)]
    assert drawn != [other(call(number)) for number in range(2000)]
    assert 0.08 < sum(fault is not None for fault in drawn) / 2000 < 0.12
    assert set(drawn) == {None, "hang", "prose"}


def test_an_obedient_answer_keeps_to_the_schema() -> None:
    schema = {
        "properties": {
            "a": {"enum": ["x"]},
            "b": {"anyOf": [{"enum": ["y"]}, {"type": "null"}]},
            "c": {"type": "string"},
        }
    }
    answer = json.loads(answer_by_schema(call(schema=schema)))
    assert (answer["a"], answer["b"]) == ("x", "y")
    assert isinstance(answer["c"], str)


@pytest.mark.parametrize("path", ["/v1/embeddings", "/"])
def test_what_no_vendor_serves_is_not_found(path: str) -> None:
    async def get(url: str) -> int:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return response.status

    with VendorServer() as server:
        assert asyncio.run(get(f"http://127.0.0.1:{server.port}{path}")) == 404
        assert server.calls == []


def test_a_fault_of_an_unknown_kind_is_refused_before_a_client_waits_for_it() -> None:
    with pytest.raises(ValueError, match="unknown fault 'rate_limit'"):
        VendorServer(faults={0: "rate_limit"})


def test_the_example_runs() -> None:
    example = str(attrx.testing.__doc__).partition("asked:")[2].partition("In a process")[0]
    exec(textwrap.dedent(example), {})


def test_a_server_process_answers_and_keeps_a_log(tmp_path: Path) -> None:
    log, answers = tmp_path / "log.jsonl", tmp_path / "answers.jsonl"
    answers.write_text(json.dumps({"text": "red shirt", "raw": "male"}) + "\n", encoding="utf-8")
    with VendorServerProcess(
        "--log", str(log), "--answers", str(answers), "--limit-per-s", "1"
    ) as server:
        seen = post(server.base_url("openai"), 2)
    assert sorted(status for status, _ in seen) == [200, 429]
    logged = list(read_calls(log))
    assert sorted(entry["status"] for entry in logged) == [200, 429]
    assert {entry["product"] for entry in logged} == {"red shirt"}
    assert len({entry["digest"] for entry in logged}) == 1
    assert server.process.poll() is not None


def test_answers_that_are_held_back_come_when_they_are_released() -> None:
    async def ask(server: VendorServer) -> int:
        url = server.base_url("openai")
        held = asyncio.create_task(_post(url + "/chat/completions", 1, BODY))
        await arrival(server)
        await _post(url + "/chat/completions", 1, BODY)
        assert not held.done()
        server.release()
        [(status, _)] = await held
        return status

    with VendorServer(holds=lambda call: call.number == 0) as server:
        assert asyncio.run(ask(server)) == 200


def test_batches_end_when_they_are_told_to() -> None:
    service = AnthropicBatchService(lambda *_: (200, b"{}"), batch_s=3600)
    early = service.create("early")
    was_over = early.is_over
    service.end_batches()
    late = service.create("late")
    assert (was_over, early.is_over, late.is_over) == (False, True, True)
