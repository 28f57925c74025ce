"""Which calls we have told of and not yet told the end of: in the store, for whoever steers next.

What there is to steer, Asterisk's channels say; but of a call that is gone they say nothing.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from adapter.core.facts import Facts, Known, Source
from adapter.telephony.asterisk import telling, wire
from adapter.telephony.port import DriverStates
from adapter.telephony.updates import CallUpdate, DriverState, Moment

OVER = {Moment.ENDED, Moment.TRANSFERRED}


class Ledger:
    """The open calls of one account, as this process knows them. All may raise NotStored."""

    def __init__(self, states: DriverStates) -> None:
        self._states = states
        self._open: dict[str, DriverState] = {}

    async def read(self) -> None:
        """Know what the store knows."""
        self._open = {state.call_id: state for state in await self._states.unfinished()}

    async def again(self, call: str) -> None:
        """Somebody else has told of this call meanwhile: know what they know."""
        state = await self._states.load(call)
        if state is None:
            self._open.pop(call, None)
        else:
            self._open[call] = state

    def knows(self, call: str) -> bool:
        """Whether the call was told of, by whomever."""
        return call in self._open

    def entry(self, update: CallUpdate, body: bytes) -> DriverState:
        """What is to be stored together with this update."""
        call = update.provider_call_id
        known = self._open.get(call)
        over = update.moment in OVER or update.user_id == telling.NOBODY
        return DriverState(call, body.decode(), known.version if known else 0, over)

    def stored(self, entry: DriverState) -> None:
        """It is in."""
        if entry.over:
            self._open.pop(entry.call_id, None)
        else:
            self._open[entry.call_id] = replace(entry, version=entry.version + 1)

    def lost(self, present: Collection[str], now: int) -> tuple[CallUpdate, ...]:
        """The end of every open call that is not there: now at the latest, by our own clock.

        It is no certain end, so that the call log is asked about it.
        """
        gone = [state for call, state in self._open.items() if call not in present]
        return tuple(update for state in gone if (update := _ended(state, now)) is not None)


def _ended(state: DriverState, now: int) -> CallUpdate | None:
    try:
        last = wire.read_update(state.value.encode())
    except wire.Malformed:
        return None
    facts = last.facts.join(Facts(ended=Known(now, Source.OBSERVED)))
    return replace(last, moment=Moment.ENDED, facts=facts)
