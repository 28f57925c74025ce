"""A delivery is decided where its agent's page is, once, whatever becomes of the way there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import msgspec
import pytest

from adapter.core.model import AgentKey, Phase, TelephonyUser
from adapter.fanout.links import Answered, Link
from adapter.fanout.port import Value
from adapter.metrics import Metrics
from adapter.page.page import Page
from adapter.runtime.forwarding import LINES_A_NOTE, Forwarding, shape
from adapter.runtime.intake import DeliveryOutcome
from adapter.storage.port import Done, StorageError
from adapter.storage.sqlite import SqliteStore
from adapter.storage.threadbridge import outcome_of
from adapter.telephony.updates import DriverState, IncomingDelivery, Moment
from tests.runtime.conftest import (
    ADA,
    BOB,
    LINE,
    Bench,
    HandClock,
    HandProvider,
    a_bench,
    incoming,
    news,
)

OTHER_LINE = TelephonyUser(LINE.account, "user_bob")


@dataclass
class HandLink:
    """A link of which a test holds the other end."""

    answers: Callable[[bytes, Answered], None] = lambda _body, answer: answer(b"")
    can_ask: bool = True
    asked: list[bytes] = field(default_factory=list)

    def ask(self, body: bytes, answered: Answered) -> bool:
        """As Link.ask."""
        if self.can_ask:
            self.asked.append(body)
            self.answers(body, answered)
        return self.can_ask

    def __hash__(self) -> int:
        return id(self)


class Replica:
    """A bench with its forwarding, and what it tells the others."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.metrics = Metrics()
        self.forwarding = Forwarding(
            bench.intake, bench.agents, is_here=bench.pages.is_here, metrics=self.metrics
        )
        self.notes: list[tuple[bool, list[TelephonyUser]]] = []
        self.forwarding.tell = self._on_note
        bench.pages.moved = self.forwarding.moved
        bench.agents.is_only_here = self.forwarding.is_only_here

    def _on_note(self, note: bytes) -> None:
        self.notes.append(msgspec.msgpack.decode(note, type=tuple[bool, list[TelephonyUser]]))

    async def page(self, key: AgentKey = ADA, line: TelephonyUser | None = LINE) -> Page:
        """An open page of the agent."""
        await self.bench.greet(key, line)
        page = Page("page-1", key, lambda _: None, lambda _code, _reason: None)
        self.bench.pages.add(page)
        return page

    def sees(self, link: HandLink, *lines: TelephonyUser) -> Link:
        """Behind that link there are pages of these lines."""
        other = cast("Link", link)
        self.forwarding.linked(other)
        self.forwarding.noted(other, msgspec.msgpack.encode((True, lines)))
        return other

    async def take(self, delivery: IncomingDelivery) -> DeliveryOutcome:
        """What a webhook of this delivery comes to here."""
        return await outcome_of(partial(self.forwarding.begin, delivery))

    def count(self, outcome: str) -> float:
        """Of the metric."""
        name = "softphone_forwarded_deliveries_total"
        return self.metrics.registry.get_sample_value(name, {"outcome": outcome}) or 0.0


def leading_to(replica: Replica) -> HandLink:
    """A link whose other end is that replica."""
    return HandLink(replica.forwarding.asked)


@pytest.fixture
async def replicas(tmp_path: Path) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two on one store, with nothing between them but what a test links."""
    clock, provider = HandClock(), HandProvider()
    store = await SqliteStore.open(tmp_path / "test.db", clock_ms=clock.now)
    async with (
        a_bench(store, clock, provider, shared=True) as first,
        a_bench(store, clock, provider, shared=True) as second,
    ):
        yield Replica(first), Replica(second)


async def calls(replica: Replica) -> list[Phase]:
    """The agent's phase, once a call, as the store has it."""
    replica.bench.agents.forget(ADA)
    agent = (await replica.bench.agents.snapshot(ADA)).agent
    return [agent.phase for _ in agent.calls]


DIALED = incoming(news(Moment.DIALED))
DECIDED_ONCE = [Phase.DIALING_DESTINATION]


async def test_a_delivery_is_decided_where_the_page_is(replicas: tuple[Replica, Replica]) -> None:
    """Whoever it came to only passes it on, and answers with what came of it."""
    first, second = replicas
    await second.page()
    first.sees(leading_to(second), LINE)
    assert await first.take(DIALED) is DeliveryOutcome.APPLIED
    assert first.bench.agents.cached(ADA) is None
    known = second.bench.agents.cached(ADA)
    assert known is not None
    assert known.agent.phase is Phase.DIALING_DESTINATION
    assert await first.take(DIALED) is DeliveryOutcome.DUPLICATE
    assert (first.count("answered"), second.count("taken")) == (2, 2)
    assert await calls(first) == DECIDED_ONCE


async def test_a_delivery_whose_page_is_here_stays_here(replicas: tuple[Replica, Replica]) -> None:
    """Although another replica has one of the agent's pages, too."""
    first, second = replicas
    link = leading_to(second)
    await first.page()
    first.sees(link, LINE)
    assert await first.take(DIALED) is DeliveryOutcome.APPLIED
    assert link.asked == []


async def test_an_unanswered_delivery_is_decided_here(replicas: tuple[Replica, Replica]) -> None:
    """The other replica died before it took it, was too slow, or could not store it."""
    first, second = replicas
    await second.page()
    first.sees(HandLink(), LINE)
    assert await first.take(DIALED) is DeliveryOutcome.APPLIED
    assert first.count("unanswered") == 1
    assert await calls(first) == DECIDED_ONCE


@pytest.mark.parametrize("answer", [b"postponed", b"\xff"])
async def test_an_answer_that_only_another_release_knows_is_none(
    replicas: tuple[Replica, Replica], answer: bytes
) -> None:
    """Whoever waits for the delivery must hear: it is decided here."""
    first, second = replicas
    await second.page()
    first.sees(HandLink(lambda _body, answered: answered(answer)), LINE)
    assert await first.take(DIALED) is DeliveryOutcome.APPLIED
    assert first.count("unanswered") == 1


@pytest.mark.interpreted
async def test_failing_to_decide_an_unanswered_delivery_is_reported(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of this replica's own is told to whoever waits, not to the link."""
    first, second = replicas
    await second.page()
    first.sees(HandLink(), LINE)

    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(first.bench.intake, "begin", fails)
    told: list[DeliveryOutcome | Exception] = []
    first.forwarding.begin(DIALED, told.append)
    assert [type(one) for one in told] == [ZeroDivisionError]


async def test_an_unanswered_decision_is_not_doubled(
    replicas: tuple[Replica, Replica],
) -> None:
    """The other replica died between its commit and its answer."""
    first, second = replicas
    await second.page()

    def dies(body: bytes, answer: Answered) -> None:
        second.forwarding.asked(body, lambda _: answer(b""))

    first.sees(HandLink(dies), LINE)
    assert await first.take(DIALED) is DeliveryOutcome.DUPLICATE
    assert await calls(first) == DECIDED_ONCE


async def test_a_delivery_decided_at_both_counts_once(
    replicas: tuple[Replica, Replica],
) -> None:
    """The other was too slow, and decides it all the same."""
    first, second = replicas
    await second.page()
    there: list[bytes] = []

    def slow(body: bytes, answer: Answered) -> None:
        second.forwarding.asked(body, there.append)
        answer(b"")

    first.sees(HandLink(slow), LINE)
    here = await first.take(DIALED)
    async with asyncio.timeout(30):
        while not there:  # noqa: ASYNC110 - both are under way
            await asyncio.sleep(0)
    assert {here.encode(), *there} == {b"applied", b"duplicate"}
    assert await calls(first) == DECIDED_ONCE


async def test_two_mistaken_replicas_do_not_forward_in_circles(
    replicas: tuple[Replica, Replica],
) -> None:
    """The page has just gone, and neither knows."""
    first, second = replicas
    await second.page()
    page = second.bench.pages.of(ADA)[0]
    there, back = leading_to(second), leading_to(first)
    first.sees(there, LINE)
    second.sees(back, LINE)
    second.bench.pages.remove(page)
    assert await first.take(DIALED) is DeliveryOutcome.APPLIED
    assert (len(there.asked), len(back.asked)) == (1, 0)


async def test_a_delivery_that_cannot_be_forwarded_is_decided_here(
    replicas: tuple[Replica, Replica],
) -> None:
    """Too much is under way to the other replica."""
    first, _ = replicas
    await first.bench.greet()
    first.sees(HandLink(can_ask=False), LINE)
    assert await first.take(DIALED) is DeliveryOutcome.APPLIED
    assert first.count("unanswered") == 0


async def test_only_deliveries_that_name_a_user_and_steer_nothing_are_forwarded(
    replicas: tuple[Replica, Replica],
) -> None:
    """Nobody knows where the rest belongs, and states are for the replica that has read them."""
    first, _ = replicas
    link = HandLink()
    first.sees(link, LINE)
    await first.bench.greet()
    await first.take(incoming(news(Moment.DIALED, user=None), "evt_1", b"dialed"))
    await first.take(incoming(None, "evt_2"))
    states = (DriverState("call_1", "{}"),)
    await first.take(msgspec.structs.replace(incoming(news(Moment.DIALED), "evt_3"), states=states))
    assert link.asked == []


async def test_lines_that_have_gone_are_not_asked_for(replicas: tuple[Replica, Replica]) -> None:
    """Their page has left the other replica, or the replica itself is gone."""
    first, _ = replicas
    await first.bench.greet()
    link = HandLink()
    other = first.sees(link, LINE)
    first.forwarding.noted(other, msgspec.msgpack.encode((False, [LINE])))
    await first.take(DIALED)
    first.forwarding.noted(other, msgspec.msgpack.encode((True, [LINE])))
    first.forwarding.unlinked(other)
    first.forwarding.noted(other, msgspec.msgpack.encode((True, [LINE])))
    await first.take(incoming(news(Moment.CONNECTED), "evt_2"))
    assert link.asked == []
    linked = first.metrics.registry.get_sample_value("softphone_linked_replicas")
    assert linked == 0


async def test_peers_learn_of_a_users_first_page_and_of_its_last(
    replicas: tuple[Replica, Replica],
) -> None:
    """Two agents share one line; who has none is not told of."""
    first, _ = replicas
    ada, bob = await first.page(), await first.page(BOB)
    other = Page("page-2", ADA, lambda _: None, lambda _code, _reason: None)
    first.bench.pages.add(other)
    first.bench.pages.remove(ada)
    assert {note[0] for note in first.notes} == {True}
    first.bench.pages.remove(other)
    assert {note[0] for note in first.notes} == {True}
    first.bench.pages.remove(bob)
    assert first.notes[-1] == (False, [LINE])
    assert list(first.forwarding.notes()) == []
    told = len(first.notes)
    await first.page(BOB, None)
    assert len(first.notes) == told


async def test_peers_learn_of_an_agents_other_user(
    replicas: tuple[Replica, Replica],
) -> None:
    """The directory names another one at the next hello."""
    first, _ = replicas
    await first.page()
    await first.page(line=OTHER_LINE)
    assert first.notes == [(True, [LINE]), (False, [LINE]), (True, [OTHER_LINE])]


async def test_a_page_whose_agent_is_no_longer_in_memory_keeps_its_line(
    replicas: tuple[Replica, Replica],
) -> None:
    """Memory has an end."""
    first, _ = replicas
    page = await first.page()
    first.bench.agents.forget(ADA)
    first.bench.pages.add(page)
    assert first.notes == [(True, [LINE])]


async def test_a_new_peer_learns_all_users_in_short_messages(
    replicas: tuple[Replica, Replica],
) -> None:
    """One more than fits into one."""
    first, _ = replicas
    lines = {TelephonyUser("acct", f"user_{number}") for number in range(LINES_A_NOTE + 1)}
    first.forwarding._here = {line: {ADA} for line in lines}
    notes = [
        msgspec.msgpack.decode(note, type=tuple[bool, list[TelephonyUser]])
        for note in first.forwarding.notes()
    ]
    assert [len(told) for _, told in notes] == [LINES_A_NOTE, 1]
    assert {line for _, told in notes for line in told} == lines


async def test_values_are_sent_only_to_interested_peers(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Versions always are: a replica of an older release may have a page too."""
    first, _ = replicas
    told: list[bool] = []

    def publish(_key: AgentKey, _version: int, value: Value | None = None) -> None:
        told.append(value is not None)

    await first.page()
    monkeypatch.setattr(first.bench.hints, "publish", publish)
    moments = iter((Moment.DIALED, Moment.CONNECTED, Moment.ENDED))

    async def one_more() -> None:
        moment = next(moments)
        await first.take(incoming(news(moment), f"evt_{moment}"))

    await one_more()
    other = first.sees(HandLink())
    await one_more()
    first.forwarding.noted(other, msgspec.msgpack.encode((True, [LINE])))
    await one_more()
    assert told[:3] == [True, False, True]


@pytest.mark.interpreted
async def test_a_delivery_that_cannot_be_stored_there_gets_no_answer(
    replicas: tuple[Replica, Replica], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it is tried here, and refused only if that fails, too."""
    _, second = replicas

    def fails(_heard: IncomingDelivery, done: Done[DeliveryOutcome]) -> None:
        done(StorageError("the disk is full"))

    monkeypatch.setattr(second.bench.intake, "begin", fails)
    answers: list[bytes] = []
    second.forwarding.asked(msgspec.msgpack.encode(DIALED), answers.append)
    assert answers == [b""]


async def test_an_invalid_delivery_is_refused(replicas: tuple[Replica, Replica]) -> None:
    """The link is closed for it."""
    with pytest.raises(msgspec.MsgspecError):
        replicas[0].forwarding.asked(b"\xc1", lambda _: None)
    with pytest.raises(msgspec.MsgspecError):
        replicas[0].forwarding.noted(cast("Link", HandLink()), b"\xc1")


def test_the_fingerprint_is_short_and_stable() -> None:
    """It goes with each announcement."""
    assert shape() == shape()
    assert len(shape()) == 16
