"""Why no connection could be made, in words that say what to do: certificates, proxies, names."""

from __future__ import annotations

from dataclasses import dataclass

from ...configs.errors import ProviderError, UnavailableError, UntrustedServerError
from .error_bodies import one_line

# What OpenSSL says of a certificate, in small letters -> what is wrong with it.
_CERTIFICATES = {
    "self-signed certificate": "is signed by nobody whom this machine trusts",
    "self signed certificate": "is signed by nobody whom this machine trusts",
    "local issuer certificate": "is signed by nobody whom this machine trusts",
    "has expired": "has expired",
    "not yet valid": "is not valid yet",
    "hostname mismatch": "is another host's",
    "ip address mismatch": "is another host's",
}
_CERTIFICATE_HINT = (
    "check the address and this machine's clock; the file of an authority of your own is named in"
    " SSL_CERT_FILE"
)
_PROXY_HINT = "check user and password in HTTPS_PROXY, or name the host in NO_PROXY"


@dataclass(frozen=True, slots=True)
class ConnectionFailure:
    """Why no connection could be made.

    Attributes:
        kind: The error that it is.
        words: What happened.
        hint: What to do next; may be empty.
    """

    kind: type[ProviderError]
    words: str
    hint: str = ""


def connection_failure(reason: BaseException) -> ConnectionFailure:
    """What a failed connection comes to; what no waiting helps against stops the model.

    The libraries have classes of their own for the same, so it goes by their words.

    Args:
        reason: What the library below the SDK raised.
    """
    text = str(reason)
    name = type(reason).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        words = f"the server's certificate {_certificate_fault(text)}"
        return ConnectionFailure(UntrustedServerError, words, _CERTIFICATE_HINT)
    if "WRONG_VERSION_NUMBER" in text:
        words = "the server does not speak TLS at this port"
        hint = "check the address; a server on your own machine may want http:// for https://"
        return ConnectionFailure(UntrustedServerError, words, hint)
    if "Proxy" in name and "407" in text:
        words = "the proxy wants a user and a password (407), or others than it was given"
        return ConnectionFailure(UntrustedServerError, words, _PROXY_HINT)
    return ConnectionFailure(UnavailableError, f"{name}: {one_line(text)}")


def _certificate_fault(text: str) -> str:
    for words, fault in _CERTIFICATES.items():
        if words in text.lower():
            return fault
    return f"cannot be trusted: {one_line(text)}"
