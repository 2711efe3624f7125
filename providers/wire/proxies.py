"""The proxy between us and a vendor, as the environment names it."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from ...configs.errors import ConfigError
from ...configs.redaction import SECRETS

_SCHEMES = ("http", "https")
# As the libraries look for them: by the address's scheme, or for all.
_FOR_ALL = "all"


def proxy_settings(address: str) -> dict[str, Any]:
    """What an HTTP client is told of proxies, for the requests to one address.

    Nothing, as long as the client can read the environment by itself. Where a variable holds what
    it cannot read, it would fail even for addresses that need no proxy: then the proxy is given.

    Raises:
        ConfigError: The proxy for this address is none that can be used.
    """
    proxies = getproxies_environment()
    for address_of_proxy in proxies.values():
        SECRETS.add(_password_of(address_of_proxy))
    named = [proxies.get(kind, "") for kind in (*_SCHEMES, _FOR_ALL)]
    if all(map(_is_usable, named)):
        return {}
    parts = urlsplit(address)
    if _is_bypassed(parts.hostname or "", proxies.get("no", "")):
        return {"proxy": None, "trust_env": False}
    kind = parts.scheme if proxies.get(parts.scheme) else _FOR_ALL
    proxy = proxies.get(kind)
    if proxy and not _is_usable(proxy):
        raise _not_usable(kind, proxy, parts.hostname or "")
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return {"proxy": proxy or None, "trust_env": False}


def _password_of(proxy: str) -> str:
    try:
        return urlsplit(proxy).password or ""
    except ValueError:
        return ""


def _is_usable(proxy: str) -> bool:
    scheme, mark, _ = proxy.partition("://")
    return not mark or scheme.lower() in _SCHEMES


def _is_bypassed(host: str, no_proxy: str) -> bool:
    """Whether NO_PROXY names a host, or a network that it is in."""
    names = [name.strip().lower() for name in no_proxy.split(",")]
    for name in names:
        domain = name.lstrip("*").lstrip(".")
        if name == "*" or (domain and (host == domain or host.endswith(f".{domain}"))):
            return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    for name in names:
        try:
            network = ipaddress.ip_network(name, strict=False)
        except ValueError:
            continue
        if address in network:
            return True
    return False


def _not_usable(kind: str, proxy: str, host: str) -> ConfigError:
    """The error for a proxy; credentials in it are not repeated."""
    parts = urlsplit(proxy)
    place = parts.netloc.rpartition("@")[2]
    return ConfigError(
        f"{kind.upper()}_PROXY: '{parts.scheme}://{place}' cannot be used: requests go through HTTP"
        " proxies, and not through SOCKS ones (socks://, socks5://)",
        hint=f"set {kind.upper()}_PROXY to an HTTP proxy (http://{place or 'host:port'} where the"
        f" same port takes both), or name {host} in NO_PROXY",
    )
