"""How a leg ended, by Asterisk's Q.850 cause or the SIP response behind it. Pure.

Asterisk's own table from SIP answers to causes: https://docs.asterisk.org (Hangup Cause Mappings).
"""

from __future__ import annotations

from collections.abc import Iterable

from adapter.core.facts import Outcome, PhoneRefusal
from adapter.telephony.asterisk.leg import Leg

ANSWERED_ELSEWHERE, OUR_OWN = 26, 16
"""Causes of legs that we end: another phone was picked up, or the agent gave up."""

_BY_SIP = {607: Outcome.REJECTED}
"""Outcomes by SIP response, where one cause covers several responses."""

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
    """Why none of the agent's phones was picked up; None if one rang unanswered or we gave up.

    A phone set to refuse answers 480 or 486 at once and never rings. One that is registered but
    dead does not answer at all; it ends like a time-out.
    """
    ended = [leg for leg in legs if leg.cause not in {None, OUR_OWN}]
    outcomes = {outcome_of(leg.cause, leg.tech_cause) for leg in ended}
    if Outcome.REJECTED in outcomes:
        return PhoneRefusal.DECLINED
    if Outcome.BUSY in outcomes:
        return PhoneRefusal.BUSY
    return PhoneRefusal.UNREACHABLE if ended and not any(leg.rang for leg in ended) else None


BY_REFUSAL = {
    PhoneRefusal.DECLINED: Outcome.REJECTED,
    PhoneRefusal.BUSY: Outcome.BUSY,
    PhoneRefusal.UNREACHABLE: Outcome.UNREACHABLE,
}
"""The outcome of a logged call that the agent's own phones refused."""


def outcome_of(cause: int | None, tech_cause: int | None = None) -> Outcome:
    """The outcome of an unanswered leg; `tech_cause` is the SIP code, if known."""
    if tech_cause in _BY_SIP:
        return _BY_SIP[tech_cause]
    if cause is None:
        return Outcome.NO_ANSWER
    return _BY_CAUSE.get(cause, Outcome.FAILED)
