"""The board's report: people, calls, what is not logged, and the webhooks' hour."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from adapter.core.events import DialRequested
from adapter.core.facts import NOTHING_KNOWN, Facts, Known, Source
from adapter.core.logmodel import CallLog, SaveError, Tray, TrayReason
from adapter.page.page import Page
from adapter.runtime.board import FRESH_MS, LONGEST_MS, MINUTE_MS, Board, webhooks
from adapter.storage.board import BoardCall, BoardDelivery, BoardRows
from adapter.telephony.health import Health
from adapter.telephony.updates import CallUpdate, Moment
from adapter.tenants import Tenants
from tests.fakes.tenants import a_tenant
from tests.runtime.conftest import ADA, BOB, Bench

EMPTY = BoardRows((), 0, (), (), (), 0)


@dataclass
class Shelf:
    """A store that has what a test puts there, and notes what it was asked."""

    rows: BoardRows = EMPTY
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def board(self, org_id: str, since: int, deliveries_since: int) -> BoardRows:
        """The rows."""
        self.asked.append((org_id, since, deliveries_since))
        return self.rows

    async def board_calls(self, org_id: str, since: int) -> tuple[BoardCall, ...]:
        """The calls among them."""
        self.asked.append((org_id, since))
        return self.rows.calls


def board(bench: Bench, shelf: Shelf) -> Board:
    """A board over them."""
    return Board(shelf, bench.agents, bench.pages, bench.clock, Tenants([]))


def told(outcome: str, talk: int | None, ended: int = 5_000) -> dict[str, Any]:
    """What is known of a call's end."""
    return {"outcome": outcome, "talk_seconds": talk, "direction": "outbound", "ended": ended}


async def test_calls_are_counted_by_how_they_went(bench: Bench) -> None:
    """Live ones are only counted; talk time is of those who talked."""
    calls = (
        BoardCall("0051", "c4", "p4", 4, {}),
        BoardCall("0051", "c3", "p3", 3, told("busy", None)),
        BoardCall("0051", "c2", "p2", 2, told("answered", 10)),
        BoardCall("0051", "c1", "p1", 1, told("answered", 50)),
    )
    report = await board(bench, Shelf(BoardRows((), 3, (), calls, (), 2))).report("00D1", 0)
    assert report["calls"] == {
        "over": 3,
        "live": 1,
        "by_outcome": {"answered": 2, "busy": 1},
        "by_direction": {"outbound": 3},
        "talk_seconds": 60,
        "talks": 2,
        "longest_seconds": 50,
    }
    assert (report["agents_known"], report["parked"]) == (3, 2)


async def test_who_is_in_which_state_and_since_when(bench: Bench) -> None:
    """Ada's phone rings since her click, Bob is ready since his last call, busy people first."""
    await bench.greet()
    await bench.greet(BOB)
    at = bench.clock.at
    turn = await bench.agents.handle(ADA, DialRequested(at, "r1", "c1", "+12025550143", at))
    await bench.settle()
    bench.pages.add(Page("page-b", BOB, lambda text: None, lambda code, text: None))
    calls = (BoardCall(BOB.user_id, "c0", "p0", 1, told("answered", 5, ended=at - 9_000)),)
    shelf = Shelf(BoardRows((turn.agent,), 2, (), calls, (), 0))
    people = (await board(bench, shelf).report(ADA.org_id, 0))["agents"]
    assert [(p["user_id"], p["state"], p["since"], p["online"]) for p in people] == [
        (ADA.user_id, "ringing-user-devices", at, False),
        (BOB.user_id, "idle", at - 9_000, True),
    ]


async def test_a_call_without_a_log_says_why(bench: Bench) -> None:
    """In the tray: the reason, and what Salesforce said."""
    state = Tray(TrayReason.REFUSED, 1, (SaveError("REQUIRED_FIELD", "Enter a value"),))
    entry = CallLog("c1", ADA, 1, "+12025550143", NOTHING_KNOWN, None, "UTC", state)
    report = await board(bench, Shelf(BoardRows((), 1, (entry,), (), (), 0))).report("00D1", 0)
    (row,) = report["unlogged"]
    assert (row["why"], row["errors"]) == ("refused", ["Enter a value"])
    assert row["agent"] == ADA.user_id


async def test_many_who_look_read_the_store_once_a_second(bench: Bench) -> None:
    """And nobody reads further back than two days."""
    shelf = Shelf()
    looked = board(bench, shelf)
    first = await looked.report("00D1", 0)
    assert await looked.report("00D1", 0) is first
    assert len(shelf.asked) == 1
    bench.clock.at += FRESH_MS
    await looked.report("00D1", 0)
    assert len(shelf.asked) == 2
    bench.clock.at += LONGEST_MS
    await looked.calls("00D1", 5)
    assert shelf.asked[-1] == ("00D1", bench.clock.at - LONGEST_MS)


async def test_only_calls_that_are_over_are_exported(bench: Bench) -> None:
    """Oldest first."""
    calls = tuple(
        BoardCall("u", f"c{n}", "p", n, told("busy", None) if n else {}) for n in (2, 1, 0)
    )
    exported = await board(bench, Shelf(BoardRows((), 1, (), calls, (), 0))).calls("00D1", 0)
    assert [call.call_id for call in exported] == ["c1", "c2"]


def test_the_webhooks_hour_has_sixty_points() -> None:
    """How many, how late by the provider's own times, and how many were unreadable."""
    now = 100 * MINUTE_MS + 5
    said = Facts(ended=Known(now - 400, Source.SAID), started=Known(now - 9_000, Source.SAID))
    seen = Facts(ended=Known(now - 3, Source.SEEN))

    def update_of(_account: str, body: bytes, at: int) -> CallUpdate | None:
        facts = {b"said": said, b"seen": seen}.get(body)
        return CallUpdate(Moment.ENDED, "p1", None, facts) if facts else None

    deliveries = [
        BoardDelivery("acct", now, b"said", "applied"),
        BoardDelivery("acct", now, b"seen", "applied"),
        BoardDelivery("acct", now, b"other", "ignored"),
        BoardDelivery("acct", now - MINUTE_MS, b"rubbish", "quarantined"),
    ]
    report = webhooks(deliveries, now, update_of)
    assert report["last_at"] == now
    assert len(report["minutes"]) == 60
    before, last = report["minutes"][-2:]
    assert before == {"at": 99 * MINUTE_MS, "count": 1, "errors": 1, "p50": None, "p95": None}
    assert last == {"at": 100 * MINUTE_MS, "count": 3, "errors": 0, "p50": 400, "p95": 400}
    assert webhooks([], now, update_of)["last_at"] is None


async def test_each_org_sees_how_its_own_provider_answers(bench: Bench) -> None:
    """Requests of the last five minutes; an org without a provider sees none."""
    health = Health(bench.clock.now)
    health.note(20)
    health.note(900, "no-answer")
    tenant = a_tenant(bench.provider, "acct", org_id="00D1")
    shown = Board(
        Shelf(),
        bench.agents,
        bench.pages,
        bench.clock,
        Tenants([replace(tenant, telephony=replace(tenant.telephony, health=health))]),
    )
    told = (await shown.report("00D1", 0))["provider"]
    assert (told["requests"], told["failed"], told["last_trouble"]) == (2, 1, "no-answer")
    assert (await shown.report("00D2", 0))["provider"] is None
