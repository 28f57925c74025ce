"""A database of the version before: it opens, and all that was under way in it goes on.

`version_before.sql` is what that version's own runtime left behind, with values that were made by
its code: agents in every phase, logs in every state, deliveries that wait for their call, and text
with half a surrogate pair. It is never written anew by ours.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from adapter.core.callcenter import CallCenterSettings
from adapter.core.events import CdrFound, TimePassed
from adapter.core.facts import Facts, Known, Outcome, Source
from adapter.core.logs.events import (
    LogAccepted,
    LogEvent,
    LogSaved,
    LogTimePassed,
    RecordsFound,
    TrayDecided,
)
from adapter.core.logs.model import (
    Attempting,
    Closed,
    Pending,
    Saved,
    Settled,
    Tray,
    TrayReason,
    Unknown,
    Verifying,
)
from adapter.core.model import AgentKey, AgentNoAnswer, AwaitingCdr, Phase, Wrapup
from adapter.core.policy import Policy, SavePolicy
from adapter.fanout.local import LocalHints
from adapter.runtime.agents import Agents
from adapter.runtime.intake import DeliveryOutcome, Intake
from adapter.storage.open import open_store
from adapter.storage.sqlstore import SqlStore
from adapter.telephony.dialstack.wire import parse_webhook
from adapter.telephony.updates import CallUpdate, IncomingDelivery
from tests.runtime.conftest import HandClock

ROWS = Path(__file__).with_name("version_before.sql")
LEFT_AT = 1_760_000_676_800
"""A second after the last row was written (Unix milliseconds)."""


def agent(number: int) -> AgentKey:
    """One of the fifteen."""
    return AgentKey("00D000000000001AAA", f"005{number:012}AAA")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """The database, opened by our own code."""
    file = tmp_path / "before.db"
    with closing(sqlite3.connect(file)) as before, before:
        before.executescript(ROWS.read_text())
    before.close()
    opened = await open_store(f"sqlite:///{file}", clock_ms=lambda: LEFT_AT)
    yield opened
    await opened.close()


@pytest.fixture
def agents(store: SqlStore) -> Agents:
    """They go on under the rules that they had."""
    return Agents(store, LocalHints(), Policy(save=SavePolicy(read_back=True)))


@pytest.fixture
def intake(store: SqlStore, agents: Agents) -> Intake:
    """The provider goes on, too."""
    return Intake(agents, store, HandClock(LEFT_AT), _read)


def _read(_account: str, body: bytes, at: int) -> CallUpdate | None:
    return parse_webhook(body, at).update


def delivery(event_id: str, kind: str, **data: str) -> IncomingDelivery:
    """A webhook of today."""
    told = {"id": event_id, "type": kind, "account_id": "acct_1", "data": data}
    body = json.dumps(told).encode()
    return IncomingDelivery("acct_1", event_id, kind, body, _read("acct_1", body, LEFT_AT))


async def test_every_agent_is_in_its_phase_with_what_it_had(agents: Agents) -> None:
    """The names under which stages are stored are older than those of our classes."""
    phases = {
        1: Phase.IDLE,
        2: Phase.RINGING_USER_DEVICES,
        3: Phase.DIALING_DESTINATION,
        4: Phase.BRIDGED,
        5: Phase.RINGING_INBOUND,
        6: Phase.WRAPUP,
        7: Phase.IDLE,
        8: Phase.WRAPUP,
        9: Phase.RINGING_USER_DEVICES,
    }
    found = {n: (await agents.snapshot(agent(n))).agent for n in phases}
    assert {n: one.phase for n, one in found.items()} == phases
    assert isinstance(found[6].calls[0].stage, Wrapup)
    assert isinstance(found[7].calls[0].stage, AgentNoAnswer)
    assert isinstance(found[8].calls[0].stage, AwaitingCdr)
    assert [answer.code for answer in found[1].answers] == ["placed", "refused-impossible"]
    assert [notice.code for notice in found[7].notices] == ["unknown-outcome", "not-picked-up"]
    assert [match.object_type for match in found[5].calls[0].matches] == ["", "Account"]
    assert found[9].call_center == CallCenterSettings(30_000, ("Sale", "No sale"), "DE", "9")


async def test_a_talk_continues_and_its_text_is_repaired(agents: Agents, intake: Intake) -> None:
    """The end comes to the new version; the half emoji of the old one is in no one's way."""
    before = (await agents.snapshot(agent(4))).agent.calls[0]
    assert before.record is not None
    assert (before.record.name, before.draft.notes) == ("Zoe �", "half � here")
    end = {"call_id": "p12", "direction": "outbound", "user_id": "user_4", "status": "completed"}
    ended_at = "2025-10-09T09:04:36.800Z"
    outcome = await intake.take(delivery("evt_new", "call.end", ended_at=ended_at, **end))
    assert outcome is DeliveryOutcome.APPLIED
    after = await agents.snapshot(agent(4))
    assert after.agent.phase is Phase.WRAPUP
    (log,) = after.logs
    assert (log.wanted.talk_ms, log.wanted.outcome) == (604_600, Outcome.ANSWERED)
    assert log.wanted.draft.notes == "half � here"


async def test_a_delivery_stored_by_the_old_version_is_a_duplicate(intake: Intake) -> None:
    """What was acknowledged stays acknowledged."""
    again = delivery("evt_006", "call.answered", call_id="p12", user_id="user_4")
    assert await intake.take(again) is DeliveryOutcome.DUPLICATE


async def test_parked_deliveries_are_replayed(
    store: SqlStore, agents: Agents, intake: Intake
) -> None:
    """The new version hears whose call it is, and applies what the old one put aside."""
    assert len((await store.route("acct_1", "p30")).parked) == 2
    ringing = delivery(
        "evt_new", "call.ringing", call_id="p30", user_id="user_1", direction="inbound"
    )
    assert await intake.take(ringing) is DeliveryOutcome.APPLIED
    assert (await store.route("acct_1", "p30")).parked == ()
    assert (await agents.snapshot(agent(1))).agent.phase is Phase.BRIDGED


async def test_a_call_that_waits_for_its_cdr_gets_it(agents: Agents) -> None:
    """The question of before is answered now."""
    record = Facts(
        connected=Known(1_760_000_229_000, Source.CDR),
        ended=Known(1_760_000_229_700, Source.CDR),
    )
    turn = await agents.handle(agent(8), CdrFound(LEFT_AT, "c16", True, "p16", record))
    (log,) = turn.logs.values()
    assert log.wanted.talk_ms == 700


async def test_every_old_deadline_is_due(store: SqlStore, agents: Agents) -> None:
    """The sweeper finds whom it must look at; time passes for all of them."""
    day = LEFT_AT + 86_400_000
    for key in await store.due(day, 100):
        await agents.handle(key, TimePassed(day))
    assert agent(2) not in await store.due(LEFT_AT, 100)


def saved(call: str, task: str) -> LogSaved:
    """The page that had the go reports."""
    return LogSaved(LEFT_AT, "page_1", 1, f"nonce_{call}", task)


LOGS: list[tuple[int, str, type, LogEvent, type]] = [
    (6, "c14", Pending, LogAccepted(LEFT_AT, "page_9", "n"), Attempting),
    (10, "c20", Attempting, saved("c20", "00T000000000020AAA"), Pending),
    (11, "c21", Unknown, saved("c21", "00T000000000021AAA"), Saved),
    (11, "c21", Unknown, LogTimePassed(LEFT_AT), Verifying),
    (12, "c22", Verifying, RecordsFound(LEFT_AT, ("00T000000000022AAA",)), Saved),
    (13, "c23", Tray, TrayDecided(LEFT_AT, "save_again"), Pending),
    (15, "c25", Tray, TrayDecided(LEFT_AT, "dismiss"), Closed),
]


@pytest.mark.parametrize(("number", "log_id", "before", "event", "after"), LOGS)
async def test_a_log_continues_after_the_upgrade(  # noqa: PLR0917 - a row of the table
    store: SqlStore,
    agents: Agents,
    number: int,
    log_id: str,
    before: type,
    event: LogEvent,
    after: type,
) -> None:
    """From each state in which the old version left one."""
    found = await store.log(agent(number), log_id)
    assert found is not None
    assert isinstance(found.state, before)
    turn = await agents.handle_log_event(agent(number), log_id, event)
    log = turn.logs[log_id]
    # A Task may be given more than the version before did: then it is saved, and updated once more.
    assert isinstance(log.saved if after is Saved else log.state, after)


async def test_finished_calls_can_still_be_read(store: SqlStore) -> None:
    """Settled, closed by hand after an error with half a letter, doubled; a session."""
    settled, closed = await store.log(agent(1), "c1"), await store.log(agent(14), "c24")
    doubled = await store.log(agent(15), "c25")
    assert settled is not None
    assert closed is not None
    assert doubled is not None
    assert settled.saved is not None
    assert (settled.saved.record_id, type(settled.state)) == ("00T000000000001AAA", Settled)
    assert isinstance(closed.state, Closed)
    assert isinstance(doubled.state, Tray)
    assert doubled.state.reason is TrayReason.DOUBLED
    session = await store.session("ab" * 32)
    assert session is not None
    assert session.name == "Ada �"
