"""Why no connection could be made is said in plain words, and stops what waiting cannot help."""

from __future__ import annotations

import ssl

import pytest

from attrx.configs.errors import ProviderError, UnavailableError, UntrustedServerError
from attrx.providers.wire.connection_failures import connection_failure

VERIFY = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "


class ClientHttpProxyError(Exception):
    """As aiohttp's is called."""


@pytest.mark.parametrize(
    ("reason", "kind", "words"),
    [
        (ssl.SSLError(VERIFY + "self-signed certificate"), UntrustedServerError, "by nobody"),
        (
            ssl.SSLError(VERIFY + "unable to get local issuer certificate"),
            UntrustedServerError,
            "by nobody whom this machine trusts",
        ),
        (ssl.SSLError(VERIFY + "certificate has expired"), UntrustedServerError, "has expired"),
        (
            ssl.SSLError(VERIFY + "Hostname mismatch, certificate is not valid for 'a'."),
            UntrustedServerError,
            "is another host's",
        ),
        (ssl.SSLError(VERIFY + "sunspots"), UntrustedServerError, "cannot be trusted: "),
        (
            ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number"),
            UntrustedServerError,
            "does not speak TLS",
        ),
        (
            ClientHttpProxyError("407, message='Proxy Authentication Required'"),
            UntrustedServerError,
            "the proxy wants a user and a password",
        ),
        (
            ClientHttpProxyError("502, url='http://me:pass-word@127.0.0.1:3128'"),
            UnavailableError,
            "ClientHttpProxyError: 502, url='http://[key]@127.0.0.1:3128'",
        ),
        (ConnectionRefusedError(111, "refused"), UnavailableError, "ConnectionRefusedError"),
    ],
)
def test_each_reason_has_its_words(
    reason: BaseException, kind: type[ProviderError], words: str
) -> None:
    failure = connection_failure(reason)
    assert failure.kind is kind
    assert words in failure.words
    assert bool(failure.hint) == kind.stops_model
