"""Applies an agent's availability at the phone system."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from adapter.core.availability import Applied, AvailabilityAnswered, Status
from adapter.core.effects import SetAvailability
from adapter.core.model import AgentKey
from adapter.telephony.port import Driver, PausingDriver, ProviderError, Rejected, Unsupported

log = structlog.get_logger(__name__)


async def set_availability(
    driver: Driver | None, key: AgentKey, effect: SetAvailability, now: Callable[[], int]
) -> AvailabilityAnswered:
    """Undo old pauses, then set the new one; safe to repeat. Never raises."""
    try:
        applied = await _apply(driver, effect)
    except (Rejected, Unsupported) as error:
        log.warning("availability.refused", agent=str(key), reason=error.text)
        applied = Applied.REFUSED
    except ProviderError as error:
        log.warning("availability.unknown", agent=str(key), reason=error.text)
        applied = Applied.UNKNOWN
    except Exception as bug:
        log.error("availability.failed", agent=str(key), exc_info=bug)
        applied = Applied.UNKNOWN
    return AvailabilityAnswered(now(), effect.asked_at, effect.held, applied)


async def _apply(driver: Driver | None, effect: SetAvailability) -> Applied:
    if not isinstance(driver, PausingDriver):
        raise Unsupported("The phone system cannot hold back calls.")
    user = effect.line.user
    for status in effect.undo:
        await driver.pause(user, status, on=False)
    if effect.held is Status.AVAILABLE:
        return Applied.DONE
    is_held = await driver.pause(user, effect.held, on=True, reason=effect.reason)
    return Applied.DONE if is_held else Applied.SHOWN
