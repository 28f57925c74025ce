"""Effects become requests, and what comes of them comes back as an event."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from adapter.core.availability import Applied, AvailabilityChosen, Status
from adapter.core.effects import PlaceCall, PopScreen, SetAvailability
from adapter.core.events import CallPlaced, ControlRequested, DialRequested
from adapter.core.logs.events import ProbePage, ReadBack
from adapter.core.model import Acceptance, Agent, AgentKey, Phase, Placing
from adapter.metrics import Metrics
from adapter.runtime import retries
from adapter.runtime.perform import Performer, set_availability
from adapter.runtime.turn import Step, Turn
from adapter.storage.port import StorageError
from adapter.storage.sqlite import SqliteStore
from adapter.telephony.port import ProviderError, Rejected, Silence, Unknown, Unsupported
from adapter.telephony.updates import Moment
from tests.fakes.tenants import OneTenant, a_tenant
from tests.runtime.conftest import (
    ADA,
    LINE,
    Bench,
    HandClock,
    HandProvider,
    a_bench,
    incoming,
    news,
)


async def dial(bench: Bench) -> Agent:
    """Click, wait for the outcome, and see the agent."""
    await bench.greet()
    click = DialRequested(1_000_000, "r1", "ours", "+12025550143", 1_000_000, ring_profile="desk")
    await bench.agents.handle(ADA, click)
    await bench.settle()
    return (await bench.agents.snapshot(ADA)).agent


async def test_a_placement_is_requested_once_with_the_agents_choices(bench: Bench) -> None:
    """User, number, ring profile; accepted by the provider's word."""
    agent = await dial(bench)
    assert bench.provider.asked == [("place", "user_ada", "+12025550143", "desk")]
    stage = agent.calls[0].stage
    assert isinstance(stage, Placing)
    assert stage.acceptance is Acceptance.ACCEPTED


@pytest.mark.parametrize("error", [Rejected("no", "User not found"), Unsupported("Cannot do that")])
async def test_a_placement_that_certainly_failed_frees_the_agent(
    bench: Bench, error: ProviderError
) -> None:
    """Idle, with the provider's words."""
    bench.provider.fails = error
    agent = await dial(bench)
    assert agent.phase is Phase.IDLE
    assert error.text in agent.answers[-1].text


@pytest.mark.interpreted
@pytest.mark.parametrize(("times", "acceptance"), [(2, Acceptance.ACCEPTED), (3, Acceptance.ASKED)])
async def test_an_outcome_that_cannot_be_stored_is_reported_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, times: int, acceptance: Acceptance
) -> None:
    """A disk that is full for a moment; after that there is the deadline."""
    monkeypatch.setattr(retries, "AGAIN_SECONDS", (0.0, 0.0))
    handle, failures = bench.agents.handle, [StorageError("disk is full")] * times

    async def failing(key: AgentKey, *steps: Step) -> Turn:
        if isinstance(steps[0], CallPlaced) and failures:
            raise failures.pop()
        return await handle(key, *steps)

    monkeypatch.setattr(bench.agents, "handle", failing)
    with capture_logs() as lines:
        agent = await dial(bench)
    (stage,) = [call.stage for call in agent.calls]
    assert isinstance(stage, Placing)
    assert stage.acceptance is acceptance
    lost = [line for line in lines if line["event"] == "effect.outcome_not_stored"]
    assert [(line["call"], line["again_in"]) for line in lost] == [
        ("ours", again) for again in (0.0, 0.0, None)[:times]
    ]


@pytest.mark.parametrize("error", [Unknown("It timed out"), KeyError("a driver's bug")])
async def test_a_placement_that_may_have_succeeded_is_never_repeated(
    bench: Bench, error: Exception
) -> None:
    """Unconfirmed, through every deadline that follows."""
    bench.provider.fails = error
    agent = await dial(bench)
    stage = agent.calls[0].stage
    assert isinstance(stage, Placing)
    assert stage.acceptance is Acceptance.UNCONFIRMED
    for _ in range(20):
        bench.clock.at += 60_000
        await bench.sweeper.sweep()
        await bench.settle()
    assert [what[0] for what in bench.provider.asked].count("place") == 1
    assert (await bench.agents.snapshot(ADA)).agent.calls == ()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, "done"),
        (Unsupported("no hold"), "unsupported"),
        (Rejected("no", "not now"), "provider-refused"),
        (Unknown("lost"), "unknown-outcome"),
        (KeyError("a driver's bug"), "unknown-outcome"),
    ],
)
async def test_a_control_is_always_answered(
    bench: Bench, error: Exception | None, code: str
) -> None:
    """Each kind of failure has its own stable code."""
    await dial(bench)
    await bench.intake.take(incoming(news(Moment.DIALED)))
    bench.provider.fails = error
    await bench.agents.handle(ADA, ControlRequested(1_000_000, "r2", "ours", "hold"))
    await bench.settle()
    answers = (await bench.agents.snapshot(ADA)).agent.answers
    assert [(a.request_id, a.code) for a in answers][-1] == ("r2", code)
    assert bench.provider.asked[-1] == ("control", "pc1", "hold", "")


@pytest.mark.parametrize("action", ["complete", "transfer"])
async def test_a_call_that_goes_on_without_the_agent_was_handed_over(
    bench: Bench, action: str
) -> None:
    """Announced or not, it is the same to the agent."""
    await dial(bench)
    await bench.intake.take(incoming(news(Moment.DIALED)))
    await bench.agents.handle(ADA, ControlRequested(1_000_000, "r2", "ours", action, "204"))
    await bench.settle()
    assert (await bench.agents.snapshot(ADA)).agent.answers[-1].code == "transferred"


class Quiet(HandProvider):
    """A provider that knows whether phones can ring."""

    silent: Silence | ProviderError | None = None

    async def silence(self, user_id: str) -> Silence | None:
        """As the test says."""
        self.asked.append(("silence", user_id))
        if isinstance(self.silent, ProviderError):
            raise self.silent
        return self.silent


@pytest.mark.parametrize(
    ("silent", "codes"),
    [
        (None, []),
        (Silence.DO_NOT_DISTURB, ["do-not-disturb"]),
        (Silence.OFFLINE, ["phone-offline"]),
        (Unknown("no answer"), []),
        (Rejected("http-404", "no such thing"), []),
    ],
)
async def test_a_silent_phone_is_reported_after_the_placement(
    tmp_path: Path, silent: Silence | ProviderError | None, codes: list[str]
) -> None:
    """The call is placed first: a question must not hold it up, nor its failure say anything."""
    clock, provider = HandClock(), Quiet()
    provider.silent = silent
    store = await SqliteStore.open(tmp_path / "test.db", clock_ms=clock.now)
    async with a_bench(store, clock, provider) as bench:
        agent = await dial(bench)
    assert [what[0] for what in provider.asked] == ["place", "silence"]
    assert [notice.code for notice in agent.notices] == codes


async def test_a_placement_is_confirmed_before_its_phones_are_checked(
    tmp_path: Path,
) -> None:
    """A provider that takes its time over the question holds up nobody's view."""
    clock, provider = HandClock(), Quiet()
    store = await SqliteStore.open(tmp_path / "test.db", clock_ms=clock.now)
    async with a_bench(store, clock, provider) as bench:
        known: list[Acceptance] = []

        async def look(user_id: str) -> Silence | None:
            snapshot = await bench.store.load(ADA)
            assert snapshot is not None
            stages = [call.stage for call in snapshot.agent.calls]
            known.extend(one.acceptance for one in stages if isinstance(one, Placing))
            return None

        provider.silence = look  # type: ignore[method-assign]
        await dial(bench)
    assert known == [Acceptance.ACCEPTED]


async def test_an_unreadable_cdr_is_read_again(bench: Bench) -> None:
    """A driver's bug is no evidence that there was no call: it is logged, and no answer."""
    await dial(bench)
    bench.provider.fails = KeyError("a driver's bug")
    with capture_logs() as lines:
        for _ in range(4):
            bench.clock.at += 60_000
            await bench.sweeper.sweep()
            await bench.settle()
    failed = [line for line in lines if line["event"] == "effect.failed"]
    assert {(line["agent"], line["call"], line["effect"]) for line in failed} == {
        (str(ADA), "ours", "FindCdr")
    }
    assert "task.failed" not in {line["event"] for line in lines}
    assert [what[0] for what in bench.provider.asked].count("cdrs") > 1


async def test_an_effect_that_cannot_start_does_not_block_others(
    bench: Bench,
) -> None:
    """A pop and a log's question fail at once: the call that comes with them is placed."""
    await bench.greet()
    metrics = Metrics()
    pages: Any = SimpleNamespace()  # has nothing of what is asked of it
    performer = Performer(
        agents=bench.agents,
        store=bench.store,
        tenants=OneTenant(a_tenant(bench.provider, LINE.account)),
        pages=pages,
        tasks=bench.tasks,
        clock=bench.clock,
        deliver=bench.intake.take,
        metrics=metrics,
    )
    turn = Turn(Agent(ADA), {})
    effects = (PopScreen("in1", "page1", ""), PlaceCall("ours", LINE, "+12025550143"))
    log_effects = (ProbePage("page1"), ReadBack("log1", ADA))
    with capture_logs() as lines:
        performer.perform(ADA, turn, effects, log_effects)
        await bench.settle()
    assert [what[0] for what in bench.provider.asked] == ["place"]
    told = [(one["effect"], one["call"]) for one in lines if one["event"] == "effect.not_started"]
    assert told == [("PopScreen", "in1"), ("ProbePage", None), ("ReadBack", "log1")]
    counted = generate_latest(metrics.registry).decode()
    assert 'outcomes_total{effect="PopScreen",outcome="NotStarted"} 1' in counted


AWAY, DND, AVAILABLE = Status.AWAY, Status.DO_NOT_DISTURB, Status.AVAILABLE


class Pausing(HandProvider):
    """A provider that keeps calls from its users; `queued` ones only from queues."""

    refusal: Exception | None = None
    queued = True

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """As the test says."""
        if self.refusal is not None:
            raise self.refusal
        self.asked.append(("pause", user_id, status.value, str(on), reason))
        return status is DND or self.queued


def wish(held: Status, *undo: Status, reason: str = "") -> SetAvailability:
    """A request of five o'clock."""
    return SetAvailability(LINE, 17, held, reason, undo)


async def test_the_old_state_is_released_before_the_new_one_is_set() -> None:
    """In that order: at no moment both."""
    provider = Pausing()
    lunch = wish(AWAY, DND, reason="Lunch")
    told = await set_availability(provider, ADA, lunch, lambda: 18)
    assert (told.asked_at, told.held, told.applied) == (17, AWAY, Applied.DONE)
    assert provider.asked == [
        ("pause", "user_ada", "do-not-disturb", "False", ""),
        ("pause", "user_ada", "away", "True", "Lunch"),
    ]


async def test_an_available_agent_holds_no_state() -> None:
    """Only what was held is given up."""
    provider = Pausing()
    told = await set_availability(provider, ADA, wish(AVAILABLE, AWAY), lambda: 18)
    assert told.applied is Applied.DONE
    assert provider.asked == [("pause", "user_ada", "away", "False", "")]


async def test_an_agent_in_no_queue_is_only_shown() -> None:
    """There is nothing to pause."""
    provider = Pausing()
    provider.queued = False
    told = await set_availability(provider, ADA, wish(AWAY), lambda: 18)
    assert told.applied is Applied.SHOWN


@pytest.mark.parametrize(
    ("error", "applied"),
    [
        (Rejected("no", "not now"), Applied.REFUSED),
        (Unknown("lost"), Applied.UNKNOWN),
        (KeyError("a driver's bug"), Applied.UNKNOWN),
    ],
)
async def test_a_failure_is_reported_by_its_kind(error: Exception, applied: Applied) -> None:
    """Surely not, or perhaps."""
    provider = Pausing()
    provider.refusal = error
    assert (await set_availability(provider, ADA, wish(DND), lambda: 18)).applied is applied


async def test_a_driver_without_availability_says_so() -> None:
    """Nor does an account that is gone."""
    for driver in (HandProvider(), None):
        told = await set_availability(driver, ADA, wish(DND), lambda: 18)
        assert told.applied is Applied.REFUSED


async def test_an_availability_change_is_answered_with_the_phone_systems_state(
    tmp_path: Path,
) -> None:
    """From the agent's choice to the agent's value."""
    clock, provider = HandClock(), Pausing()
    store = await SqliteStore.open(tmp_path / "test.db", clock_ms=clock.now)
    async with a_bench(store, clock, provider) as bench:
        await _pauses(bench)
    assert provider.asked[-1] == ("pause", "user_ada", "do-not-disturb", "True", "")


async def _pauses(bench: Bench) -> None:
    await bench.greet()
    await bench.agents.handle(ADA, AvailabilityChosen(bench.clock.at, DND))
    await bench.settle()
    now = (await bench.agents.snapshot(ADA)).agent.availability
    assert (now.status, now.applied) == (DND, Applied.DONE)
