"""The example of a provider is installed as a package of its own, and asked: dry, live, and in batches."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bad_inputs import CONFIG, PRODUCTS
from documents import ROOT

from attrx.cli.exit_codes import Code

PACKAGE = ROOT / "examples" / "acme_provider"
KEY = "acme-0123456789"
ANSWER = {
    "text": json.dumps({"gender": "male", "brand": "Acme"}),
    "read": 70,
    "written": 9,
}


class AcmeServer(ThreadingHTTPServer):
    """Acme: what it was asked, and the batches that it has."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), AcmeHandler)
        self.keys: list[str | None] = []
        self.prompts: list[dict[str, Any]] = []
        self.batches: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, body: dict[str, Any]) -> str:
        """The body of a response."""
        if path == "/generate":
            self.prompts.append(body)
            return json.dumps(ANSWER)
        if method == "POST":
            batch = {"id": f"b-{len(self.batches)}", "created_s": time.time(), **body}
            self.batches[batch["id"]] = batch
            return json.dumps({"id": batch["id"]})
        batch = self.batches[path.split("/")[2]]
        if path.endswith("/results"):
            return "\n".join(json.dumps({"id": each["id"], **ANSWER}) for each in batch["requests"])
        total = len(batch["requests"])
        status = {"state": "ended", "total": total, "over": total}
        return json.dumps({"id": batch["id"], "created_s": batch["created_s"], **status})


class AcmeHandler(BaseHTTPRequestHandler):
    """One request to Acme."""

    server: AcmeServer

    def respond(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(size) or b"{}")
        self.server.keys.append(self.headers["x-acme-key"])
        content = self.server.answer(self.command, self.path, body).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = respond  # noqa: N815 - names that http.server calls

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def acme() -> Iterator[AcmeServer]:
    """The vendor."""
    with AcmeServer() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


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
def shop(tmp_path: Path, acme: AcmeServer) -> Path:
    """A config with one model of Acme, and products."""
    address = f"http://127.0.0.1:{acme.server_port}"
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


def test_a_dry_run_needs_no_key(site: Path, shop: Path, acme: AcmeServer) -> None:
    dry = attrx(site, shop, "extract", "products.csv", "--dry-run")
    assert dry.returncode == Code.DONE, dry.stderr
    assert "nothing was sent" in dry.stderr
    assert not acme.keys


def test_a_config_without_a_model_is_refused(site: Path, shop: Path) -> None:
    config = (shop / "attrx.yaml").read_text(encoding="utf-8")
    (shop / "attrx.yaml").write_text(config.replace("model: a-1, ", ""), encoding="utf-8")
    run = attrx(site, shop, "run", "products.csv", key=KEY)
    assert run.returncode == Code.USAGE
    assert "model" in run.stderr


def test_a_run_asks_with_the_key_and_writes_values(
    site: Path, shop: Path, acme: AcmeServer
) -> None:
    run = attrx(site, shop, "run", "products.csv", key=KEY)
    assert run.returncode == Code.DONE, run.stderr
    assert acme.keys == [KEY, KEY]
    assert {prompt["model"] for prompt in acme.prompts} == {"a-1"}
    assert '"p1","brand","Acme"' in (shop / "out" / "values.csv").read_text(encoding="utf-8")
    assert KEY not in run.stdout + run.stderr


def test_a_batch_is_submitted_by_one_call_and_collected_by_the_next(
    site: Path, shop: Path, acme: AcmeServer
) -> None:
    first = attrx(site, shop, "extract", "products.csv", "--batch", key=KEY)
    assert first.returncode == Code.BATCHES_OPEN, first.stderr
    [batch] = acme.batches.values()
    assert [request["model"] for request in batch["requests"]] == ["a-1"]
    second = attrx(site, shop, "extract", "products.csv", "--batch", key=KEY)
    assert second.returncode == Code.DONE, second.stderr
    assert "$0.001" in second.stdout  # .6 x (70 x $10 + 9 x $100) / 1,000,000 = $.00096
    assert len(acme.prompts) == 1
