"""No piece of a key shows, in whichever form a stranger sends it back."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable
from urllib.parse import quote

import pytest

from attrx.configs.redaction import SHORTEST_PIECE, Secrets, redact_key_shapes

SIGNS = string.ascii_letters + string.digits
KEYS = ["".join(random.Random(seed).choices(SIGNS, k=32 + 8 * seed)) for seed in range(6)]
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda key: key,
    "in capitals": str.upper,
    "its beginning": lambda key: key[:12],
    "its end": lambda key: key[-12:],
    "its middle": lambda key: f"({key[7:19]})",
    "eight signs of it": lambda key: key[3 : 3 + SHORTEST_PIECE],
    "shortened": lambda key: f"{key[:10]}...{key[-10:]}",
    "over two lines": lambda key: f"{key[:13]}\n    {key[13:]}",
    "with a sign that nobody sees": "\u200b".join,
    "in JSON": lambda key: json.dumps({"key": key}),
    "in a header": lambda key: f"Authorization: Bearer {key}",
    "in an address": lambda key: f"https://a.example/?key={quote(key)}&b=1",
}


def shows(key: str, text: str) -> bool:
    """Whether a text holds 8 characters of a key one after the other."""
    squeezed = "".join(sign for sign in text.lower() if sign.isascii() and not sign.isspace())
    starts = range(len(key) - SHORTEST_PIECE + 1)
    return any(key.lower()[start : start + SHORTEST_PIECE] in squeezed for start in starts)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", KEYS)
def test_no_eight_characters_of_a_key_show(key: str, form: str) -> None:
    secrets = Secrets()
    secrets.add(key)
    echo = f"you sent {FORMS[form](key)}, which is wrong"
    assert shows(key, echo)
    assert not shows(key, secrets.redact_known(echo))
    assert secrets.redact(echo).startswith("you sent ")
    assert secrets.redact(echo).endswith("which is wrong")


@pytest.mark.parametrize("before", ["", "u", "u:", "user:", "Bearer "])
@pytest.mark.parametrize("key", KEYS)
def test_nor_do_they_in_base64_wherever_the_key_stands_in_it(key: str, before: str) -> None:
    secrets = Secrets()
    secrets.add(key)
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        echo = encode(f"{before}{key}".encode()).decode()
        rest = secrets.redact(f"Basic {echo}").removeprefix("Basic ").replace("[key]", "")
        assert len(rest) <= len(encode(before.encode())) + SHORTEST_PIECE


@pytest.mark.parametrize("key", KEYS)
def test_nor_in_hex_and_in_escapes(key: str) -> None:
    secrets = Secrets()
    secrets.add(key)
    escapes = "".join(f"\\u{ord(sign):04x}" for sign in key)
    percents = quote(key + "/+=", safe="")
    assert secrets.redact(f"x {key.encode().hex()} y") == "x [key] y"
    assert secrets.redact(f"x {escapes} y") == "x \\[key] y"
    assert not shows(key, secrets.redact(percents))


def test_a_key_that_is_made_of_words_is_looked_for_as_a_whole_alone() -> None:
    secrets = Secrets()
    secrets.add("sk-no-key-required")
    secrets.add("EMPTY")
    answer = '{"assembly": "required", "box": "empty"}'
    assert secrets.redact_known(answer) == answer
    assert secrets.redact_known("sk-no-key-required!") == "[key]!"
    assert secrets.redact("key empty") == "key [key]"


def test_passwords_in_addresses_are_taken_out() -> None:
    text = "proxy http://me:secret-word@proxy.example:3128 refused"
    assert redact_key_shapes(text) == "proxy http://[key]@proxy.example:3128 refused"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("provided: sk-proj-abc***********xyz1. You can", "provided: [key]. You can"),
        ("token hf_abcdefghijklmnop is bad", "token [key] is bad"),
        ("AIzaSyA1234567890abcdefg", "[key]"),
        ("a task-force and a risk-averse desk-bound-person", None),
        ("nothing here", None),
    ],
)
def test_keys_that_nobody_told_of_go_by_their_shape(text: str, redacted: str | None) -> None:
    assert Secrets().redact(text) == (redacted or text)
