"""Webhooks go out signed, at least once, and as badly as asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from adapter.telephony.simulator.chaos import Dice, Knobs
from adapter.telephony.simulator.chores import Chores
from adapter.telephony.simulator.config import Endpoint
from adapter.telephony.simulator.deliveries import Sender
from tests.telephony.running import Hook, config, hooked, settled

PLAIN = Knobs()


def event(number: int, kind: str = "call.end") -> dict[str, Any]:
    """A webhook's body."""
    return {"id": f"evt_{number}", "type": kind, "data": {"call_id": "call_1"}}


@asynccontextmanager
async def sending(*hooks: Hook, **settings: Any) -> AsyncIterator[Sender]:
    """A sender with these endpoints, which does not wait between attempts."""
    usual: dict[str, Any] = {"backoff_seconds": (0,) * 5}
    chores = Chores()
    sender = Sender(config(**(usual | settings)), Dice(1), chores)
    for hook in hooks:
        sender.register(hook.url, frozenset({"*"}), hook.secret)
    await sender.open()
    try:
        yield sender
    finally:
        await chores.close()
        await sender.close()


async def test_an_event_arrives_signed() -> None:
    """Over real HTTP, once, and is written down as delivered."""
    async with hooked() as hook, sending(hook) as sender:
        sender.send(event(1), "one", PLAIN)
        await settled(sender._chores)
        assert hook.verdicts == ["genuine"]
        assert hook.received == [event(1)]
    assert [delivery.fate for delivery in sender.log] == ["delivered"]
    row = sender.log[0].as_json()
    assert row["attempts"][0]["status"] == 200
    assert row["event_id"] == "evt_1"


async def test_every_endpoint_gets_the_same_event() -> None:
    """One platform-wide and one of the account: the same id arrives twice."""
    async with hooked("a") as one, hooked("b") as other, sending(one, other) as sender:
        sender.send(event(1), "one", PLAIN)
        await one.until("call.end")
        await other.until("call.end")
        assert one.received == other.received
        assert one.verdicts == other.verdicts == ["genuine"]


async def test_an_endpoint_gets_what_it_asked_for() -> None:
    """Other types are not sent to it at all."""
    endpoint = Endpoint("we", "http://x.test", frozenset({"call.end"}), "s")
    assert endpoint.wants("call.end")
    assert not endpoint.wants("call.answered")
    async with hooked() as hook, sending() as sender:
        sender.register(hook.url, frozenset({"call.end"}), "whsec_demo")
        sender.send(event(1, "call.answered"), "one", PLAIN)
        sender.send(event(2), "two", PLAIN)
        await hook.until("call.end")
        assert hook.types == ["call.end"]


async def test_an_event_is_sent_until_it_is_accepted() -> None:
    """Anything but 2xx is tried again; the id stays the same."""
    async with hooked() as hook, sending(hook) as sender:
        hook.answers = [500, 401, 302, 404]
        sender.send(event(1), "one", PLAIN)
        await settled(sender._chores)
    assert [body["id"] for body in hook.received] == ["evt_1"] * 5
    statuses = [attempt["status"] for attempt in sender.log[0].attempts]
    assert statuses == [500, 401, 302, 404, 200]
    assert sender.log[0].fate == "delivered"


async def test_an_unreachable_endpoint_is_retried() -> None:
    """Then the event is given up, and the history says so."""
    async with hooked() as hook:
        away = Hook(url=hook.url)
    async with sending(away, backoff_seconds=(0, 0)) as sender:
        sender.send(event(1), "one", PLAIN)
        await settled(sender._chores)
    assert sender.log[0].fate == "given-up"
    assert ["error" in attempt for attempt in sender.log[0].attempts] == [True] * 3


async def test_a_duplicate_is_the_same_event_twice() -> None:
    """Sent again without having been refused."""
    async with hooked() as hook, sending(hook) as sender:
        sender.send(event(1), "one", Knobs(duplicate=1))
        await settled(sender._chores)
    assert [body["id"] for body in hook.received] == ["evt_1", "evt_1"]
    assert [delivery.faults for delivery in sender.log] == [[], ["duplicate"]]


async def test_an_event_may_come_again_with_a_signature_of_hours_ago() -> None:
    """As of who signs once and repeats for hours, though it had been taken."""
    async with hooked() as hook, sending(hook) as sender:
        sender.send(event(1), "one", Knobs(again=1, again_ms=50))
        await settled(sender._chores)
    assert [body["id"] for body in hook.received] == ["evt_1", "evt_1"]
    assert hook.verdicts == ["genuine", "stale"]


async def test_a_dropped_event_is_never_sent() -> None:
    """By probability, or by its type; the history remembers it."""
    async with hooked() as hook, sending(hook) as sender:
        sender.send(event(1), "one", Knobs(drop=1))
        sender.send(event(2, "call.answered"), "two", Knobs(drop_types=("call.answered",)))
        sender.send(event(3), "three", Knobs(drop_types=("call.answered",)))
        await settled(sender._chores)
    assert [body["id"] for body in hook.received] == ["evt_3"]
    assert [delivery.fate for delivery in sender.log] == ["dropped", "dropped", "delivered"]


@pytest.mark.parametrize(
    ("kind", "verdict"), [("bad_signature", "mismatch"), ("stale_signature", "stale")]
)
async def test_a_wrong_signature_is_followed_by_a_right_one(kind: str, verdict: str) -> None:
    """A refusal costs nothing: the event comes again."""
    async with hooked() as hook, sending(hook) as sender:
        hook.answers = [401]
        sender.send(event(1), "one", Knobs().changed({kind: 1}))
        await settled(sender._chores)
    assert hook.verdicts == [verdict, "genuine"]
    assert [attempt["how"] for attempt in sender.log[0].attempts] == [kind, "signed"]


async def test_an_event_that_is_held_back_is_overtaken() -> None:
    """Reordered by waiting, not by luck."""
    async with hooked() as hook, sending(hook, time_scale=1.0) as sender:
        sender.send(event(1, "call.answered"), "one", Knobs(reorder=1, reorder_ms=60))
        sender.send(event(2), "two", PLAIN)
        await hook.until("call.end", "call.answered")
    assert hook.types == ["call.end", "call.answered"]


async def test_pending_deliveries_end_with_the_sender() -> None:
    """Closing does not wait for long delays."""
    async with asyncio.timeout(10), hooked() as hook, sending(hook, time_scale=1.0) as sender:
        sender.send(event(1), "one", Knobs(delay_ms=(3_600_000, 3_600_000)))
    assert hook.received == []
    assert sender.log[0].fate == "pending"


async def test_a_sender_that_was_not_opened_says_so() -> None:
    """A mistake of ours is told plainly."""
    sender = Sender(config(), Dice(1), Chores())
    endpoint = sender.register("http://x.test", frozenset({"*"}), "s")
    delivery = sender._log(endpoint, event(1))
    with pytest.raises(RuntimeError, match="open"):
        await sender._attempt(endpoint, delivery, b"{}", "signed")
