"""How a leg ended: Asterisk's Q.850 cause, or the SIP answer behind it. Pure.

Asterisk's own table from SIP answers to causes: https://docs.asterisk.org (Hangup Cause Mappings).
"""

from __future__ import annotations

from adapter.core.facts import Outcome

ANSWERED_ELSEWHERE = 26

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


def outcome_of(cause: int | None, tech_cause: int | None = None) -> Outcome:
    """How a leg that was never taken ended; `tech_cause` is the SIP code, where it is told."""
    if tech_cause in _BY_SIP:
        return _BY_SIP[tech_cause]
    if cause is None:
        return Outcome.NO_ANSWER
    return _BY_CAUSE.get(cause, Outcome.FAILED)
