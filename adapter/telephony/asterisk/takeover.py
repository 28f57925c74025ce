"""An agent's leg that replaces another in the same talk, because the page came back. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.leg import Leg


def age(channel: str) -> int:
    """Higher for agent legs that came back later; 0 for those rung first."""
    name = ids.leg_name(channel)
    return name.number if name is not None and name.role == "w" else 0


def is_coming(winner: str, leg: Leg) -> bool:
    """Whether the leg is the agent's, or may still replace it."""
    return leg.id == winner or (not leg.is_ending and age(leg.id) > age(winner))


def successor(agent: Leg, devices: Iterable[Leg]) -> Leg | None:
    """The leg that was picked up to replace the agent's; None if there is none.

    To the others the talk continues, so the leg keeps the first pick-up time.
    """
    back = [leg for leg in devices if leg.up_at is not None and is_coming(agent.id, leg)]
    newest = max(back, key=lambda leg: age(leg.id), default=agent)
    return None if newest.id == agent.id else replace(newest, up_at=agent.up_at)
