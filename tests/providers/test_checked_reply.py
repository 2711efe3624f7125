"""Whatever a provider says beside its answer can be counted, stored and printed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from attrx.configs.errors import ProviderError
from attrx.configs.redaction import SECRETS
from attrx.providers.checked_reply import checked_outcome, checked_reply
from attrx.providers.protocol import Reply


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("input_tokens", -5),
        ("input_tokens", 2**63),
        ("output_tokens", math.nan),
        ("output_tokens", "12"),
        ("model_version", "v" * 10_000),
        ("model_version", ["gpt"]),
        ("request_id", "a\x1b[2Jb"),
        ("probabilities", {"gender": 7.0}),
        ("headers", {"x-ratelimit-limit-requests": "9" * 5000}),
    ],
)
def test_what_cannot_be_is_not_told_and_named(name: str, value: Any) -> None:
    reply = checked_reply(Reply("male", **{name: value}))
    assert not getattr(reply, name)
    assert reply.doubts == {name}
    assert reply.text == "male"


def test_a_reply_in_which_all_can_be_stays_as_it_is() -> None:
    reply = Reply("male", "length", 10, 5, 3, "hm", "gpt-4-0613", "req_1", {"retry-after": "1"})
    assert checked_reply(reply) == reply
    assert checked_reply(reply).doubts == frozenset()


def test_an_unknown_finish_counts_as_complete() -> None:
    reply = checked_reply(Reply("male", "exploded"))  # type: ignore[arg-type]
    assert reply.finish == "stop"
    assert reply.doubts == {"finish"}


def test_half_a_pair_of_surrogates_becomes_a_sign_that_every_file_can_hold() -> None:
    assert checked_reply(Reply("a\ud800b")).text == "a\ufffdb"


def test_a_key_in_an_answer_an_id_or_a_version_is_taken_out() -> None:
    key = "kY8" + "q7Zr2" * 6
    SECRETS.add(key)
    reply = checked_reply(Reply(f'{{"a": "{key}"}}', model_version=f"m-{key}", request_id=key[:9]))
    assert reply.text == '{"a": "[key]"}'
    assert (reply.model_version, reply.request_id) == ("m-[key]", "[key]")


@pytest.mark.parametrize("value", [None, "male", Reply(None), Reply(5)])  # type: ignore[arg-type]
def test_what_is_no_reply_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        checked_reply(value)
    assert isinstance(checked_outcome(value), ProviderError)
