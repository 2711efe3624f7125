"""Logs and tracebacks without keys: the SDKs log what servers send, headers and all, when asked to.

`OPENAI_LOG=debug` and the like make them do so; a user's own handlers may go to any file.
"""

from __future__ import annotations

import functools
import logging
import sys
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from ...configs.redaction import SECRETS

Factory = Callable[..., logging.LogRecord]
# Of those that log what comes over the wire.
_LOGGERS = ("openai", "anthropic", "huggingface_hub", "httpx", "httpcore", "aiohttp", "asyncio")


@functools.cache
def keep_keys_out() -> None:
    """From now on no such log, and no traceback that ends the process, shows a known key."""
    logging.setLogRecordFactory(_redacting(logging.getLogRecordFactory()))
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _print_without_keys


def _redacting(make: Factory) -> Factory:
    def make_without_keys(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        if record.name.startswith(_LOGGERS):
            record.msg = SECRETS.redact(record.getMessage())
            record.args = ()
            if record.exc_info:
                lines = traceback.format_exception(*record.exc_info)
                record.exc_text = SECRETS.redact("".join(lines))
        return record

    return make_without_keys


def _print_without_keys(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    lines = traceback.format_exception(kind, error, trace)
    sys.stderr.write(SECRETS.redact("".join(lines)))
