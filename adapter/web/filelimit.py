"""How many files this process may open: each connection is one.

Many systems start a process with a soft limit of 1,024, for programs of old, and let it raise that
(https://0pointer.net/blog/file-descriptor-limits.html).
"""

from __future__ import annotations

import resource

import structlog

log = structlog.get_logger(__name__)

ENOUGH = 1_048_576
"""More than anybody needs; some systems' hard limit would have tables made for billions."""

RESERVE = 128
"""For the database, the provider, Salesforce, logs."""

FEW = 4_096


def raise_limit() -> None:
    """Raise the soft limit as far as we may, and say so where that is not far."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if max(most, soft) < FEW:
        advice = "Raise the hard limit: LimitNOFILE= of systemd, ulimit -Hn of a shell."
        log.warning("files.few", limit=max(most, soft), said=advice)


def room_for_connections() -> int:
    """How many connections this process may have without running out of files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = ENOUGH if soft == resource.RLIM_INFINITY else soft
    return max(files - RESERVE, files // 2)
