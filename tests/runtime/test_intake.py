"""Deliveries: once each, to whom they concern, durable when acknowledged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from itertools import permutations
from typing import NoReturn

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from adapter.core.events import DialRequested
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.model import AgentKey, Phase, TelephonyUser
from adapter.page.page import Page
from adapter.runtime.intake import DeliveryOutcome
from adapter.storage.port import Done, Snapshot, StorageError
from adapter.storage.rows import snapshot_text
from adapter.storage.threadbridge import outcome_of
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.updates import CallUpdate, IncomingDelivery, Moment
from tests.runtime.conftest import ADA, BOB, LINE, Bench, incoming, news

INBOUND = Facts(
    direction=Known(Direction.INBOUND, Source.EVENT), number=Known("+12025550143", Source.EVENT)
)


async def phase(bench: Bench) -> Phase:
    """Ada's, as the store has it."""
    bench.agents.forget(ADA)
    return (await bench.agents.snapshot(ADA)).agent.phase


async def test_an_update_reaches_the_agent_whose_user_it_names(bench: Bench) -> None:
    """A desk phone's call, told by the user alone."""
    await bench.greet()
    assert await bench.intake.take(incoming(news(Moment.DIALED))) is DeliveryOutcome.APPLIED
    assert await phase(bench) is Phase.DIALING_DESTINATION


async def test_an_applied_delivery_is_logged_at_debug_level(bench: Bench) -> None:
    """With its call and its agent; metrics count it, and the store can be asked to show it."""
    await bench.greet()
    with capture_logs() as lines:
        await bench.intake.take(incoming(news(Moment.DIALED)))
    (line,) = (line for line in lines if line["event"] == "delivery.applied")
    (call,) = (await bench.agents.snapshot(ADA)).agent.calls
    assert (line["log_level"], line["agent"], line["call"]) == ("debug", str(ADA), call.call_id)


async def test_a_repeated_delivery_is_applied_once(bench: Bench) -> None:
    """At the same time, too: one applies, the others are duplicates."""
    await bench.greet()
    fates = await asyncio.gather(
        *(bench.intake.take(incoming(news(Moment.DIALED))) for _ in range(8))
    )
    assert sorted(fates) == [DeliveryOutcome.APPLIED] + [DeliveryOutcome.DUPLICATE] * 7
    assert len((await bench.agents.snapshot(ADA)).agent.calls) == 1


async def test_an_unclaimed_delivery_is_parked_and_replayed(bench: Bench) -> None:
    """The answer overtakes the pick-up, without a user: it waits until the call is somebody's."""
    await bench.greet()
    early = incoming(news(Moment.CONNECTED, user=None), "evt_1", b"connected")
    assert await bench.intake.take(early) is DeliveryOutcome.PARKED
    assert await phase(bench) is Phase.IDLE
    assert (
        await bench.intake.take(incoming(news(Moment.DIALED), "evt_2")) is DeliveryOutcome.APPLIED
    )
    assert await phase(bench) is Phase.BRIDGED
    assert (await bench.store.route(LINE.account, "pc1")).parked == ()


async def test_an_update_matches_its_placement(bench: Bench) -> None:
    """No second call: the click's own goes on."""
    await bench.greet()
    click = DialRequested(1_000_000, "r1", "ours", "+12025550143", 1_000_000)
    await bench.agents.handle(ADA, click)
    await bench.settle()
    await bench.intake.take(incoming(news(Moment.DIALED)))
    assert [c.call_id for c in (await bench.agents.snapshot(ADA)).agent.calls] == ["ours"]


async def test_a_delivery_about_no_call_is_kept(bench: Bench) -> None:
    """Twice the same is a duplicate all the same."""
    assert await bench.intake.take(incoming(None)) is DeliveryOutcome.IGNORED
    assert await bench.intake.take(incoming(None)) is DeliveryOutcome.DUPLICATE


async def test_ringing_at_another_users_phone_is_not_ours(bench: Bench) -> None:
    """Bob's call does not ring at Ada's."""
    await bench.greet()
    await bench.greet(BOB, TelephonyUser(LINE.account, "user_bob"))
    await bench.intake.take(incoming(news(Moment.RINGING, user="user_bob")))
    assert await phase(bench) is Phase.IDLE
    assert len((await bench.agents.snapshot(BOB)).agent.calls) == 1


async def test_the_usual_delivery_reads_nothing_before_its_commit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the line and the call is remembered; the commit itself checks it."""
    await bench.greet()
    await bench.intake.take(incoming(news(Moment.DIALED, call="pc0"), "evt_0"))

    async def ask(*_: object) -> NoReturn:
        pytest.fail("the store was asked")

    monkeypatch.setattr(bench.store, "route", ask)
    monkeypatch.setattr(bench.store, "agents_of", ask)
    for event_id, moment in (("evt_1", Moment.DIALED), ("evt_2", Moment.CONNECTED)):
        assert await bench.intake.take(incoming(news(moment), event_id)) is DeliveryOutcome.APPLIED


# --- two replicas -------------------------------------------------------------------------------


async def test_a_replica_with_an_old_cache_decides_again_on_the_newer_value(
    pair: tuple[Bench, Bench],
) -> None:
    """What it remembers makes nothing of the news; what the store has makes a connection of it."""
    here, there = pair
    await here.greet()
    await there.agents.snapshot(ADA)
    assert await here.intake.take(incoming(news(Moment.DIALED), "evt_1")) is DeliveryOutcome.APPLIED
    old = there.agents.cached(ADA)
    assert old is not None
    assert old.agent.calls == ()
    assert (
        await there.intake.take(incoming(news(Moment.CONNECTED), "evt_2"))
        is DeliveryOutcome.APPLIED
    )
    assert await phase(here) is Phase.BRIDGED
    assert (
        await here.intake.take(incoming(news(Moment.CONNECTED), "evt_2"))
        is DeliveryOutcome.DUPLICATE
    )


async def test_one_agents_updates_at_two_replicas_give_one_history(
    pair: tuple[Bench, Bench],
) -> None:
    """The end at the one, the answer at the other, each told to both: one call, one log."""
    here, there = pair
    await here.greet()
    told = [
        incoming(news(moment), f"evt_{moment}")
        for moment in (Moment.DIALED, Moment.CONNECTED, Moment.ENDED)
    ]
    fates = await asyncio.gather(
        *(bench.intake.take(one) for one in told for bench in (here, there)),
    )
    assert sorted(fates) == [DeliveryOutcome.APPLIED] * 3 + [DeliveryOutcome.DUPLICATE] * 3
    here.agents.forget(ADA)
    snapshot = await here.agents.snapshot(ADA)
    (call,) = snapshot.agent.calls
    assert (call.provider_call_id, call.facts.is_over) == ("pc1", True)
    assert call.facts.connected is not None


async def test_a_route_remembered_here_and_changed_there_is_read_again(
    pair: tuple[Bench, Bench],
) -> None:
    """The call got an owner, and its line another agent, at the other replica."""
    here, there = pair
    await here.greet()
    assert (
        await here.intake.take(incoming(news(Moment.DIALED, call="pc0"), "evt_0"))
        is DeliveryOutcome.APPLIED
    )
    await there.greet(BOB)
    assert (
        await there.intake.take(incoming(news(Moment.DIALED), "evt_1")) is DeliveryOutcome.APPLIED
    )
    untold = incoming(news(Moment.CONNECTED, user=None), "evt_2")
    assert await here.intake.take(untold) is DeliveryOutcome.APPLIED
    for key in (ADA, BOB):
        here.agents.forget(key)
        calls = (await here.agents.snapshot(key)).agent.calls
        found = [call for call in calls if call.provider_call_id == "pc1"]
        assert [call.phase for call in found] == [Phase.BRIDGED]


@pytest.mark.parametrize("mine", [ADA, BOB], ids=["Ada's", "Bob's"])
async def test_an_agent_read_again_meanwhile_still_gets_the_call(
    mine: AgentKey, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's greeting has the store read again, just as a call's agents are being read.

    Which of the two is read first is the set's to say: so each is the one who is called.
    """
    users = {ADA: "user_1", BOB: "user_2"}
    for key, user in users.items():
        await bench.greet(key, TelephonyUser(LINE.account, user))
    (other,) = users.keys() - {mine}
    rings = replace(news(Moment.RINGING, user=users[other]), facts=INBOUND)
    await bench.intake.take(incoming(rings, "evt_1"))
    for key in users:
        bench.agents.forget(key)
    real, read = bench.store.load, list[AgentKey]()

    async def load(key: AgentKey) -> Snapshot | None:
        found = await real(key)
        for earlier in read[:1]:
            bench.agents.forget(earlier)
        read.append(key)
        return found

    monkeypatch.setattr(bench.store, "load", load)
    rings = replace(news(Moment.RINGING, user=users[mine]), facts=INBOUND)
    assert await bench.intake.take(incoming(rings, "evt_2")) is DeliveryOutcome.APPLIED
    monkeypatch.undo()
    for key in users:
        (call,) = (await bench.agents.snapshot(key)).agent.calls
        assert call.provider_call_id == "pc1"


async def test_a_hinted_value_need_not_be_read(
    pair: tuple[Bench, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The value comes with the hint, and with it how the call is routed: no second decision."""
    here, there = pair
    await here.greet()
    await there.agents.snapshot(ADA)
    dialed = incoming(news(Moment.DIALED), "evt_1")
    assert await here.intake.take(dialed) is DeliveryOutcome.APPLIED
    committed = here.agents.cached(ADA)
    assert committed is not None
    there.agents.routes._agents[LINE] = frozenset({ADA})
    there.agents.learn(ADA, committed.version, snapshot_text(committed))
    assert there.agents.cached(ADA) == committed

    def not_read(*_: object) -> None:
        raise AssertionError("it was read")

    for name in ("load", "route", "agents_of"):
        monkeypatch.setattr(there.store, name, not_read)
    connected = incoming(news(Moment.CONNECTED), "evt_2")
    assert await there.intake.take(connected) is DeliveryOutcome.APPLIED
    bridged = there.agents.cached(ADA)
    assert bridged is not None
    assert bridged.agent.phase is Phase.BRIDGED


async def test_a_ringing_call_and_its_screen_pop_are_one_commit(bench: Bench) -> None:
    """Where the agent's page is here, it is claimed at once: one version, one view, one pop."""
    await bench.greet()
    frames: list[dict[str, object]] = []
    page = Page("p1", ADA, lambda text: frames.append(json.loads(text)), lambda *_: None)
    bench.pages.add(page)
    bench.hints.listen(bench.pages.hinted)
    before = (await bench.agents.snapshot(ADA)).version
    caller = Facts(direction=Known(Direction.INBOUND, Source.EVENT))
    await bench.intake.take(incoming(CallUpdate(Moment.RINGING, "pc1", LINE.user, caller)))
    await bench.settle()
    assert (await bench.agents.snapshot(ADA)).version == before + 1
    assert [frame["type"] for frame in frames] == ["view", "pop"]


# --- a ring group: one call rings at several ------------------------------------------------------

BOBS = TelephonyUser(LINE.account, "user_bob")
RANG, TAKEN, OVER = 1_000_000, 1_005_000, 1_065_000


def to_group(call: str, moment: Moment, user: str | None) -> CallUpdate:
    """What is said of an inbound call that Bob took."""
    facts = Facts(
        direction=Known(Direction.INBOUND, Source.EVENT),
        number=Known("+12025550143", Source.EVENT),
        started=Known(RANG, Source.EVENT),
    )
    if moment in {Moment.CONNECTED, Moment.ENDED}:
        facts = facts.join(Facts(connected=Known(TAKEN, Source.EVENT)))
    if moment is Moment.ENDED:
        facts = facts.join(Facts(ended=Known(OVER, Source.EVENT)))
    return CallUpdate(moment, call, user, facts)


def bobs_row(call: str) -> CdrRow:
    """The call log's."""
    return CdrRow(
        provider_call_id=call,
        user_id=BOBS.user,
        direction=Direction.INBOUND,
        from_number="+12025550143",
        started_at=RANG,
        connected_at=TAKEN,
        ended_at=OVER,
        status="completed",
    )


async def logged(bench: Bench, key: AgentKey) -> dict[str, int | None]:
    """The talk (ms) of each call in the agent's logs."""
    logs = (await bench.agents.snapshot(key)).logs
    return {log.provider_call_id: log.wanted.talk_ms for log in logs}


async def play_group(bench: Bench, told: Sequence[CallUpdate]) -> None:
    """All of it arrives; then every deadline passes."""
    for number, one in enumerate(told):
        delivery = incoming(one, f"{one.provider_call_id}-{number}", one.moment.value.encode())
        await bench.intake.take(delivery)
        await bench.settle()
    bench.clock.at += 130_000
    for _ in range(3):
        await bench.sweeper.sweep()
        await bench.settle()
        bench.clock.at += 61_000


async def test_only_the_agent_who_answered_a_group_call_has_a_task(bench: Bench) -> None:
    """In whatever order it is told: no missed call, and no talk, for who was only rung."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    moments = [
        (Moment.RINGING, LINE.user),
        (Moment.RINGING, BOBS.user),
        (Moment.CONNECTED, BOBS.user),
        (Moment.ENDED, BOBS.user),
    ]
    orders = list(permutations(moments))
    for number, order in enumerate(orders):
        call = f"pc{number}"
        bench.provider.rows = [bobs_row(call)]
        await play_group(bench, [to_group(call, moment, user) for moment, user in order])
    assert await logged(bench, ADA) == {}
    talks = await logged(bench, BOB)
    assert talks == {f"pc{number}": OVER - TAKEN for number in range(len(orders))}


CAROL = AgentKey(ADA.org_id, "005000000000003")
CAROLS = TelephonyUser(LINE.account, "user_carol")
CALLERS_SIDE, COLLEAGUES_SIDE = (Moment.CONNECTED, LINE.user), (Moment.CONNECTED, BOBS.user)


@pytest.mark.parametrize("direction", [Direction.INTERNAL, None], ids=["stated", "stated once"])
@pytest.mark.parametrize(
    "answers",
    [(CALLERS_SIDE, COLLEAGUES_SIDE), (COLLEAGUES_SIDE, CALLERS_SIDE)],
    ids=["the caller's side first", "the colleague's side first"],
)
async def test_a_colleagues_call_to_a_group_is_the_talk_of_two(
    bench: Bench, answers: Sequence[tuple[Moment, str]], direction: Direction | None
) -> None:
    """Ada calls the group, and Bob answers: Carol is idle at once and has nothing to log."""
    for key, line in ((ADA, LINE), (BOB, BOBS), (CAROL, CAROLS)):
        await bench.greet(key, line)

    def said(moment: Moment, user: str) -> CallUpdate:
        one, is_begun = to_group("pc1", moment, user), moment in {Moment.DIALED, Moment.RINGING}
        way = Direction.INTERNAL if is_begun else direction
        return replace(one, facts=replace(one.facts, direction=way and Known(way, Source.EVENT)))

    rung = [said(Moment.RINGING, user) for user in (BOBS.user, CAROLS.user)]
    for number, one in enumerate([said(Moment.DIALED, LINE.user), *rung]):
        await bench.intake.take(incoming(one, f"begun-{number}", f"{number}".encode()))
    await bench.settle()
    for number, (moment, user) in enumerate(answers):
        await bench.intake.take(incoming(said(moment, user), f"answer-{number}", user.encode()))
        await bench.settle()
    calls = [(await bench.agents.snapshot(key)).agent.calls for key in (ADA, BOB, CAROL)]
    talking = [(Phase.BRIDGED, Direction.INTERNAL)]
    assert [[(c.phase, c.direction) for c in each] for each in calls] == [talking, talking, []]
    bench.provider.rows = [
        replace(bobs_row("pc1"), user_id=LINE.user, direction=Direction.INTERNAL)
    ]
    await play_group(bench, [said(Moment.ENDED, LINE.user)])
    talks = [await logged(bench, key) for key in (ADA, BOB, CAROL)]
    assert talks == [{"pc1": OVER - TAKEN}, {"pc1": OVER - TAKEN}, {}]


async def test_the_cdr_says_whose_unnamed_group_call_it_was(
    bench: Bench,
) -> None:
    """Two agents may have taken it; only one did."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    bench.provider.rows = [bobs_row("pc1")]
    rung = [to_group("pc1", Moment.RINGING, user) for user in (LINE.user, BOBS.user)]
    unnamed = [to_group("pc1", moment, None) for moment in (Moment.CONNECTED, Moment.ENDED)]
    await play_group(bench, [*rung, *unnamed])
    assert await logged(bench, ADA) == {}
    assert await logged(bench, BOB) == {"pc1": OVER - TAKEN}


async def test_a_group_call_transferred_to_a_first_rung_agent_is_theirs(bench: Bench) -> None:
    """Bob took it and passes it to Ada: her talk is shown and logged, as if it were new."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    for number, (moment, user) in enumerate(
        [
            (Moment.RINGING, LINE.user),
            (Moment.RINGING, BOBS.user),
            (Moment.CONNECTED, BOBS.user),
            (Moment.TRANSFERRED, BOBS.user),
            (Moment.CONNECTED, LINE.user),
        ]
    ):
        await bench.intake.take(incoming(to_group("pc1", moment, user), f"evt_{number}"))
    assert await phase(bench) is Phase.BRIDGED
    (at_bob,) = (await bench.agents.snapshot(BOB)).agent.calls
    assert at_bob.phase is Phase.WRAPUP
    await bench.intake.take(incoming(to_group("pc1", Moment.ENDED, LINE.user), "evt_end"))
    assert await phase(bench) is Phase.WRAPUP
    bench.clock.at += 6_000  # the call log has been asked about both talks, and knows nothing
    await bench.sweeper.sweep()
    await bench.settle()
    assert list(await logged(bench, ADA)) == list(await logged(bench, BOB)) == ["pc1"]


async def test_a_group_call_that_names_nobody_is_nobodys_talk(bench: Bench) -> None:
    """Neither webhooks nor the call log say who took it: for each it was missed."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    bench.provider.rows = [replace(bobs_row("pc1"), user_id=None)]
    rung = [to_group("pc1", Moment.RINGING, user) for user in (LINE.user, BOBS.user)]
    unnamed = [to_group("pc1", moment, None) for moment in (Moment.CONNECTED, Moment.ENDED)]
    await play_group(bench, [*rung, *unnamed])
    for key in (ADA, BOB):
        assert await logged(bench, key) == {"pc1": None}


async def test_a_refused_and_repeated_delivery_does_not_ring_later(bench: Bench) -> None:
    """The provider signed it when the phones rang: it is a group's, and hunts nowhere."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    await bench.intake.take(incoming(to_group("pc1", Moment.RINGING, LINE.user), "evt_1"))
    rang_at = bench.clock.at
    for seconds, event_id, phase_then in (
        (8, "evt_2", Phase.RINGING_INBOUND),
        (8, "evt_3", Phase.IDLE),
    ):
        bench.clock.at += seconds * 1_000
        ringing = incoming(to_group("pc1", Moment.RINGING, BOBS.user), event_id)
        signed = rang_at if event_id == "evt_2" else bench.clock.at
        await bench.intake.take(replace(ringing, signed_at=signed / 1000))
        assert await phase(bench) is phase_then


async def test_the_talks_agent_is_told_even_after_losing_the_call(
    bench: Bench,
) -> None:
    """It seemed to hunt on from Bob to Ada, nobody was named, and the call log names Bob."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    bench.provider.rows = [bobs_row("pc1")]
    await bench.intake.take(incoming(to_group("pc1", Moment.RINGING, BOBS.user), "evt_1"))
    bench.clock.at += 9_000
    await bench.intake.take(incoming(to_group("pc1", Moment.RINGING, LINE.user), "evt_2"))
    assert (await bench.agents.snapshot(BOB)).agent.calls == ()
    for number, moment in enumerate((Moment.CONNECTED, Moment.ENDED)):
        await bench.intake.take(incoming(to_group("pc1", moment, None), f"evt_{number + 3}"))
    await bench.settle()
    assert await logged(bench, ADA) == {}
    assert await logged(bench, BOB) == {"pc1": OVER - TAKEN}


@pytest.mark.interpreted
async def test_a_talk_that_could_not_be_transferred_is_looked_up_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store failed in that moment; nothing is lost, and nobody has missed the call."""
    await bench.greet()
    await bench.greet(BOB, BOBS)
    bench.provider.rows = [bobs_row("pc1")]
    await bench.intake.take(incoming(to_group("pc1", Moment.RINGING, LINE.user), "evt_1"))
    take = bench.intake.begin
    bench.clock.at += 9_000

    def fails(delivery: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        done(StorageError("the disk is full"))

    monkeypatch.setattr(bench.intake, "begin", fails)
    end = incoming(CallUpdate(Moment.ENDED, "pc1", None, Facts()), "evt_2")
    await outcome_of(partial(take, end))
    await bench.settle()
    monkeypatch.setattr(bench.intake, "begin", take)
    assert (await logged(bench, ADA), await logged(bench, BOB)) == ({}, {})
    bench.clock.at += 6_000
    await bench.sweeper.sweep()
    await bench.settle()
    assert (await logged(bench, ADA), await logged(bench, BOB)) == ({}, {"pc1": OVER - TAKEN})


async def test_a_parked_delivery_with_a_bug_does_not_block_its_call(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is left out, and what comes after it is taken; it waits for a reader that can."""
    await bench.greet()
    unnamed = news(Moment.CONNECTED, user=None)

    def stumble(*_: object) -> NoReturn:
        raise ValueError("a bug of ours")

    assert (
        await bench.intake.take(incoming(unnamed, "evt_1", b"connected")) is DeliveryOutcome.PARKED
    )
    with monkeypatch.context() as broken:
        broken.setattr(bench.intake, "_read", stumble)
        taken = await bench.intake.take(incoming(news(Moment.DIALED), "evt_2"))
    assert taken is DeliveryOutcome.APPLIED
    assert await phase(bench) is Phase.DIALING_DESTINATION
    (waits,) = (await bench.store.route(LINE.account, "pc1")).parked
    assert waits.event_id == "evt_1"
    await bench.intake.take(incoming(news(Moment.DIALED), "evt_3"))
    assert await phase(bench) is Phase.BRIDGED
    assert (await bench.store.route(LINE.account, "pc1")).parked == ()
