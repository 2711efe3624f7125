"""Hundreds of runs of `attrx`, each in a process of its own that starts at once.

A server process imports attrx once, and forks for each run: a run costs what it does, and not the
second that its imports take. A run may be killed at any operation on files (`crash_at`), may have
limits of the operating system, and constants of attrx may be set for it.

`python forked_runs.py` is that server: it takes a job as a line of JSON, and answers with one.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import crash_points

MOST_SECONDS = 300
"""A run that takes longer is ended, and counts as hanging."""
_WITHOUT = ("attrx.tests", "attrx.benchmarks", "attrx.examples", "attrx.build", "attrx.demo")
_NEEDS_TORCH = "attrx.providers.local."


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        code: Its exit code; minus a signal's number where that ended it.
        printed: What it wrote to stdout and stderr.
        operations: How many operations on files it did.
        peak_mb: The most memory that it had, in megabytes; what it imports is a quarter of a
            gigabyte.
    """

    code: int
    printed: str
    operations: int
    peak_mb: float = 0.0

    @property
    def was_killed(self) -> bool:
        """Whether it was killed at the operation that it was to be killed at."""
        return self.code == -signal.SIGKILL

    @property
    def hung(self) -> bool:
        """Whether it had to be ended."""
        return self.code == -signal.SIGALRM

    @property
    def broke(self) -> bool:
        """Whether it ended as no run may, whatever happens to it."""
        return self.hung or "Traceback" in self.printed


class ForkedRuns:
    """The server, inside a `with` block."""

    def __enter__(self) -> ForkedRuns:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen([sys.executable, __file__], stdin=pipe, stdout=pipe)
        return self

    def __exit__(self, *exc: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(MOST_SECONDS)

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        crash_at: int | None = None,
        **options: Any,
    ) -> Ended:
        """Run `attrx`.

        Args:
            arguments: What follows `attrx`.
            folder: Where; operations on files below it are counted.
            crash_at: The operation before which it is killed; None lets it end.
            options: `environment` (variables), `limits` (name of a limit of the module resource ->
                value), `constants` ("module:NAME" -> value), `signal` (number of the one that it
                gets at `crash_at`; else SIGKILL) and `stdout` (the path of a device, or
                `closed` for a pipe that nobody reads).
        """
        job = {"arguments": [*arguments], "folder": str(folder), "crash_at": crash_at, **options}
        stdin, stdout = cast(Any, self._process.stdin), cast(Any, self._process.stdout)
        stdin.write(json.dumps(job).encode() + b"\n")
        stdin.flush()
        return Ended(**json.loads(stdout.readline()))


def _import_all() -> None:
    """Import the package, but for what needs torch."""
    package = importlib.import_module("attrx")
    for module in pkgutil.walk_packages(package.__path__, "attrx.", onerror=lambda name: None):
        if not module.name.startswith((*_WITHOUT, _NEEDS_TORCH, "attrx.__main__")):
            importlib.import_module(module.name)
    for sdk in ("openai", "anthropic", "huggingface_hub", "pandas", "pyarrow.parquet", "openpyxl"):
        importlib.import_module(sdk)


def _serve(jobs: Any, replies: Any) -> None:
    for line in jobs:
        job = json.loads(line)
        with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as counted:
            child = os.fork()
            if child == 0:
                _be_the_run(job, printed, counted)
            _, status, usage = os.wait4(child, 0)
            printed.seek(0)
            counted.seek(0)
            ended = {
                "code": os.waitstatus_to_exitcode(status),
                "printed": printed.read().decode(errors="replace"),
                "operations": int(counted.read() or 0),
                "peak_mb": usage.ru_maxrss / 1024,
            }
        replies.write(json.dumps(ended) + "\n")
        replies.flush()


def _be_the_run(job: dict[str, Any], printed: Any, counted: Any) -> None:
    """Run in the child, and leave without what the parent would do at its end."""
    code = 1
    try:
        os.dup2(printed.fileno(), 2)
        os.dup2(_stdout(job.get("stdout"), printed), 1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
        code = _run(job)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os.write(counted.fileno(), str(crash_points.count()).encode())
        os._exit(code)


def _stdout(name: str | None, printed: Any) -> int:
    """Where the run's stdout goes: to what is printed, a device, or a pipe that nobody reads."""
    if name is None:
        return int(printed.fileno())
    if name != "closed":
        return os.open(name, os.O_WRONLY)
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def _run(job: dict[str, Any]) -> int:
    os.chdir(job["folder"])
    os.environ.update(job.get("environment", {}))
    for place, value in job.get("constants", {}).items():
        module_name, name = place.split(":")
        module = importlib.import_module(module_name)
        getattr(module, name)  # a constant that is not there would be set in vain
        setattr(module, name, value)
    for name, value in job.get("limits", {}).items():
        resource.setrlimit(getattr(resource, name), (value, value))
    crash_points.watch(Path(job["folder"]), job["crash_at"], job.get("signal", signal.SIGKILL))
    app = importlib.import_module("attrx.cli.app")
    code: int = app.run(job["arguments"])
    return code


if __name__ == "__main__":
    requests, answers = sys.stdin, os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    _import_all()
    gc.collect()
    gc.freeze()
    _serve(requests, answers)
