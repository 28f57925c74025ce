"""Whether this machine's adapter answers. A container's HEALTHCHECK runs it, so it loads little."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException

SECONDS = 2.0
ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here
"""An adapter that listens on every address is asked on loopback."""


def is_healthy(host: str, port: int, seconds: float = SECONDS) -> bool:
    """Whether GET /healthz answers 200 in time."""
    connection = HTTPConnection(ANYWHERE.get(host, host), port, timeout=seconds)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
