"""How PostgreSQL is reached: a server that vanishes or freezes is noticed."""

from __future__ import annotations

import pytest

from adapter.postgres import connect
from tests.storage.servers import Postgres


@pytest.mark.parametrize(("more", "seconds"), [("", 10), ("&tcp_user_timeout=3000", 3)])
def test_a_server_that_vanishes_is_noticed_within_seconds(
    postgres: Postgres, more: str, seconds: int
) -> None:
    """Not after TCP's quarter of an hour, or never while we only wait for an answer."""
    with connect(postgres.database() + more, "test") as connection:
        known = connection.info.get_parameters()
    assert known["tcp_user_timeout"] == str(seconds * 1000)
    idle, interval = int(known["keepalives_idle"]), int(known["keepalives_interval"])
    assert idle + interval * int(known["keepalives_count"]) <= 15
