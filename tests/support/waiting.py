"""Waiting for other processes by what they do, not by the clock."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from typing import Any


def wait_until(happens: Callable[[], object], process: subprocess.Popen[Any]) -> None:
    """Wait until something is so, as long as the process that makes it so is alive."""
    while not happens():
        assert process.poll() is None, "the process ended before"
        time.sleep(0.01)
