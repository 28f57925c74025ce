"""A driver's states and deliveries in memory, compared and set as the store does it."""

from __future__ import annotations

from collections import defaultdict

from msgspec.structs import replace

from adapter.telephony.port import StaleState
from adapter.telephony.updates import CallUpdate, DriverState, IncomingDelivery


class MemoryStates:
    """See telephony.port.DriverStates."""

    def __init__(self) -> None:
        self.kept: dict[str, DriverState] = {}

    async def load(self, call_id: str) -> DriverState | None:
        """One call's."""
        return self.kept.get(call_id)

    async def unfinished(self) -> tuple[DriverState, ...]:
        """All that are not over."""
        return tuple(state for state in self.kept.values() if not state.over)

    async def save(self, *states: DriverState) -> None:
        """All or none."""
        self.set(states)

    def set(self, states: tuple[DriverState, ...]) -> None:
        """The same, for a sink. Raises StaleState."""
        for state in states:
            known = self.kept.get(state.call_id)
            if (known.version if known else 0) != state.version:
                raise StaleState(state.call_id)
        for state in states:
            self.kept[state.call_id] = replace(state, version=state.version + 1)


class MemorySink:
    """See telephony.port.Sink: keeps what was delivered, each event once."""

    def __init__(self, states: MemoryStates) -> None:
        self._states = states
        self.taken: dict[str, IncomingDelivery] = {}
        self.updates: defaultdict[str, list[CallUpdate]] = defaultdict(list)
        """What was told, by the provider's id of the call."""

    async def deliver(self, delivery: IncomingDelivery) -> bool:
        """All of it or nothing."""
        if delivery.event_id in self.taken:
            return False
        self._states.set(delivery.states)
        self.taken[delivery.event_id] = delivery
        if delivery.update is not None:
            self.updates[delivery.update.provider_call_id].append(delivery.update)
        return True
