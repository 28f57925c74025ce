"""The calls that we have reported but not yet ended, in the store for the next steering process.

Asterisk's channels show live calls, but nothing about calls that are gone.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from adapter.core.facts import Facts, Known, Source
from adapter.telephony.asterisk import callupdates, wire
from adapter.telephony.port import DriverStates
from adapter.telephony.updates import CallUpdate, DriverState, Moment

OVER = {Moment.ENDED, Moment.TRANSFERRED}


class Ledger:
    """The open calls of one account, as this process knows them. Reads may raise NotStored."""

    def __init__(self, states: DriverStates) -> None:
        self._states = states
        self._open: dict[str, DriverState] = {}

    async def read(self) -> None:
        """Load all open calls from the store."""
        self._open = {state.call_id: state for state in await self._states.unfinished()}

    async def again(self, call: str) -> None:
        """Reload a call that another process has reported meanwhile."""
        state = await self._states.load(call)
        if state is None:
            self._open.pop(call, None)
        else:
            self._open[call] = state

    def knows(self, call: str) -> bool:
        """Whether any process has reported the call."""
        return call in self._open

    def entry(self, update: CallUpdate, body: bytes) -> DriverState:
        """The state to store together with this update."""
        call = update.provider_call_id
        known = self._open.get(call)
        over = update.moment in OVER or update.user_id == callupdates.NOBODY
        return DriverState(call, body.decode(), known.version if known else 0, over)

    def stored(self, entry: DriverState) -> None:
        """Note that this state was stored."""
        if entry.over:
            self._open.pop(entry.call_id, None)
        else:
            self._open[entry.call_id] = replace(entry, version=entry.version + 1)

    def lost(self, present: Collection[str], now: int) -> tuple[CallUpdate, ...]:
        """An end update for every open call that is not in `present`; it ended at most `now`.

        The end is uncertain, so the CDR will be asked for.
        """
        gone = [state for call, state in self._open.items() if call not in present]
        return tuple(update for state in gone if (update := _end_of(state, now)) is not None)


def _end_of(state: DriverState, now: int) -> CallUpdate | None:
    try:
        last = wire.read_update(state.value.encode())
    except wire.Malformed:
        return None
    facts = last.facts.join(Facts(ended=Known(now, Source.OBSERVED)))
    return replace(last, moment=Moment.ENDED, facts=facts)
