"""The example of a provider is installed as a package of its own, and asked.

Dry, live, and in batches.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_inputs import CONFIG, PRODUCTS
from documents import ROOT

from attrx.cli.exit_codes import Code
from attrx.testing import (
    BatchService,
    Call,
    HttpRequest,
    VendorServer,
    WireAnswer,
    WireFormat,
    WireRequest,
)

PACKAGE = ROOT / "examples" / "acme_provider"
KEY = "acme-0123456789"


class AcmeWire(WireFormat):
    """One question to Acme."""

    name = "acme"
    key_header = "x-acme-key"

    def serves(self, path: str) -> bool:
        return path == "/generate"

    def read(self, path: str, body: dict[str, Any]) -> WireRequest:
        return WireRequest(body["model"], body["turns"][-1]["content"])

    def write(self, answer: WireAnswer) -> dict[str, Any]:
        return {"text": answer.raw, "read": 70, "written": 9}


class AcmeBatchService(BatchService):
    """The batches of Acme."""

    vendor = "acme"
    route = re.compile(r"/batches(?:/([\w-]+))?(/results)?(?:\?.*)?$")

    def serve(self, request: HttpRequest, route: re.Match[str]) -> tuple[int, bytes]:
        name, results = route.groups()
        if request.method == "POST":
            return self._submit(json.loads(request.body))
        batch = self.batches[name]
        if results:
            lines = [_result(custom_id, body) for custom_id, (_, body) in batch.responses.items()]
            return 200, b"\n".join(lines)
        total = len(batch.responses)
        status = {"state": "ended", "total": total, "over": total}
        return 200, json.dumps({"id": name, "created_s": batch.created_s, **status}).encode()

    def _submit(self, body: dict[str, Any]) -> tuple[int, bytes]:
        batch = self.create(f"b-{len(self.batches)}")
        for request in body["requests"]:
            self.settle(batch, request["id"], request)
        return 200, json.dumps({"id": batch.id}).encode()


def _result(custom_id: str, answer: bytes) -> bytes:
    return json.dumps({"id": custom_id, **json.loads(answer)}).encode()


def male(call: Call) -> str:
    """The same to everything."""
    return json.dumps({"gender": "male", "brand": "Acme"})


@pytest.fixture
def acme() -> Iterator[VendorServer]:
    """The vendor."""
    with VendorServer(male, wires=(AcmeWire(),), batch_services=(AcmeBatchService,)) as server:
        yield server


pytestmark = pytest.mark.xdist_group("acme")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed, by pip and without a network."""
    folder = tmp_path_factory.mktemp("acme")
    source = shutil.copytree(PACKAGE, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    options = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder / "site")]
    subprocess.run([*pip, *options, str(source)], check=True, capture_output=True)
    return folder / "site"


@pytest.fixture
def shop(tmp_path: Path, acme: VendorServer) -> Path:
    """A config with one model of Acme, and products."""
    address = acme.base_url("acme")
    model = f"provider: acme, model: a-1, base_url: '{address}', api_key_env: ACME_API_KEY"
    prices = "prices: {input: 10, output: 100}"
    config = CONFIG[: CONFIG.index("  - name: one")] + f"  - {{name: acme, {model}, {prices}}}\n"
    (tmp_path / "attrx.yaml").write_text(config, encoding="utf-8")
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    return tmp_path


def attrx(
    site: Path, shop: Path, *arguments: str, key: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a command as a user with the package installed does."""
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(
        [sys.executable, "-m", "attrx", *arguments],
        cwd=shop,
        env=variables | ({"ACME_API_KEY": key} if key else {}),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_a_dry_run_needs_no_key(site: Path, shop: Path, acme: VendorServer) -> None:
    dry = attrx(site, shop, "extract", "products.csv", "--dry-run")
    assert dry.returncode == Code.SUCCESS, dry.stderr
    assert "nothing was sent" in dry.stderr
    assert not acme.calls


def test_a_config_without_a_model_is_refused(site: Path, shop: Path) -> None:
    config = (shop / "attrx.yaml").read_text(encoding="utf-8")
    (shop / "attrx.yaml").write_text(config.replace("model: a-1, ", ""), encoding="utf-8")
    run = attrx(site, shop, "run", "products.csv", key=KEY)
    assert run.returncode == Code.USAGE
    message = "models[0]: the key 'model' is missing: which of acme's models to ask"
    assert f"attrx.yaml:13: {message}" in run.stderr


def test_a_run_asks_with_the_key_and_writes_values(
    site: Path, shop: Path, acme: VendorServer
) -> None:
    run = attrx(site, shop, "run", "products.csv", key=KEY)
    assert run.returncode == Code.SUCCESS, run.stderr
    assert [call.headers["x-acme-key"] for call in acme.calls] == [KEY, KEY]
    assert {(call.path, call.model) for call in acme.calls} == {("/generate", "a-1")}
    assert '"p1","brand","Acme"' in (shop / "out" / "values.csv").read_text(encoding="utf-8")
    assert KEY not in run.stdout + run.stderr


def test_a_batch_is_submitted_by_one_call_and_collected_by_the_next(
    site: Path, shop: Path, acme: VendorServer
) -> None:
    first = attrx(site, shop, "extract", "products.csv", "--batch", key=KEY)
    assert first.returncode == Code.BATCHES_OPEN, first.stderr
    assert [call.model for call in acme.calls if call.batch] == ["a-1"]
    second = attrx(site, shop, "extract", "products.csv", "--batch", key=KEY)
    assert second.returncode == Code.SUCCESS, second.stderr
    assert "$0.001" in second.stdout  # .6 x (70 x $10 + 9 x $100) / 1,000,000 = $.00096
    assert len([call for call in acme.calls if call.path == "/generate"]) == 1
