"""A hub on this machine, as far as `snapshot_download` needs one: commits, files, gates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
REPO = "maker/llama"


@dataclass
class Hub:
    """One model, at one commit.

    Attributes:
        folder: Its files.
        gated: Whether only `token` opens it.
        token: The token of an account that has accepted the licence.
        asked: Path and Authorization header of every request.
        url: Where the hub is.
    """

    folder: Path
    gated: bool = False
    token: str = "hf_accepted0123456789"
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""

    def files(self) -> list[dict[str, Any]]:
        """What the hub says of the repository's files."""
        return [
            {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": _etag(path)}
            for path in sorted(self.folder.iterdir())
        ]


@contextmanager
def open_hub(folder: Path, *, gated: bool = False) -> Iterator[Hub]:
    """Serve the model in this folder as maker/llama until the block ends."""
    hub = Hub(folder, gated)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            authorization = self.headers.get("authorization")
            hub.asked.append((path, authorization))
            status, headers, content = _response(hub, path, authorization)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(content)

    return Handler


def _response(hub: Hub, path: str, authorization: str | None) -> tuple[int, dict[str, str], bytes]:
    api, files = f"/api/models/{REPO}", f"/{REPO}/resolve/"
    if not path.startswith((api, files)):
        return (
            404,
            {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"},
            b"{}",
        )
    if hub.gated and authorization != f"Bearer {hub.token}":
        return (
            403,
            {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Access to {REPO} is restricted"},
            b"{}",
        )
    revision = (
        path.removeprefix(files).split("/")[0]
        if path.startswith(files)
        else path.rsplit("/", maxsplit=1)[-1]
    )
    if revision not in (COMMIT, "main"):
        return 404, {"X-Error-Code": "RevisionNotFound", "X-Error-Message": "Invalid rev id"}, b"{}"
    headers = {"X-Repo-Commit": COMMIT, "Content-Type": "application/json"}
    if "/tree/" in path:
        return 200, headers, json.dumps(hub.files()).encode()
    if path.startswith(api):
        siblings = [{"rfilename": file["path"]} for file in hub.files()]
        return 200, headers, json.dumps({"id": REPO, "sha": COMMIT, "siblings": siblings}).encode()
    file = hub.folder / path.rsplit("/", maxsplit=1)[-1]
    return 200, {**headers, "ETag": f'"{_etag(file)}"'}, file.read_bytes()


def _etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()
