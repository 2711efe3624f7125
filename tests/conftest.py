"""A test run can reach nothing but this machine, and no key of the developer's."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# No test depends on how busy the machine is: an example may take as long as it takes.
settings.register_profile("attrx", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("attrx")

# What is printed is as wide as where nobody said how wide; pytest-xdist sets this for its
# processes.
os.environ.pop("COLUMNS", None)

LOCAL_NAMES = {"localhost", ""}
KEY_ENDINGS = ("_API_KEY", "_TOKEN", "_SECRET")


def _is_loopback(host: str | bytes | None) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    if host is None or host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every name lookup that would leave this machine."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_loopback(host):
            raise AssertionError(f"a test tried to look up {host}")
        return getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup)


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the developer's own keys."""
    for name in list(os.environ):
        if name.endswith(KEY_ENDINGS):
            monkeypatch.delenv(name)
