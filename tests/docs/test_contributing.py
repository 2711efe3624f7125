"""The provider that CONTRIBUTING shows is installed as it says there, and asked over HTTP."""

from __future__ import annotations

import json
import re
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bad_inputs import CONFIG, PRODUCTS
from documents import ROOT, blocks

from attrx.cli.app import run

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
KEY = "acme-0123456789"


class Acme(BaseHTTPRequestHandler):
    """A vendor that says `{"gender": "male", "brand": "Acme"}` to everything."""

    asked: list[dict[str, Any]]

    def do_POST(self) -> None:
        size = int(self.headers["content-length"])
        self.asked.append(
            json.loads(self.rfile.read(size))
            | {"key": self.headers["x-acme-key"], "path": self.path}
        )
        answer = {"text": json.dumps({"gender": "male", "brand": "Acme"}), "read": 70, "written": 9}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def acme() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The vendor's address, and what it was asked."""

    class Handler(Acme):
        asked: list[dict[str, Any]] = []  # noqa: RUF012

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", Handler.asked
        server.shutdown()
        thread.join()


def install(folder: Path) -> None:
    """What `pip install` leaves of the package that CONTRIBUTING shows."""
    [code] = blocks(CONTRIBUTING, "python")
    [project] = blocks(CONTRIBUTING, "toml")
    [(name, target)] = tomllib.loads(project.text)["project"]["entry-points"][
        "attrx.providers"
    ].items()
    (folder / f"{target.split(':')[0]}.py").write_text(code.text)
    information = folder / "acme_attrx-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-attrx\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(f"[attrx.providers]\n{name} = {target}\n")


def test_the_provider_shown_works_as_a_package_of_its_own(
    tmp_path: Path,
    acme: tuple[str, list[dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address, asked = acme
    (tmp_path / "site").mkdir()
    install(tmp_path / "site")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("ACME_API_KEY", KEY)
    model = f"  - {{name: acme, provider: acme, model: a-1, base_url: '{address}', api_key_env: ACME_API_KEY}}\n"
    (tmp_path / "attrx.yaml").write_text(CONFIG[: CONFIG.index("  - name: one")] + model)
    (tmp_path / "products.csv").write_text(PRODUCTS)
    monkeypatch.chdir(tmp_path)
    assert run(["run", "products.csv"]) == 0
    printed = capsys.readouterr()
    assert [request["key"] for request in asked] == [KEY, KEY]
    assert {(request["path"], request["model"]) for request in asked} == {("/generate", "a-1")}
    assert "158" in printed.out  # tokens: 2 x (70 + 9)
    assert KEY not in printed.out + printed.err
    assert '"p1","brand","Acme"' in Path("out/values.csv").read_text()


def test_every_file_named_is_there() -> None:
    named = re.findall(r"`([\w.]+/[\w./]+)`", CONTRIBUTING.read_text())
    assert len(named) > 20
    for path in named:
        assert (ROOT / path).exists(), path
