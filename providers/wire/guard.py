"""What all requests and responses of an HTTP client pass: where they go, what they carry, how much.

The libraries' own hooks call it, so that it holds for every SDK alike: before each request, also
before one that follows a redirect, and before the body of a response is read.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..sent_requests import note_request
from .bounded_body import ENCODINGS, MOST_BYTES, BoundedBody

MOST_REDIRECTS = 3
MOST_BYTES_EXTENSION = "attrx_most_bytes"
"""Under this name a request says how many bytes its response may have, where more than usual."""

# What an address that is not the vendor's own gets to see: no header that a variable of the
# environment has put into an SDK (organization, project, custom headers).
_NEEDED_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-version",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-api-key",
        "x-goog-api-key",
    }
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class RedirectRefused(Exception):
    """A server sends a request on to another address.

    Attributes:
        target: Scheme, host and port of that address.
    """

    def __init__(self, target: str) -> None:
        super().__init__(f"redirected to {target}")
        self.target = target


class Origin(NamedTuple):
    """Where an address leads, without its path."""

    scheme: str
    host: str
    port: int | None

    def __str__(self) -> str:
        address = f"{self.scheme}://{self.host}"
        if self.port == _DEFAULT_PORTS.get(self.scheme):
            return address
        return f"{address}:{self.port}"


def origin_of(address: str) -> Origin:
    """The origin of an address."""
    parts = urlsplit(address)
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    return Origin(parts.scheme, parts.hostname or "", port)


class Guard:
    """Watches over one HTTP client.

    Args:
        address: The one address that its requests may go to.
        home: The domain of the vendor, whose SDK may say there what it likes.
        stream_class: The library's class of streams.
    """

    def __init__(self, address: str, home: str, stream_class: type[Any]) -> None:
        self._origin = origin_of(address)
        host = self._origin.host
        self._is_at_home = host == home or host.endswith(f".{home}")
        self._body_class: type[Any] = type("_Body", (BoundedBody, stream_class), {})

    @property
    def settings(self) -> dict[str, Any]:
        """What the client is made with."""
        return {
            "event_hooks": {"request": [self.on_request], "response": [self.on_response]},
            "follow_redirects": True,
            "max_redirects": MOST_REDIRECTS,
        }

    async def on_request(self, request: Any) -> None:
        """See where a request goes, and what it carries.

        Raises:
            RedirectRefused: It would leave the address of its client.
            AttrxError: Following a redirect would be one request too many.
        """
        target = origin_of(str(request.url))
        if target != self._origin and not self._is_upgrade(target):
            raise RedirectRefused(str(target))
        note_request()
        headers = request.headers
        headers["accept-encoding"] = ENCODINGS
        if not self._is_at_home:
            for name in [name for name in headers if not _is_needed(name)]:
                del headers[name]

    async def on_response(self, response: Any) -> None:
        """Bound the body of a response."""
        encoding = response.headers.pop("content-encoding", "")
        most_bytes = response.request.extensions.get(MOST_BYTES_EXTENSION, MOST_BYTES)
        response.stream = self._body_class(
            response.stream, encoding, response.status_code, most_bytes
        )

    def _is_upgrade(self, target: Origin) -> bool:
        """Whether an address is the same, but for encryption."""
        plain = Origin("http", target.host, 80)
        encrypted = Origin("https", target.host, 443)
        return (self._origin, target) == (plain, encrypted)


def _is_needed(name: str) -> bool:
    return name in _NEEDED_HEADERS or name.startswith("x-stainless-")
