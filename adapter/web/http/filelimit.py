"""Raises the limit of open files, because each connection is one.

Many systems start processes with a soft limit of 1,024 for old programs, and let them raise it
(https://0pointer.net/blog/file-descriptor-limits.html).
"""

from __future__ import annotations

import resource

import structlog

log = structlog.get_logger(__name__)

ENOUGH = 1_048_576
"""More than needed; with some systems' hard limit, tables for billions would be allocated."""

RESERVE = 128
"""Files for the database, the provider, Salesforce and logs."""

FEW = 4_096


def raise_limit() -> None:
    """Raise the soft limit as far as allowed, and log if that is not enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if max(most, soft) < FEW:
        advice = "Raise the hard limit: LimitNOFILE= of systemd, ulimit -Hn of a shell."
        log.warning("files.few", limit=max(most, soft), said=advice)


def room_for_connections() -> int:
    """The number of connections that the file limit allows."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = ENOUGH if soft == resource.RLIM_INFINITY else soft
    return max(files - RESERVE, files // 2)
