"""Records that we write: what becomes of each try is told to its log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from adapter.core.effects import OpenRecord
from adapter.core.events import InboundRinging, PageGreeted
from adapter.core.facts import Direction
from adapter.core.logs.events import WriteRecord, WritingEnded
from adapter.core.logs.model import Attempt, CallLog, Pending, Settled, Tray, Writing
from adapter.core.logs.writing import decide_writing, newly_opened
from adapter.core.policy import SavePolicy
from adapter.core.route import Route
from adapter.page.port import IncomingCall, Refused, Unknown, WriteOutcome, Written
from adapter.page.records import Records
from adapter.storage.port import AgentChange, Commit, StorageError
from tests.core.gate import new_log
from tests.core.people import KEY, LINE, known, report
from tests.runtime.conftest import Bench


class Writer:
    """Salesforce's answers, in order."""

    def __init__(self, *outcomes: WriteOutcome) -> None:
        self.outcomes = list(outcomes)
        self.opened: list[IncomingCall] = []
        self.written: list[int] = []

    async def open(self, call: IncomingCall) -> WriteOutcome:
        """One creation."""
        self.opened.append(call)
        return self.outcomes.pop(0)

    async def write(self, log: CallLog, attempt: Attempt) -> WriteOutcome:
        """One completion."""
        self.written.append(attempt.number)
        return self.outcomes.pop(0)


def records(bench: Bench, writer: Writer | None) -> Records:
    """Ours, with that way to Salesforce."""
    return Records(bench.agents, bench.tasks, bench.clock, lambda _key: writer)


async def a_log_to_write(bench: Bench) -> tuple[CallLog, WriteRecord]:
    """A log whose agent has finished, committed as being written."""
    now = bench.clock.now()
    log = replace(new_log(), route=Route.BACKEND, state=newly_opened(now, 0), agent=KEY)
    decision = decide_writing(log, WritingEnded(now), SavePolicy())
    (effect,) = decision.effects
    assert isinstance(effect, WriteRecord)
    agent = replace((await bench.agents.snapshot(KEY)).agent, key=KEY)
    await bench.store.commit(Commit((AgentChange(0, agent, None, (decision.log,)),)))
    bench.agents.forget(KEY)
    return decision.log, effect


async def state_of(bench: Bench, log_id: str = "c1") -> Any:
    """Where the log stands in the store."""
    log = await bench.store.log(KEY, log_id)
    assert log is not None
    return log.state


@pytest.mark.parametrize(
    ("outcome", "is_right"),
    [
        (Written("0LQ1"), lambda state: isinstance(state, Settled)),
        (Unknown("ReadTimeout"), lambda state: isinstance(state, Pending)),
        (Refused("HTTP_429", "busy", wait_ms=90_000), lambda state: isinstance(state, Pending)),
        (Refused("HTTP_400", "no", permanent=True), lambda state: isinstance(state, Tray)),
    ],
    ids=["written", "unknown", "busy", "refused"],
)
async def test_every_outcome_reaches_the_log(
    bench: Bench, outcome: WriteOutcome, is_right: Callable[[object], bool]
) -> None:
    """And is in the store before anything else."""
    log, effect = await a_log_to_write(bench)
    writer = Writer(outcome)
    records(bench, writer).write(KEY, log, effect)
    await bench.settle()
    assert writer.written == [1]
    assert is_right(await state_of(bench))


async def test_an_org_without_salesforce_voice_keeps_its_logs_for_later(bench: Bench) -> None:
    """Somebody took the setting away while a log waited."""
    log, effect = await a_log_to_write(bench)
    records(bench, None).write(KEY, log, effect)
    await bench.settle()
    assert isinstance(await state_of(bench), Pending)


@pytest.mark.interpreted
async def test_an_outcome_that_cannot_be_stored_leaves_it_to_the_deadline(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is then unknown, and written once more."""
    log, effect = await a_log_to_write(bench)

    async def fails(*_: object) -> None:
        raise StorageError("locked")

    monkeypatch.setattr(bench.agents, "handle_log_event", fails)
    records(bench, Writer(Written())).write(KEY, log, effect)
    await bench.settle()
    assert isinstance(await state_of(bench), Writing)


async def test_the_record_of_a_ringing_call_is_made_once_and_shown(bench: Bench) -> None:
    """Whatever becomes of it, nobody asks a second time."""
    now = bench.clock.now()
    writer = Writer(Written("0LQ1"), Unknown("ReadTimeout"))
    greeted = PageGreeted(now, LINE, "Ann", "UTC", "voice", Route.BACKEND)
    rings = report(InboundRinging, now, known(direction=Direction.INBOUND, number="+12125550199"))
    await bench.agents.handle(KEY, greeted, rings)
    ours = records(bench, writer)
    ours.open(KEY, OpenRecord("fresh", "+12125550199", now))
    ours.open(KEY, OpenRecord("fresh", "+12125550199", now))
    await bench.settle()
    (call,) = (await bench.agents.snapshot(KEY)).agent.calls
    assert call.host_record == "0LQ1"
    assert [one.caller for one in writer.opened] == ["+12125550199"] * 2
    records(bench, None).open(KEY, OpenRecord("fresh", "", now))
    await bench.settle()
