"""What a batch sees, and how its own winners move it on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.model import TelephonyUser
from adapter.storage.batchstate import BatchState, RouteRow, route_keys
from adapter.storage.port import Commit, RouteRead
from tests.contracts.stores import ADA, BEN, waiting

CALL = ("acct", "pc-1")
LINE = TelephonyUser("acct", "user_1")


@pytest.mark.parametrize("moved", ["own", "park", "connect"])
def test_any_change_of_agents_outdates_a_route(moved: str) -> None:
    """Another owner, another parked delivery, another agent on the line."""
    routed = Commit(route=RouteRead(CALL, frozenset(), frozenset(), LINE))
    seen = BatchState()
    assert seen.routes(routed)
    {
        "own": lambda: seen.own(CALL, ADA),
        "park": lambda: seen.park(CALL, "e1"),
        "connect": lambda: seen.connect(LINE, ADA),
    }[moved]()
    assert not seen.routes(routed)


def test_a_delivery_is_parked_only_if_its_call_has_no_agent() -> None:
    """Whatever the commit says of the route, if it says anything."""
    park = Commit(park=(waiting("e1"),))
    seen = BatchState()
    assert seen.routes(park)
    seen.own(CALL, ADA)
    assert not seen.routes(park)
    assert not seen.routes(replace(park, route=RouteRead(CALL, frozenset({ADA}))))


def test_parts_that_a_route_lacks_do_not_matter() -> None:
    """Parked deliveries, where they make no difference, and lines, where no user is named."""
    seen = BatchState()
    seen.park(CALL, "e1")
    seen.connect(LINE, ADA)
    assert seen.routes(Commit(route=RouteRead(CALL, frozenset())))


def test_a_replayed_delivery_is_no_longer_parked() -> None:
    """The others do; and nothing waits for a call that nobody asked about."""
    seen = BatchState()
    seen.park(CALL, "e1")
    seen.park(CALL, "e2")
    seen.replay(CALL, ["e1"])
    seen.replay(("acct", "pc-2"), ["e3"])
    assert seen.parked == {CALL: {"e2"}}


def test_an_agent_has_one_user() -> None:
    """The next one takes it from the last."""
    seen, other = BatchState(), TelephonyUser("acct", "user_2")
    for line in (LINE, LINE, other):
        seen.connect(line, ADA)
    assert seen.line_agents == {LINE: set(), other: {ADA}}


def test_a_route_is_queried_by_key_and_checked_by_its_rows() -> None:
    """One row for each owner, each waiting delivery and each agent of the line, if all is so."""
    read = RouteRead(CALL, frozenset({ADA}), frozenset({"e1"}), LINE, frozenset({BEN}))
    routed = Commit(route=read)
    assert route_keys(routed) == [(*CALL, "pc-1", "acct", "user_1")]
    found: list[RouteRow] = [
        ("call", *CALL, "00D1", "0051"),
        ("waiting", *CALL, "e1", ""),
        ("line", "acct", "user_1", "00D1", "0052"),
    ]
    for some in (found[1:], found[::2], found[:2], found):
        seen = BatchState()
        seen.find(some)
        assert seen.routes(routed) == (some == found)


def test_parts_that_a_route_lacks_are_not_queried() -> None:
    """Neither what waits nor who has a line; of what is parked, who has the call."""
    asked = (*CALL, None, None, None)
    assert route_keys(Commit(route=RouteRead(CALL, frozenset()))) == [asked]
    assert route_keys(Commit(park=(waiting("e1"),))) == [asked]
    assert route_keys(Commit()) == []
