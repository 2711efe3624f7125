"""Whatever a server does, a request ends with an answer or an error of attrx, within bounds."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib

import pytest
from asking import VENDORS, answer_of, ask, failure_of, model_at, request

from attrx.configs.errors import DeadAnswer, ProviderError, UnavailableError, UnknownModelError
from attrx.providers.protocol import Reply
from attrx.testing import Fault, VendorServer
from attrx.testing.vendor_wires import VENDOR_WIRES
from attrx.testing.wire_formats import WireAnswer

KEY = "aB3xY9" * 6
# 64 MB of nothing, packed.
BOMB = gzip.compress(bytes(64_000_000), 9)
PACKED = {"content-encoding": "gzip"}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
DEAD = {
    "a body without an end": Fault("endless_body"),
    "a bomb": Fault(status=200, body=BOMB, headers=PACKED),
    "a bomb within a bomb": Fault(status=200, body=gzip.compress(BOMB), headers=PACKED),
    "more than it should be": Fault(status=200, body=b'{"a": "' + b"x" * 8_000_001),
    "nothing": Fault("empty_body"),
    "204": Fault(status=204, body=""),
    "a page": Fault("html_body"),
    "half of it": Fault("half_body"),
    "less than was promised": Fault(raw=HEAD + b"content-length: 900\r\n\r\n{}"),
    "chunks without an end": Fault(raw=HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "packed garbage": Fault(status=200, body=b"\x1f\x8bgarbage", headers=PACKED),
    "half of what was packed": Fault(
        status=200, body=gzip.compress(b"{}" * 9)[:-9], headers=PACKED
    ),
    "what was not asked for": Fault(status=200, body=b"{}", headers={"content-encoding": "br"}),
    "bytes of no alphabet": Fault(status=200, body=b'{"choices": "\xff\xfe"}'),
    "a null byte": Fault(status=200, body=b"\x00"),
    "a number": Fault(status=200, body="7"),
    "half a pair": Fault(status=200, body=r'{"choices": [{"message": {"content": "\ud800"}}]}'),
    "lists in lists": Fault(status=200, body="[" * 100_000),
    "objects in objects": Fault(status=200, body='{"error":' * 900 + "1" + "}" * 900),
    "texts in texts": Fault(
        status=200, body='{"error":{"metadata":{"raw":' * 300 + "1" + "}}}" * 300
    ),
    "5,000 digits": Fault(status=200, body='{"usage": {"prompt_tokens": %s}}' % ("9" * 5000)),
    "an event that is none": Fault(status=200, body="data: {\n\ndata: [DONE]\n\n"),
    "events without an end": Fault(status=200, body="data: {}\n\n" * 9),
}
ERRORS = {
    "a chunk that is none": Fault(raw=HEAD + b"transfer-encoding: chunked\r\n\r\nzzz\r\n{}\r\n"),
    "a status of its own": Fault(status=599, body="?"),
    "a long refusal": Fault(status=400, body='{"error": {"code": "%s"}}' % ("x" * 100_000)),
    "a refusal without an end": Fault(raw=b"HTTP/1.1 500 Oops\r\n\r\n" + b"x" * 9_000_000),
    "a refusal in pieces": Fault(raw=b"HTTP/1.1 503 Oops\r\ncontent-length: 99\r\n\r\nbusy"),
    "a packed refusal": Fault(status=500, body=BOMB, headers=PACKED),
    "titles": Fault(status=502, body="<title>" * 50_000),
    "a wait of 5,000 digits": Fault("rate_limited", {"retry-after": "9" * 5000}),
    "a wait until a year of 20 digits": Fault(
        "rate_limited", {"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}
    ),
    "limits of 5,000 digits": Fault("unavailable", {"x-ratelimit-remaining": "9" * 5000}),
    "a header of 100,000 characters": Fault("unavailable", {"x-request-id": "i" * 100_000}),
    "10,000 headers": Fault("unavailable", {f"x-{number}": "1" for number in range(10_000)}),
    "a line of 100,000 characters": Fault(raw=b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n"),
    "a status that is none": Fault(raw=b"HTTP/1.1 999999999999 No\r\n\r\n"),
    "lines without an end": Fault(raw=b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 100_000),
}
pytestmark = pytest.mark.parametrize("vendor", VENDORS)


@pytest.mark.parametrize("kind", DEAD)
def test_a_body_that_is_no_answer_is_a_dead_answer(vendor: str, kind: str) -> None:
    with VendorServer(faults={0: DEAD[kind]}) as server:
        dead, alive = ask(model_at(server, vendor), [request(), request()])
    assert isinstance(dead, UnavailableError), dead
    assert isinstance(dead, DeadAnswer) or "200 with an error inside" in dead.message
    assert len(dead.message) < 1000
    assert isinstance(alive, Reply), alive


@pytest.mark.parametrize("kind", ERRORS)
def test_a_failure_of_any_kind_fails_one_request(vendor: str, kind: str) -> None:
    with VendorServer(faults={0: ERRORS[kind]}) as server:
        failure, alive = ask(model_at(server, vendor), [request(), request()])
    assert isinstance(failure, ProviderError), failure
    assert len(failure.message) < 1000
    assert len(failure.request_id or "") <= 200
    assert isinstance(alive, Reply), alive


@pytest.mark.parametrize("form", ["gzip", "x-gzip", "deflate", "raw deflate", "gzip in two parts"])
def test_a_packed_answer_is_unpacked(vendor: str, form: str) -> None:
    (wire,) = [wire for wire in VENDOR_WIRES if wire.name == vendor]
    body = json.dumps(wire.write(WireAnswer("gpt-4", "male", "stop", 7, 3, 0))).encode()
    encoding, packed = {
        "gzip": ("gzip", gzip.compress(body)),
        "x-gzip": ("x-gzip", gzip.compress(body)),
        "deflate": ("deflate", zlib.compress(body)),
        "raw deflate": ("deflate", zlib.compress(body, wbits=-15)),
        "gzip in two parts": ("gzip", gzip.compress(body[:20]) + gzip.compress(body[20:])),
    }[form]
    fault = Fault(status=200, body=packed, headers={"content-encoding": encoding})
    with VendorServer(faults={0: fault}) as server:
        reply = answer_of(model_at(server, vendor))
    assert (reply.text, reply.input_tokens, reply.output_tokens) == ("male", 7, 3)


def test_neither_key_nor_text_follows_a_redirect_to_another_address(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    with VendorServer() as other:
        target = f"{other.base_url(vendor)}/elsewhere?{{authorization}}"
        faults = [Fault("redirect", {"location": target})]
        with VendorServer(faults=faults) as server:
            error = failure_of(model_at(server, vendor, api_key_env="MY_KEY"))
    assert isinstance(error, UnknownModelError)
    origin = f"http://127.0.0.1:{other.port}"
    assert f"redirects to {origin}; neither key nor text was sent there" in error.message
    assert "set `base_url` under model 'm'" in error.hint
    assert other.calls == []
    assert KEY[:8] not in error.message + error.hint


def test_a_redirect_within_the_address_is_followed(vendor: str) -> None:
    paths = {"anthropic": "/moved/v1/messages", "google": "/moved/v1beta/models/m:generateContent"}
    path = paths.get(vendor, "/moved/v1/chat/completions")
    with VendorServer(faults={0: Fault("redirect", {"location": path})}) as server:
        reply = answer_of(model_at(server, vendor))
    assert reply.finish == "stop"
    assert server.calls[0].prompt == server.calls[1].prompt
    assert server.calls[1].path.startswith("/moved/")


def test_redirects_that_go_round_are_given_up(vendor: str) -> None:
    with VendorServer(faults=lambda call: Fault("redirect", {"location": call.path})) as server:
        error = failure_of(model_at(server, vendor))
    assert isinstance(error, ProviderError)
    assert len(server.calls) <= 5


def test_what_a_variable_puts_into_an_sdk_does_not_travel_to_another_address(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in (
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "OPENAI_ADMIN_KEY",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "GEMINI_API_KEY",
        "HF_TOKEN",
    ):
        monkeypatch.setenv(variable, f"secret-of-{variable}")
    for variable in ("OPENAI_CUSTOM_HEADERS", "ANTHROPIC_CUSTOM_HEADERS"):
        monkeypatch.setenv(variable, f"x-private: secret-of-{variable}")
    with VendorServer() as server:
        answer_of(model_at(server, vendor))
    sent = dict(server.calls[0].headers)
    assert not any("secret-of" in value for value in sent.values())
    assert "x-private" not in sent


def test_no_piece_of_an_echoed_key_shows(vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    echo = "you sent {authorization}"
    faults = [
        Fault(status=401, body=echo),
        Fault(status=500, body="x" * 380 + echo),
        Fault(status=200, body=echo),
        Fault("unavailable", {"x-request-id": "{authorization}", "request-id": "{authorization}"}),
        Fault(raw=f"HTTP/1.1 500 {KEY}\r\n\r\n{KEY}".encode()),
        Fault(raw=KEY.encode()),
    ]
    with VendorServer(answer=lambda call: KEY[:20], faults=faults) as server:
        model = model_at(server, vendor, api_key_env="MY_KEY")
        outcomes = ask(model, [request() for _ in (*faults, None)])
    pieces = [KEY[start : start + 8] for start in range(len(KEY) - 7)]
    for outcome, piece in itertools.product(outcomes[:-1], pieces):
        assert piece not in f"{outcome!r} {outcome} {vars(outcome)}"
