"""The stand-in's log of channel events, as a table that the adapter reads."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from qa.asterisk.engine import APP
from qa.asterisk.exchange import Exchange


def write_cel(path: Path, exchange: Exchange) -> None:
    """Write the table of etc/cel_sqlite3_custom.conf, with the columns that the adapter reads."""
    columns = "eventtype, eventtime, uniqueid, linkedid, channame, appdata, cid_num, exten, extra"
    rows = []
    for at, kind, channel, extra in exchange.cel:
        when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        linked = channel.id.rpartition("-")[0] + "-d0" if channel.ours else channel.id
        app_data = f"{APP},{channel.arguments}" if channel.arguments else ""
        where = (channel.id, linked, channel.name, app_data, channel.identity[1], channel.exten)
        rows.append((kind, when, *where, extra))
    with contextlib.closing(sqlite3.connect(path)) as base, base:
        base.execute("DROP TABLE IF EXISTS cel")
        base.execute(f"CREATE TABLE cel ({columns})")
        base.executemany(f"INSERT INTO cel VALUES ({', '.join('?' * 9)})", rows)
