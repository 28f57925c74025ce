"""How a leg ended: Asterisk's Q.850 cause, or the SIP answer behind it. Pure.

Asterisk's own table from SIP answers to causes: https://docs.asterisk.org (Hangup Cause Mappings).
"""

from __future__ import annotations

from collections.abc import Iterable

from adapter.core.facts import Outcome, PhoneRefusal
from adapter.telephony.asterisk.leg import Leg

ANSWERED_ELSEWHERE, OUR_OWN = 26, 16
"""What ends a leg that we let go of: for another phone was picked up, or the agent gave up."""

_BY_SIP = {607: Outcome.REJECTED}
"""Where one cause stands for several SIP answers."""

_BY_CAUSE = {
    1: Outcome.WRONG_NUMBER,
    3: Outcome.UNREACHABLE,
    16: Outcome.NO_ANSWER,
    17: Outcome.BUSY,
    18: Outcome.NO_ANSWER,
    19: Outcome.NO_ANSWER,
    20: Outcome.UNREACHABLE,
    21: Outcome.REJECTED,
    22: Outcome.WRONG_NUMBER,
    26: Outcome.NO_ANSWER,
    27: Outcome.UNREACHABLE,
    28: Outcome.WRONG_NUMBER,
    44: Outcome.FAILED,
}


def phone_refusal(legs: Iterable[Leg]) -> PhoneRefusal | None:
    """Why none of the agent's phones was picked up; None where one rang in vain, or we gave up.

    A phone that is set so refuses at once with 480 or 486 and never rings; one that is registered
    and dead says nothing at all: both end as a time-out does.
    """
    ended = [leg for leg in legs if leg.cause not in {None, OUR_OWN}]
    said = {outcome_of(leg.cause, leg.tech_cause) for leg in ended}
    if Outcome.REJECTED in said:
        return PhoneRefusal.DECLINED
    if Outcome.BUSY in said:
        return PhoneRefusal.BUSY
    return PhoneRefusal.UNREACHABLE if ended and not any(leg.rang for leg in ended) else None


BY_REFUSAL = {
    PhoneRefusal.DECLINED: Outcome.REJECTED,
    PhoneRefusal.BUSY: Outcome.BUSY,
    PhoneRefusal.UNREACHABLE: Outcome.UNREACHABLE,
}
"""How a call is logged that the agent's own phones refused, where it is."""


def outcome_of(cause: int | None, tech_cause: int | None = None) -> Outcome:
    """How a leg that was never taken ended; `tech_cause` is the SIP code, where it is told."""
    if tech_cause in _BY_SIP:
        return _BY_SIP[tech_cause]
    if cause is None:
        return Outcome.NO_ANSWER
    return _BY_CAUSE.get(cause, Outcome.FAILED)
