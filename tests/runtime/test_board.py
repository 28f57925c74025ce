"""The board's report: people, calls, what is not logged, and the webhooks' hour."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, cast

from msgspec import structs

from adapter.core.availability import Availability, Status
from adapter.core.draft import Record
from adapter.core.events import DialRequested
from adapter.core.facts import NOTHING_KNOWN, Facts, Known, Source
from adapter.core.logs.model import CallLog, SaveError, Tray, TrayReason
from adapter.core.model import Agent, Bridged, Call, Wrapup
from adapter.page.page import Page
from adapter.runtime.board import (
    FRESH_MS,
    IN_USE_MS,
    LONGEST_MS,
    MOST_DAYS,
    Board,
    Day,
)
from adapter.runtime.webhookhour import MINUTE_MS
from adapter.storage.board import BoardCall, BoardRows, Window
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.health import Health
from adapter.tenants import Tenants
from tests.fakes.tenants import a_tenant
from tests.runtime.conftest import ADA, BOB, Bench

EMPTY = BoardRows((), 0, {}, (), (), (), 0)
EVER = Day()


@dataclass
class Shelf:
    """A store that has what a test puts there, and notes what it was asked."""

    rows: BoardRows = EMPTY
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def board(self, org_id: str, window: Window) -> BoardRows:
        """The rows."""
        self.asked.append((org_id, *window))
        return self.rows

    async def board_calls(self, org_id: str, since: int, until: int) -> tuple[BoardCall, ...]:
        """The calls among them."""
        self.asked.append((org_id, since, until))
        return self.rows.calls


def as_store(shelf: Shelf) -> SqlStore:
    """It has all that a board reads."""
    return cast(SqlStore, shelf)


def board(bench: Bench, shelf: Shelf) -> Board:
    """A board over them."""
    return Board(as_store(shelf), bench.agents, bench.pages.keys, bench.clock, Tenants([]))


def ended_call(outcome: str, talk: int | None, ended: int = 5_000) -> dict[str, Any]:
    """What is known of a call's end."""
    return {"outcome": outcome, "talk_seconds": talk, "direction": "outbound", "ended": ended}


async def test_calls_are_counted_by_how_they_went(bench: Bench) -> None:
    """Live ones are only counted; talk time is of those who talked."""
    calls = (
        BoardCall("0051", "c4", "p4", 4, {}),
        BoardCall("0051", "c3", "p3", 3, ended_call("busy", None)),
        BoardCall("0051", "c2", "p2", 2, ended_call("answered", 10)),
        BoardCall("0051", "c1", "p1", 1, ended_call("answered", 50)),
    )
    report = await board(bench, Shelf(BoardRows((), 3, {}, (), calls, (), 2))).report("00D1", EVER)
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


async def test_the_board_shows_each_agents_state_and_its_start(bench: Bench) -> None:
    """Ada's phone rings since her click, Bob is ready since his last call, busy people first."""
    await bench.greet()
    await bench.greet(BOB)
    at = bench.clock.at
    turn = await bench.agents.handle(ADA, DialRequested(at, "r1", "c1", "+12025550143", at))
    await bench.settle()
    bench.pages.add(Page("page-b", BOB, lambda text: None, lambda code, text: None))
    calls = (BoardCall(BOB.user_id, "c0", "p0", 1, ended_call("answered", 5, ended=at - 9_000)),)
    shelf = Shelf(BoardRows((turn.agent,), 2, {}, (), calls, (), 0))
    people = (await board(bench, shelf).report(ADA.org_id, EVER))["agents"]
    assert [(p["user_id"], p["state"], p["since"], p["online"]) for p in people] == [
        (ADA.user_id, "ringing-user-devices", at, False),
        (BOB.user_id, "idle", at - 9_000, True),
    ]


async def test_an_away_agent_is_shown_as_away_between_calls(bench: Bench) -> None:
    """With the reason, since the choice; in a call the call is what they do, and offline is off."""
    await bench.greet()
    at = bench.clock.at
    away = structs.replace(
        (await bench.agents.snapshot(ADA)).agent,
        availability=Availability(Status.AWAY, "Lunch", at - 60_000),
    )
    bench.pages.add(Page("page-a", ADA, lambda text: None, lambda code, text: None))
    talk = Call("c1", "+12025550143", at, Bridged(at, at))
    gone = structs.replace(away, key=BOB)
    rows = (away, structs.replace(away, calls=(talk,)), gone)
    for agent, seen in zip(
        rows, [("away", at - 60_000, "Lunch"), ("bridged", at, "")], strict=False
    ):
        shelf = Shelf(BoardRows((agent, gone), 2, {}, (), (), (), 0))
        people = (await board(bench, shelf).report(ADA.org_id, EVER))["agents"]
        told = {p["user_id"]: (p["state"], p["since"], p["reason"]) for p in people}
        assert told == {ADA.user_id: seen, BOB.user_id: ("offline", None, "")}


async def test_a_call_without_a_log_says_why(bench: Bench) -> None:
    """In the tray: the reason, and what Salesforce said."""
    state = Tray(TrayReason.REFUSED, 1, (SaveError("REQUIRED_FIELD", "Enter a value"),))
    entry = CallLog("c1", ADA, 1, "+12025550143", NOTHING_KNOWN, None, "UTC", state)
    report = await board(bench, Shelf(BoardRows((), 1, {}, (entry,), (), (), 0))).report(
        "00D1", EVER
    )
    (row,) = report["unlogged"]
    assert (row["why"], row["errors"]) == ("refused", ["Enter a value"])
    assert row["agent"] == ADA.user_id


async def test_many_boards_read_the_store_once_a_second(bench: Bench) -> None:
    """And nobody reads further back than two days."""
    shelf = Shelf()
    looked = board(bench, shelf)
    first = await looked.report("00D1", EVER)
    assert await looked.report("00D1", EVER) is first
    assert len(shelf.asked) == 1
    bench.clock.at += FRESH_MS
    await looked.report("00D1", EVER)
    assert len(shelf.asked) == 2
    bench.clock.at += 2 * LONGEST_MS
    await looked.calls("00D1", Day(since=5))
    until = bench.clock.at + MINUTE_MS
    assert shelf.asked[-1] == ("00D1", until - LONGEST_MS, until)


async def test_a_past_day_is_shown_as_it_was(bench: Bench) -> None:
    """Its calls, from its midnight to the next; the next is never later than now."""
    shelf = Shelf()
    looked, day = board(bench, shelf), 24 * 3_600_000
    bench.clock.at = 10 * day
    await looked.report("00D1", Day(2 * day, 3 * day))
    assert shelf.asked[-1][1:3] == (2 * day, 3 * day)
    await looked.report("00D1", Day(10 * day - 5, 11 * day))
    assert shelf.asked[-1][1:3] == (10 * day - 5, 10 * day + MINUTE_MS)


async def test_the_sums_of_a_few_days_are_kept_and_no_more(bench: Bench) -> None:
    """A day that was asked for lately is read from its end; after fifty others, whole."""
    shelf = Shelf()
    looked, hour = board(bench, shelf), 3_600_000
    bench.clock.at = 100 * 24 * hour
    first = Day(bench.clock.at - 12 * hour)
    for day in (first, first, *(Day(first.since + one) for one in range(1, MOST_DAYS + 1)), first):
        await looked.report("00D1", day)
        bench.clock.at += FRESH_MS
    begins = [asked[1] for asked in shelf.asked]
    assert begins[0] == first.since < begins[1]
    assert begins[-1] == first.since


async def test_each_agent_has_the_sum_of_the_day(bench: Bench) -> None:
    """Also who is away; a call that is not over counts for nothing yet."""
    calls = (
        BoardCall(ADA.user_id, "c4", "p4", 4, {}),
        BoardCall(ADA.user_id, "c3", "p3", 3, ended_call("missed", None)),
        BoardCall(ADA.user_id, "c2", "p2", 2, ended_call("answered", 10)),
        BoardCall(ADA.user_id, "c1", "p1", 1, ended_call("answered", 50)),
    )
    rows = BoardRows((Agent(ADA, name="Ada"), Agent(BOB)), 2, {}, (), calls, (), 0)
    people = (await board(bench, Shelf(rows)).report(ADA.org_id, EVER))["agents"]
    assert {person["user_id"]: person["totals"] for person in people} == {
        ADA.user_id: {"calls": 3, "answered": 2, "missed": 1, "talk_seconds": 60},
        BOB.user_id: {"calls": 0, "answered": 0, "missed": 0, "talk_seconds": 0},
    }


async def test_an_agent_with_a_page_at_another_replica_is_shown(bench: Bench) -> None:
    """Their sign-in is in use; one that nobody has used for a while is of somebody who left."""
    now = bench.clock.at
    signed_in = {ADA.user_id: now - 5_000, BOB.user_id: now - IN_USE_MS}
    rows = BoardRows((Agent(ADA), Agent(BOB)), 2, signed_in, (), (), (), 0)
    people = (await board(bench, Shelf(rows)).report(ADA.org_id, EVER))["agents"]
    assert {p["user_id"]: (p["state"], p["online"]) for p in people} == {
        ADA.user_id: ("idle", True),
        BOB.user_id: ("offline", False),
    }


async def test_an_agent_in_a_call_without_an_open_softphone_is_marked(bench: Bench) -> None:
    """With the time of the last use, if it is known."""
    now = bench.clock.at
    call = Call("c1", "+12025550143", 1, Bridged(now - 90_000, now + 1), Facts())
    agents = (Agent(ADA, calls=(call,)), Agent(BOB, calls=(call,)))
    for used, marks in ((now - 1, {}), (now - IN_USE_MS, {"last_page": now - IN_USE_MS})):
        rows = BoardRows(agents, 2, {ADA.user_id: used}, (), (), (), 0)
        people = (await board(bench, Shelf(rows)).report(ADA.org_id, EVER))["agents"]
        seen = {p["user_id"]: {k: v for k, v in p.items() if k == "last_page"} for p in people}
        assert seen == {ADA.user_id: marks, BOB.user_id: {"last_page": None}}
    absent = Shelf(BoardRows((Agent(ADA),), 1, {}, (), (), (), 0))
    (person,) = (await board(bench, absent).report(ADA.org_id, EVER))["agents"]
    assert "last_page" not in person


async def test_the_board_shows_who_talks_with_whom(bench: Bench) -> None:
    """The record's name before the caller's own, the number in groups."""
    stage = Bridged(bench.clock.at, bench.clock.at + 1)
    facts = Facts(name=Known("PROSPECT INC", Source.EVENT))
    first = Call("c1", "+12025550143", 1, stage, facts)
    named = Record("003000000000001", "Ann Able")
    ada = Agent(ADA, calls=(first, Call("c2", "+12025550144", 2, Wrapup(1, 2))))
    bob = Agent(BOB, calls=(structs.replace(first, record=named),))
    rows = BoardRows((ada, bob), 2, {}, (), (), (), 0)
    people = (await board(bench, Shelf(rows)).report(ADA.org_id, EVER))["agents"]
    shown = {
        p["user_id"]: (p["number"], p["display"], p["with"], p["direction"], p["more_calls"])
        for p in people
    }
    assert shown == {
        ADA.user_id: ("+12025550143", "+1 202-555-0143", "PROSPECT INC", "outbound", 1),
        BOB.user_id: ("+12025550143", "+1 202-555-0143", "Ann Able", "outbound", 0),
    }


async def test_a_talk_is_shown_with_its_audio_quality(bench: Bench) -> None:
    """Where it was told, and of nobody who does not talk."""
    told = {"lost": 0.02, "jitter_ms": 4, "round_trip_ms": 48}
    call = Call("c1", "+12025550143", 1, Bridged(1, 1))
    people = (Agent(ADA, calls=(call,)), Agent(BOB))
    shown = Board(
        as_store(Shelf(BoardRows(people, 2, {}, (), (), (), 0))),
        bench.agents,
        bench.pages.keys,
        bench.clock,
        Tenants([]),
        quality_of=lambda key: told,
    )
    report = await shown.report("00D1", EVER)
    audio = {one["user_id"]: one.get("audio") for one in report["agents"]}
    assert audio == {ADA.user_id: told, BOB.user_id: None}


async def test_days_are_read_one_after_the_other(bench: Bench) -> None:
    """A large day's rows take much memory; who asks for the same day gets the same report."""

    class Slow(Shelf):
        held = most = 0

        async def board(self, org_id: str, window: Window) -> BoardRows:
            self.held += 1
            self.most = max(self.most, self.held)
            await asyncio.sleep(0)
            self.held -= 1
            return await super().board(org_id, window)

    shelf = Slow()
    shown = board(bench, shelf)
    days = [Day(since=bench.clock.now() - number) for number in (1, 2, 3, 3, 3)]
    await asyncio.gather(*(shown.report("00D1", day) for day in days))
    assert shelf.most == 1
    assert len(shelf.asked) == 3


async def test_only_calls_that_are_over_are_exported(bench: Bench) -> None:
    """Oldest first."""
    calls = tuple(
        BoardCall("u", f"c{n}", "p", n, ended_call("busy", None) if n else {}) for n in (2, 1, 0)
    )
    exported = await board(bench, Shelf(BoardRows((), 1, {}, (), calls, (), 0))).calls("00D1", EVER)
    assert [call.call_id for call in exported] == ["c1", "c2"]


async def test_each_org_sees_how_its_own_provider_answers(bench: Bench) -> None:
    """Requests of the last five minutes; an org without a provider sees none."""
    health = Health(bench.clock.now)
    health.note(20)
    health.note(900, "no-answer")
    tenant = a_tenant(bench.provider, "acct", org_id="00D1")
    shown = Board(
        as_store(Shelf()),
        bench.agents,
        bench.pages.keys,
        bench.clock,
        Tenants([replace(tenant, telephony=replace(tenant.telephony, health=health))]),
    )
    told = (await shown.report("00D1", EVER))["provider"]
    assert (told["requests"], told["failed"], told["last_trouble"]) == (2, 1, "no-answer")
    assert (await shown.report("00D2", EVER))["provider"] is None
