"""A key that a server sends back shows nowhere: on no terminal, in no cache, in no output."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
import string
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from attrx.cli.app import run
from attrx.testing import Call, Fault, VendorServer
from attrx.testing.vendor_wires import VENDOR_WIRES
from attrx.testing.wire_formats import WireAnswer

KEY = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=40))
ENCODED = base64.b64encode(f"user:{KEY}".encode()).decode()
# As they are compared; what stands before and behind a key in Base64 is no part of it.
PIECES = {KEY[start : start + 8].lower() for start in range(len(KEY) - 7)}
PIECES |= {ENCODED[start : start + 12].lower() for start in range(8, len(ENCODED) - 16)}
FORMS = (
    KEY,
    KEY.upper(),
    f"...{KEY[-12:]}",
    f"{KEY[:20]}\n{KEY[20:]}",
    f"Basic {ENCODED}",
    json.dumps({"authorization": f"Bearer {KEY}"}),
)
PRODUCTS = 4 * len(FORMS)
CONFIG = """\
version: 1
input: {id: id, text: [title]}
attributes: {gender: {values: [male, female]}, maker: {open: true}}
models:
  - {name: echo, provider: VENDOR, model: m, base_url: "ADDRESS", api_key_env: MY_KEY}
  - {name: calm, provider: mock, options: {always: male}}
"""


def echoes(vendor: str) -> Iterator[Fault]:
    """Answers and failures that have the key in all their parts, in each of its forms."""
    (wire,) = [wire for wire in VENDOR_WIRES if wire.name == vendor]
    for form in FORMS:
        headers = {wire.request_id_header: form.replace("\n", " "), "x-ratelimit-reset": KEY}
        raw = json.dumps({"gender": "male", "maker": form})
        body = wire.write(WireAnswer(form, raw, "stop", 7, 3, 0))
        yield Fault(status=200, headers=headers, body=json.dumps(body))
        yield Fault(status=400, headers=headers, body=json.dumps({"error": {"message": form}}))
        yield Fault(status=200, headers=headers, body="x" * 380 + form)
        yield Fault(
            status=200, headers=headers, body=json.dumps({"error": {"code": 400, "x": form}})
        )


def texts_below(folder: Path) -> Iterator[str]:
    """All that is in files: as bytes, and as columns of tables."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        yield path.read_bytes().decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield str(pq.read_table(path).to_pylist())
        if path.suffix == ".sqlite":
            yield from sqlite3.connect(path).iterdump()


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "huggingface"])
def test_no_eight_characters_of_a_key_show_anywhere(
    vendor: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    caplog.set_level("DEBUG")
    titles = "".join(f"p{number},Shirt {number}\n" for number in range(PRODUCTS))
    Path("products.csv").write_text(f"id,title\n{titles}")
    faults = list(echoes(vendor))

    def echo(call: Call) -> Fault:
        return faults[call.number % len(faults)]

    with VendorServer(faults=echo) as server:
        address = server.base_url(vendor)
        Path("attrx.yaml").write_text(CONFIG.replace("VENDOR", vendor).replace("ADDRESS", address))
        assert run(["run", "products.csv", "--log-format", "json"]) in (0, 3)
        run(["status"])
        run(["report"])
    assert len(server.calls) > len(FORMS)
    printed = capfd.readouterr()
    places = [printed.out, printed.err, caplog.text, *texts_below(tmp_path)]
    shown = set()
    for text in places:
        squeezed = "".join(text.lower().replace("\\n", "").split())
        shown |= {piece for piece in PIECES if piece in squeezed}
    assert shown == set()
    assert any("[key]" in text for text in places)
