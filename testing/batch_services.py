"""The batch APIs of OpenAI and Anthropic: many requests taken at once, and answered after a while.

https://platform.openai.com/docs/api-reference/batch,
https://docs.anthropic.com/en/api/creating-message-batches
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from typing import Any, Protocol

import orjson

from .http_server import HttpRequest

Json = dict[str, Any]
Response = tuple[int, bytes]
# A request of a batch, by vendor, batch, custom id and body -> status and body of its answer;
# status 0: it expires.
Settle = Callable[[str, str, str, Json], Response]

PAGE = 20


@dataclass(slots=True)
class ServedBatch:
    """A batch: its requests by custom id, and how each was settled."""

    id: str
    created_s: float
    ends_s: float
    settled: dict[str, Response]
    metadata: Json = field(default_factory=dict)
    input_file: str = ""
    failure: str = ""

    @property
    def ended(self) -> bool:
        return time.time() >= self.ends_s

    def count(self, status: Callable[[int], bool]) -> int:
        return sum(status(settled) for settled, _ in self.settled.values())


def dumped(body: Any) -> Response:
    return 200, orjson.dumps(body)


def not_found(what: str) -> Response:
    return 404, orjson.dumps(
        {"error": {"message": f"No such {what}", "type": "invalid_request_error", "code": None}}
    )


class BatchService(Protocol):
    """One vendor's batch API."""

    vendor: str
    route: re.Pattern[str]

    def serve(self, request: HttpRequest, found: re.Match[str]) -> Response: ...


class OpenAIBatchService:
    """/v1/files and /v1/batches."""

    vendor = "openai"
    route = re.compile(r"/v1/(files|batches)(?:/([\w-]+))?(/content)?(?:\?(.*))?$")

    def __init__(self, settle: Settle, batch_s: float) -> None:
        self._settle, self._batch_s = settle, batch_s
        self._files: dict[str, bytes] = {}
        self._batches: dict[str, ServedBatch] = {}

    def serve(self, request: HttpRequest, found: re.Match[str]) -> Response:
        kind, name, _, query = found.groups()
        if kind == "files":
            return self._upload(request) if request.method == "POST" else self._content(name)
        if request.method == "POST":
            return self._create(orjson.loads(request.body))
        if name:
            return (
                dumped(self._shown(self._batches[name]))
                if name in self._batches
                else not_found("batch")
            )
        return dumped(page(list(self._batches.values()), self._shown, "after", query))

    def _upload(self, request: HttpRequest) -> Response:
        parts = form_parts(request)
        name = f"file-{len(self._files):04d}"
        self._files[name] = parts["file"]
        shown = {
            "id": name,
            "object": "file",
            "bytes": len(parts["file"]),
            "purpose": parts["purpose"].decode(),
        }
        return dumped(
            {
                **shown,
                "created_at": int(time.time()),
                "filename": "batch.jsonl",
                "status": "processed",
            }
        )

    def _content(self, name: str) -> Response:
        return (200, self._files[name]) if name in self._files else not_found("File object")

    def _create(self, asked: Json) -> Response:
        lines = [orjson.loads(line) for line in self._files[asked["input_file_id"]].splitlines()]
        made = ServedBatch(
            f"batch_{len(self._batches):04d}", time.time(), time.time() + self._batch_s, {}
        )
        made.metadata, made.input_file = asked.get("metadata") or {}, asked["input_file_id"]
        ids = [line["custom_id"] for line in lines]
        if len(ids) > len(set(ids)):
            made.failure = "The custom_id for this request is a duplicate of another request."
        else:
            for line in lines:
                settled = self._settle("openai", made.id, line["custom_id"], line["body"])
                made.settled[line["custom_id"]] = settled
        self._batches[made.id] = made
        self._write(made)
        return dumped(self._shown(made))

    def _write(self, batch: ServedBatch) -> None:
        """The files of what was answered and of what was not."""
        answered: list[bytes] = []
        failed: list[bytes] = []
        for number, (custom_id, (status, body)) in enumerate(batch.settled.items()):
            line: Json = {
                "id": f"batch_req_{number}",
                "custom_id": custom_id,
                "response": None,
                "error": None,
            }
            if status:
                answer = {
                    "status_code": status,
                    "request_id": f"req_{batch.id}_{number}",
                    "body": orjson.loads(body),
                }
                line["response"] = answer
            else:
                message = "This request could not be executed before the completion window expired."
                line["error"] = {"code": "batch_expired", "message": message}
            (answered if status == 200 else failed).append(orjson.dumps(line) + b"\n")
        for name, lines in ((f"{batch.id}-output", answered), (f"{batch.id}-errors", failed)):
            if lines:
                self._files[name] = b"".join(reversed(lines))  # in no particular order

    def _shown(self, batch: ServedBatch) -> Json:
        status = "failed" if batch.failure else "completed" if batch.ended else "in_progress"
        done = status == "completed"
        output, errors = f"{batch.id}-output", f"{batch.id}-errors"
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "input_file_id": batch.input_file,
            "created_at": int(batch.created_s),
            "metadata": batch.metadata,
            "status": status,
            "errors": {"object": "list", "data": [{"message": batch.failure}]}
            if batch.failure
            else None,
            "output_file_id": output if done and output in self._files else None,
            "error_file_id": errors if done and errors in self._files else None,
            "request_counts": {
                "total": len(batch.settled),
                "completed": batch.count(lambda status: status == 200) if done else 0,
                "failed": batch.count(lambda status: status != 200) if done else 0,
            },
        }


class AnthropicBatchService:
    """/v1/messages/batches."""

    vendor = "anthropic"
    route = re.compile(r"/v1/messages/batches(?:/([\w-]+))?(/results)?(?:\?(.*))?$")

    def __init__(self, settle: Settle, batch_s: float) -> None:
        self._settle, self._batch_s = settle, batch_s
        self._batches: dict[str, ServedBatch] = {}

    def serve(self, request: HttpRequest, found: re.Match[str]) -> Response:
        name, results, query = found.groups()
        if request.method == "POST":
            return self._create(orjson.loads(request.body)["requests"])
        if not name:
            return dumped(page(list(self._batches.values()), self._shown, "after_id", query))
        if name not in self._batches:
            return not_found("batch")
        batch = self._batches[name]
        if not results:
            return dumped(self._shown(batch))
        return (200, self._results(batch)) if batch.ended else not_found("results")

    def _create(self, requests: list[Json]) -> Response:
        made = ServedBatch(
            f"msgbatch_{len(self._batches):04d}", time.time(), time.time() + self._batch_s, {}
        )
        for request in requests:
            settled = self._settle("anthropic", made.id, request["custom_id"], request["params"])
            made.settled[request["custom_id"]] = settled
        self._batches[made.id] = made
        return dumped(self._shown(made))

    def _results(self, batch: ServedBatch) -> bytes:
        lines = []
        for custom_id, (status, body) in batch.settled.items():
            result: Json = {"type": "expired"}
            if status == 200:
                result = {"type": "succeeded", "message": orjson.loads(body)}
            elif status:
                result = {"type": "errored", "error": orjson.loads(body)}
            lines.append(orjson.dumps({"custom_id": custom_id, "result": result}) + b"\n")
        return b"".join(reversed(lines))  # in no particular order

    def _shown(self, batch: ServedBatch) -> Json:
        ended = batch.ended
        counts = {
            "processing": 0 if ended else len(batch.settled),
            "succeeded": batch.count(lambda status: status == 200) if ended else 0,
            "errored": batch.count(lambda status: status not in (0, 200)) if ended else 0,
            "canceled": 0,
            "expired": batch.count(lambda status: status == 0) if ended else 0,
        }
        return {
            "id": batch.id,
            "type": "message_batch",
            "processing_status": "ended" if ended else "in_progress",
            "request_counts": counts,
            "created_at": datetime.fromtimestamp(batch.created_s, UTC).isoformat(),
            "ended_at": datetime.fromtimestamp(batch.ends_s, UTC).isoformat() if ended else None,
            "results_url": f"https://api.anthropic.com/v1/messages/batches/{batch.id}/results"
            if ended
            else None,
        }


def page(
    batches: list[ServedBatch], show: Callable[[ServedBatch], Json], cursor: str, query: str | None
) -> Json:
    """One page of a list, newest first."""
    after = re.search(rf"(?:^|&){cursor}=([\w-]+)", query or "")
    newest = batches[::-1]
    start = next((n + 1 for n, batch in enumerate(newest) if after and batch.id == after[1]), 0)
    shown = [show(batch) for batch in newest[start : start + PAGE]]
    ends = (
        {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]}
        if shown
        else {"first_id": None, "last_id": None}
    )
    return {"object": "list", "data": shown, **ends, "has_more": len(newest) > start + PAGE}


def form_parts(request: HttpRequest) -> dict[str, bytes]:
    """The parts of a multipart form by name."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    parts = {}
    for part in message.walk():
        if part.is_multipart():
            continue
        name, payload = (
            part.get_param("name", header="content-disposition"),
            part.get_payload(decode=True),
        )
        assert isinstance(payload, bytes)
        parts[str(name)] = payload
    return parts
