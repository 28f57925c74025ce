"""A leg of the agent's that takes another's place in the same talk: the page came back. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.leg import Leg


def age(channel: str) -> int:
    """Of an agent's legs the one that came back last has the greatest; those rung first have 0."""
    name = ids.leg_name(channel)
    return name.number if name is not None and name.role == "w" else 0


def is_coming(winner: str, leg: Leg) -> bool:
    """Whether the leg is the agent's, or may yet take that one's place."""
    return leg.id == winner or (not leg.is_ending and age(leg.id) > age(winner))


def successor(agent: Leg, devices: Iterable[Leg]) -> Leg | None:
    """The leg that was picked up in place of the agent's; None: there is none.

    To everybody else it is the same talk: it was picked up when the first one was.
    """
    back = [leg for leg in devices if leg.up_at is not None and is_coming(agent.id, leg)]
    newest = max(back, key=lambda leg: age(leg.id), default=agent)
    return None if newest.id == agent.id else replace(newest, up_at=agent.up_at)
