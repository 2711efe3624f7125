"""Neither the logs of the SDKs nor a traceback show a key."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from attrx.providers.wire.credentials import ApiKey

KEY = "pQ7" + "z4Lk9Xw2" * 5


def test_the_logs_of_sdks_show_no_key(caplog: pytest.LogCaptureFixture) -> None:
    ApiKey("MY_KEY", KEY)
    caplog.set_level("DEBUG")
    try:
        raise ValueError(KEY)
    except ValueError:
        logging.getLogger("openai._base_client").exception("Headers(%r)", {"x-echo": KEY})
    logging.getLogger("httpx2").debug("sent %s", KEY.upper())
    assert "Headers({'x-echo': '[key]'})" in caplog.text
    assert "ValueError: [key]" in caplog.text
    assert KEY[:8] not in caplog.text
    assert KEY[:8].upper() not in caplog.text


def test_the_logs_of_others_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    ApiKey("MY_KEY", KEY)
    logging.getLogger("mine").warning("%s of %d", "one", 2)
    assert caplog.records[-1].args == ("one", 2)


def test_a_traceback_that_ends_a_process_shows_no_key() -> None:
    program = (
        "from attrx.providers.wire.credentials import ApiKey\n"
        f"ApiKey('MY_KEY', '{KEY}')\n"
        f"raise RuntimeError('sent {KEY[:20]}')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "RuntimeError: sent [key]" in ended.stderr
    assert KEY[:8] not in ended.stderr
