"""Erasure beside the living: what comes later finds no call to double, and no number to tell."""

from __future__ import annotations

import io

import pytest
import structlog
from msgspec.structs import replace

from adapter import observability
from adapter.core.draft import Draft
from adapter.core.events import DialRequested, WrapupSubmitted
from adapter.core.facts import Facts, Known, Outcome, Source
from adapter.core.logs.events import LogAccepted, LogSaved
from adapter.core.numbers.query import sought
from adapter.runtime import privacy
from adapter.runtime.privacy import collect, erase
from adapter.storage.archive import Archive
from adapter.storage.port import StorageError
from adapter.telephony.updates import CallUpdate, Moment
from tests.runtime.conftest import ADA, Bench, incoming, news

NUMBER = "+12025550143"
SOUGHT = sought(NUMBER, ("US",))


def timed_update(moment: Moment, at: int) -> CallUpdate:
    """News with times, as a provider tells them."""
    plain = news(moment)
    when = Known(at, Source.EVENT)
    facts = Facts(
        connected=when if moment is Moment.CONNECTED else None,
        ended=when if moment is Moment.ENDED else None,
        outcome=Known(Outcome.COMPLETED, Source.EVENT) if moment is Moment.ENDED else None,
    )
    return replace(plain, facts=plain.facts.join(facts))


async def a_settled_call(bench: Bench) -> str:
    """Dialed, talked, logged and wrapped up; the call's id."""
    await bench.greet()
    at = bench.clock.at
    await bench.agents.handle(ADA, DialRequested(at, "r1", "call_1", NUMBER, at))
    await bench.settle()
    for number, moment in enumerate((Moment.DIALED, Moment.CONNECTED, Moment.ENDED)):
        bench.clock.at += 5_000
        await bench.intake.take(
            incoming(timed_update(moment, bench.clock.at), f"evt_{number}", NUMBER.encode())
        )
    await bench.settle()
    now = bench.clock.at
    await bench.agents.handle_log_event(ADA, "call_1", LogAccepted(now, "page", "nonce"))
    await bench.agents.handle_log_event(ADA, "call_1", LogSaved(now, "page", 1, "nonce", "00T1"))
    await bench.agents.handle(ADA, WrapupSubmitted(now, "call_1", Draft(), done=True))
    log = await bench.store.log(ADA, "call_1")
    assert log is not None
    assert log.is_settled
    return log.log_id


def archive_of(bench: Bench) -> Archive:
    """What people ask."""
    return Archive(bench.store.reader, bench.store.journal)


async def test_a_late_event_of_an_erased_call_opens_no_second_log(bench: Bench) -> None:
    """The provider's corrections and the agent's late notes find the call known, and its log gone.

    The agents in memory are older than the store by then: they are read again.
    """
    assert SOUGHT is not None
    call_id = await a_settled_call(bench)
    erased = await erase(archive_of(bench), SOUGHT)
    assert (erased.tasks, erased.remaining) == (["00T1"], [])
    late = timed_update(Moment.ENDED, bench.clock.at + 90_000)
    bench.clock.at += 90_000
    silent = replace(late, facts=replace(late.facts, number=None))
    await bench.intake.take(incoming(silent, "evt_9"))
    notes = Draft(notes="too late")
    await bench.agents.handle(ADA, WrapupSubmitted(bench.clock.at, call_id, notes, done=True))
    await bench.settle()
    snapshot = await bench.store.load(ADA)
    assert snapshot is not None
    assert (snapshot.agent.calls, snapshot.logs) == ((), ())
    assert await bench.store.log(ADA, call_id) is None
    held = await collect(archive_of(bench), SOUGHT)
    assert set(held.counts().values()) == {0}


async def test_the_log_line_has_a_hash_of_the_number(bench: Bench) -> None:
    """How much was found and erased, joined by a keyed hash, and never the number."""
    assert SOUGHT is not None
    lines = io.StringIO()
    observability.set_up("debug", "key", lines)
    structlog.configure(cache_logger_on_first_use=False)
    try:
        await a_settled_call(bench)
        await erase(archive_of(bench), SOUGHT)
    finally:
        structlog.reset_defaults()
    text = lines.getvalue()
    assert '"event":"number.erased"' in text
    assert observability.Masker("key").number(NUMBER)[1:] in text
    assert NUMBER[2:] not in text


async def test_an_erasure_gives_up_after_many_lost_races(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many lost races it is told, rather than tried for ever."""
    assert SOUGHT is not None
    await a_settled_call(bench)

    async def lost(*_: object) -> bool:
        return False

    monkeypatch.setattr(Archive, "erase_agent", lost)
    monkeypatch.setattr(privacy, "RACES", 3)
    with pytest.raises(StorageError, match="lost 3 races"):
        await erase(archive_of(bench), SOUGHT)
