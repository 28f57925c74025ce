"""What a batch sees, and how its own winners move it on."""

from __future__ import annotations

import pytest

from adapter.core.model import TelephonyUser
from adapter.storage.batchstate import BatchState, route_key, route_rows
from adapter.storage.port import RouteRead
from tests.contracts.stores import ADA, BEN

CALL = ("acct", "pc-1")
LINE = ("acct", "user_1")
ADA_PAIR, BEN_PAIR = ("00D1", "0051"), ("00D1", "0052")


@pytest.mark.parametrize("moved", ["own", "park", "connect"])
def test_any_move_makes_a_route_old(moved: str) -> None:
    """Another owner, another parked delivery, another agent on the line."""
    read = RouteRead("acct", "pc-1", frozenset(), frozenset(), TelephonyUser("acct", "user_1"))
    seen = BatchState()
    assert seen.is_so(read)
    {
        "own": lambda: seen.own(CALL, ADA_PAIR),
        "park": lambda: seen.park(CALL, "e1"),
        "connect": lambda: seen.connect(LINE, ADA_PAIR),
    }[moved]()
    assert not seen.is_so(read)


def test_what_a_route_does_not_tell_does_not_matter() -> None:
    """Parked deliveries, where they make no difference, and lines, where no user is named."""
    seen = BatchState()
    seen.park(CALL, "e1")
    seen.connect(LINE, ADA_PAIR)
    assert seen.is_so(RouteRead("acct", "pc-1", frozenset()))


def test_what_is_replayed_waits_no_more() -> None:
    """The others do; and nothing waits for a call that nobody asked about."""
    seen = BatchState()
    seen.park(CALL, "e1")
    seen.park(CALL, "e2")
    seen.replay(CALL, ["e1"])
    seen.replay(("acct", "pc-2"), ["e3"])
    assert seen.parked == {CALL: {"e2"}}


def test_an_agent_has_one_line() -> None:
    """The next one takes it from the last."""
    seen = BatchState()
    for user in ("user_1", "user_1", "user_2"):
        seen.connect(("acct", user), ADA_PAIR)
    assert seen.line_agents == {LINE: set(), ("acct", "user_2"): {ADA_PAIR}}


def test_a_route_is_asked_by_its_key_and_proved_by_rows() -> None:
    """One row for each owner, each waiting delivery and each agent of the line, if all is so."""
    line = TelephonyUser("acct", "user_1")
    read = RouteRead("acct", "pc-1", frozenset({ADA}), frozenset({"e1"}), line, frozenset({BEN}))
    assert route_key(read) == ("acct", "pc-1", "pc-1", "acct", "user_1")
    assert route_rows(read) == [
        ("call", *CALL, *ADA_PAIR),
        ("waiting", *CALL, "e1", ""),
        ("line", *LINE, *BEN_PAIR),
    ]
    seen = BatchState()
    assert not seen.is_so(read)
    seen.find(route_rows(read))
    assert seen.is_so(read)


def test_what_a_route_does_not_tell_is_not_asked() -> None:
    """Neither what waits nor who has a line."""
    read = RouteRead("acct", "pc-1", frozenset())
    assert route_key(read) == ("acct", "pc-1", None, None, None)
    assert route_rows(read) == []
