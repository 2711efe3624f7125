"""The batch APIs of OpenAI and Anthropic.

https://platform.openai.com/docs/api-reference/batch,
https://docs.anthropic.com/en/api/creating-message-batches
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.parser import BytesParser

import orjson

from .batch_services import (
    BatchService,
    Json,
    Response,
    ServedBatch,
    Settle,
    as_response,
    not_there,
)
from .http_server import HttpRequest

_PAGE_LENGTH = 20


class OpenAIBatchService(BatchService):
    """/v1/files and /v1/batches."""

    vendor = "openai"
    route = re.compile(r"/v1/(files|batches)(?:/([\w-]+))?(/content)?(?:\?(.*))?$")

    def __init__(self, settle: Settle, batch_s: float) -> None:
        super().__init__(settle, batch_s)
        self._files: dict[str, bytes] = {}

    def serve(self, request: HttpRequest, route: re.Match[str]) -> Response:
        """Answer a request for files or batches."""
        kind, name, _, query = route.groups()
        if kind == "files":
            return self._upload(request) if request.method == "POST" else self._content(name)
        if request.method == "POST":
            return self._create(orjson.loads(request.body))
        if not name:
            return as_response(_page(self.batches.values(), self._describe, "after", query))
        if name not in self.batches:
            return not_there("batch")
        return as_response(self._describe(self.batches[name]))

    def _upload(self, request: HttpRequest) -> Response:
        parts = _form_parts(request)
        name = f"file-{len(self._files):04d}"
        self._files[name] = parts["file"]
        file = {
            "id": name,
            "object": "file",
            "bytes": len(parts["file"]),
            "purpose": parts["purpose"].decode(),
            "created_at": int(time.time()),
            "filename": "batch.jsonl",
            "status": "processed",
        }
        return as_response(file)

    def _content(self, name: str) -> Response:
        return (200, self._files[name]) if name in self._files else not_there("File object")

    def _create(self, body: Json) -> Response:
        file = self._files[body["input_file_id"]]
        lines = [orjson.loads(line) for line in file.splitlines()]
        batch = self.create(f"batch_{len(self.batches):04d}")
        batch.metadata = body.get("metadata") or {}
        batch.input_file = body["input_file_id"]
        ids = {line["custom_id"] for line in lines}
        if len(lines) > len(ids):
            batch.failure = "The custom_id for this request is a duplicate of another request."
        else:
            for line in lines:
                self.settle(batch, line["custom_id"], line["body"])
        self._write_files(batch)
        return as_response(self._describe(batch))

    def _write_files(self, batch: ServedBatch) -> None:
        """The files of what was answered and of what was not."""
        output: list[bytes] = []
        errors: list[bytes] = []
        for custom_id, response in batch.responses.items():
            line = _openai_result(batch.id, custom_id, response)
            status = response[0]
            if status == 200:
                output.append(line)
            else:
                errors.append(line)
        self._write_file(f"{batch.id}-output", output)
        self._write_file(f"{batch.id}-errors", errors)

    def _write_file(self, name: str, lines: list[bytes]) -> None:
        """A file of these lines, in no particular order; none where there is no line."""
        if lines:
            self._files[name] = b"".join(reversed(lines))

    def _describe(self, batch: ServedBatch) -> Json:
        status = "completed" if batch.is_over else "in_progress"
        if batch.failure:
            status = "failed"
        is_complete = status == "completed"
        output = f"{batch.id}-output"
        errors = f"{batch.id}-errors"
        failures = {"object": "list", "data": [{"message": batch.failure}]}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "input_file_id": batch.input_file,
            "created_at": int(batch.created_s),
            "metadata": batch.metadata,
            "status": status,
            "errors": failures if batch.failure else None,
            "output_file_id": output if is_complete and output in self._files else None,
            "error_file_id": errors if is_complete and errors in self._files else None,
            "request_counts": {
                "total": len(batch.responses),
                "completed": batch.count(lambda status: status == 200) if is_complete else 0,
                "failed": batch.count(lambda status: status != 200) if is_complete else 0,
            },
        }


def _openai_result(batch_id: str, custom_id: str, response: Response) -> bytes:
    """One line of a file of results."""
    status, body = response
    line: Json = {
        "id": f"batch_req_{custom_id}",
        "custom_id": custom_id,
        "response": None,
        "error": None,
    }
    if status:
        line["response"] = {
            "status_code": status,
            "request_id": f"req_{batch_id}_{custom_id}",
            "body": orjson.loads(body),
        }
    else:
        message = "This request could not be executed before the completion window expired."
        line["error"] = {"code": "batch_expired", "message": message}
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


class AnthropicBatchService(BatchService):
    """/v1/messages/batches."""

    vendor = "anthropic"
    route = re.compile(r"/v1/messages/batches(?:/([\w-]+))?(/results)?(?:\?(.*))?$")

    def serve(self, request: HttpRequest, route: re.Match[str]) -> Response:
        """Answer a request for batches."""
        name, results, query = route.groups()
        if request.method == "POST":
            return self._create(orjson.loads(request.body)["requests"])
        if not name:
            return as_response(_page(self.batches.values(), _anthropic_batch, "after_id", query))
        if name not in self.batches:
            return not_there("batch")
        batch = self.batches[name]
        if not results:
            return as_response(_anthropic_batch(batch))
        return (200, _anthropic_results(batch)) if batch.is_over else not_there("results")

    def _create(self, requests: list[Json]) -> Response:
        batch = self.create(f"msgbatch_{len(self.batches):04d}")
        for request in requests:
            self.settle(batch, request["custom_id"], request["params"])
        return as_response(_anthropic_batch(batch))


def _anthropic_results(batch: ServedBatch) -> bytes:
    lines = []
    for custom_id, (status, body) in batch.responses.items():
        result: Json = {"type": "expired"}
        if status == 200:
            result = {"type": "succeeded", "message": orjson.loads(body)}
        elif status:
            result = {"type": "errored", "error": orjson.loads(body)}
        line = {"custom_id": custom_id, "result": result}
        lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
    return b"".join(reversed(lines))  # in no particular order


def _anthropic_batch(batch: ServedBatch) -> Json:
    """How a batch is described."""
    counts = {"processing": len(batch.responses), "succeeded": 0, "errored": 0, "expired": 0}
    ends_at = None
    results_url = None
    if batch.is_over:
        counts = {
            "processing": 0,
            "succeeded": batch.count(lambda status: status == 200),
            "errored": batch.count(lambda status: status not in (0, 200)),
            "expired": batch.count(lambda status: status == 0),
        }
        ends_at = datetime.fromtimestamp(batch.ends_s, UTC).isoformat()
        results_url = f"https://api.anthropic.com/v1/messages/batches/{batch.id}/results"
    return {
        "id": batch.id,
        "type": "message_batch",
        "processing_status": "ended" if batch.is_over else "in_progress",
        "request_counts": {**counts, "canceled": 0},
        "created_at": datetime.fromtimestamp(batch.created_s, UTC).isoformat(),
        "ended_at": ends_at,
        "results_url": results_url,
    }


VENDOR_BATCHES: tuple[type[BatchService], ...] = (OpenAIBatchService, AnthropicBatchService)


def _page(
    batches: Iterable[ServedBatch],
    describe: Callable[[ServedBatch], Json],
    cursor: str,
    query: str | None,
) -> Json:
    """One page of a list, newest first."""
    newest_first = list(batches)[::-1]
    ids = [batch.id for batch in newest_first]
    after = re.search(rf"(?:^|&){cursor}=([\w-]+)", query or "")
    start = ids.index(after[1]) + 1 if after and after[1] in ids else 0
    end = start + _PAGE_LENGTH
    page = [describe(batch) for batch in newest_first[start:end]]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": len(newest_first) > end,
    }


def _form_parts(request: HttpRequest) -> dict[str, bytes]:
    """The parts of a multipart form by name."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + request.body)
    parts = {}
    for part in message.walk():
        content = part.get_payload(decode=True)
        if not part.is_multipart() and isinstance(content, bytes):
            name = part.get_param("name", header="content-disposition")
            parts[str(name)] = content
    return parts
