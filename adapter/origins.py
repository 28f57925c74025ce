"""Normalizes addresses from settings to the spelling that browsers send. Pure.

Origins are compared as strings everywhere else. So capitals, a default port and a trailing slash
are removed here, and ambiguous addresses are refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

_USUAL_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_SAFE = re.compile(r"[!-\[\]-~]*")
"""Only ASCII without spaces, control characters and backslashes (a slash to browsers)."""

SALESFORCE_HOSTS = (
    "force.com",
    "visualforce.com",
    "my-visualforce.com",
    "my-lightning.com",
    "salesforce.com",
    "my-salesforce.com",
    "salesforce.mil",
    "salesforce.ms",
    "crmforce.mil",
    "crmforce.ms",
)
"""The hosts from which Open CTI's library can be loaded."""

_SALESFORCE = re.compile(
    rf"https://[A-Za-z0-9_.-]+\.(?:{'|'.join(map(re.escape, SALESFORCE_HOSTS))})(?::\d+)?"
)

NO_URL = "must be an http or https address, such as https://phone.example.com"


def is_salesforce(origin: str) -> bool:
    """Whether Open CTI's library would accept the origin as an org's."""
    return _SALESFORCE.fullmatch(origin) is not None


@lru_cache(4096)
def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    ip = ip_of(host)
    return host == "localhost" or (ip is not None and ip.is_loopback)


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a text is; None for anything else, such as a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def host_of(url: str) -> str:
    """The host of a URL or of a Host header, without port; empty if there is none."""
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def is_for_this_machine(url: str) -> bool:
    """Whether a URL points to this machine."""
    return is_loopback(host_of(url))


def normal_url(text: str) -> str:
    """The normalized URL. Raises ValueError that says what to write."""
    text = text.strip()
    parts = urlsplit(text)
    scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    if scheme not in _USUAL_PORTS or not host or port == 0 or not _SAFE.fullmatch(text):
        raise ValueError(NO_URL)
    if parts.username is not None or parts.query or parts.fragment or "?" in text or "#" in text:
        raise ValueError(f"{NO_URL}, without a user, a query or a fragment")
    bare = f"[{host}]" if isinstance(ip_of(host), IPv6Address) else host
    if bare == host and not _HOST.fullmatch(host):
        raise ValueError(NO_URL)
    shown = "" if port in {None, _USUAL_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{bare}{shown}{parts.path.rstrip('/')}"


def normal_origin(text: str) -> str:
    """The normalized origin: a URL without a path. Raises ValueError."""
    url = normal_url(text)
    if urlsplit(url).path:
        raise ValueError(f"must be without a path: {url.removesuffix(urlsplit(url).path)}")
    return url


def demand_https(url: str) -> str:
    """The normalized URL, if it is https or local. Raises ValueError."""
    if url.startswith("https://") or is_for_this_machine(url):
        return url
    raise ValueError(f"must be https, except on this machine: {url.replace('http', 'https', 1)}")
