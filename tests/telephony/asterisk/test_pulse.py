"""A connection that stands and brings no events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adapter.telephony.asterisk import pulse as module
from adapter.telephony.asterisk.pulse import Pulse
from adapter.telephony.port import ProviderError, Rejected, Unknown


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.001)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.001)


async def stopping(asked: Callable[[Pulse, int], Awaitable[None]]) -> int:
    """How often an event is asked for until the pulse stops; `asked` is told which time it is."""
    times = 0

    async def ask() -> None:
        nonlocal times
        times += 1
        await asked(pulse, times)

    pulse = Pulse(ask)
    await asyncio.wait_for(pulse.stops(), 20)
    return times


async def test_it_stops_when_what_was_asked_for_does_not_come() -> None:
    """And not while it does."""

    async def asked(pulse: Pulse, times: int) -> None:
        if times < 3:
            pulse.beat()

    assert await stopping(asked) == 3


@pytest.mark.parametrize("error", [Unknown("lost"), Rejected("http-401", "refused")])
async def test_a_request_that_fails_says_nothing_about_events(error: ProviderError) -> None:
    """But that nobody serves the application does."""

    async def asked(pulse: Pulse, times: int) -> None:
        raise error if times < 3 else Rejected("http-404", "gone")

    assert await stopping(asked) == 3


async def test_nothing_is_asked_for_while_events_come() -> None:
    """A busy exchange needs no question."""
    asked = asyncio.Event()

    async def ask() -> None:
        asked.set()

    pulse = Pulse(ask)
    running = asyncio.create_task(pulse.stops())
    for _ in range(20):
        pulse.beat()
        await asyncio.sleep(0)
    assert not asked.is_set()
    await asyncio.wait_for(running, 20)
    assert asked.is_set()
