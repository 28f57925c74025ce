"""The updates of a steered call, from its state before and after an event. Pure.

The talk begins when the other party's leg is up; it is in the bridge long before that
(https://docs.asterisk.org/Configuration/Interfaces/Asterisk-REST-Interface-ARI/).
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.incall import NOTHING_IN_CALL, InCall, Third, ThirdState
from adapter.telephony.asterisk import causes
from adapter.telephony.asterisk.leg import Leg
from adapter.telephony.asterisk.steered import Steered
from adapter.telephony.updates import CallUpdate, Moment

EVENT, CDR = Source.EVENT, Source.CDR
NOBODY = "~"
"""A user id that no agent has, for updates about another user's part in the call."""


def updates_between(before: Steered | None, after: Steered) -> tuple[CallUpdate, ...]:
    """The updates that follow from the change, in the order of a call's life."""
    updates: list[CallUpdate] = []
    if not after.devices and not after.inbound:
        return ()  # what is left of a call that was reported before
    was = before or Steered(after.root, after.user)
    if after.inbound and after.ringing and not was.ringing:
        updates.append(_update(after, Moment.RINGING))
    if not after.inbound and after.winner and not was.winner:
        updates.append(_update(after, Moment.DIALED))
    if connected_at(after) is not None and connected_at(was) is None:
        updates.append(_update(after, Moment.CONNECTED))
    if handed_at(after) is not None and handed_at(was) is None:
        updates.append(_update(after, Moment.TRANSFERRED))
    if after.over and not was.over and not after.handed:
        updates.append(_update(after, Moment.ENDED))
    if after.talks and not (after.handed or after.over):
        now, earlier = in_call_of(after), in_call_of(was) if was.talks else NOTHING_IN_CALL
        if replace(now, at=earlier.at) != earlier:
            updates.append(replace(_update(after, Moment.IN_CALL), in_call=now))
    return tuple(updates)


def connected_at(call: Steered) -> int | None:
    """When both parties were connected, in Unix ms; None if never."""
    agent, party = call.agent, call.party
    if call.inbound:
        return agent.up_at if agent is not None and call.connecting else None
    if party is None or party.up_at is None:
        return None
    crossed = agent is not None and agent.gone_at is not None and agent.gone_at < party.up_at
    return None if crossed else party.up_at


def in_call_of(call: Steered) -> InCall:
    """The in-call state of a connected call."""
    party, third = call.party, _third_of(call)
    waits = party is not None and party.inside is False
    waits = waits or (third is None and call.is_held_at_phone)
    return InCall(call.noted_at, third, waits, recording=call.recording)


def _third_of(call: Steered) -> Third | None:
    leg, party = call.consulted, call.party
    if leg is None or leg.is_ending or party is None:
        return None
    if not leg.is_up:
        return Third(call.target, ThirdState.RINGING, call.consulted_at)
    state = ThirdState.JOINED if party.inside else ThirdState.TALKING
    state = state if leg.inside else ThirdState.WAITING
    return Third(call.target, state, leg.up_at or call.consulted_at)


def cdr_of(call: Steered) -> CallUpdate:
    """A live call's facts as a CDR update."""
    facts = facts_of(call, Moment.CDR)
    return CallUpdate(Moment.CDR, call.root, call.user or None, _as_cdr(facts))


def _as_cdr(facts: Facts) -> Facts:
    """Rank the facts as a CDR's, except observed times."""

    def known(value: Known[int] | None) -> Known[int] | None:
        return value and replace(value, source=CDR if value.source is EVENT else value.source)

    return replace(facts, picked_up=known(facts.picked_up), connected=known(facts.connected))


def _update(call: Steered, moment: Moment) -> CallUpdate:
    return CallUpdate(moment, call.root, call.user, facts_of(call, moment))


def facts_of(call: Steered, moment: Moment) -> Facts:
    """All facts of the call at this moment."""
    direction = Direction.INBOUND if call.inbound else Direction.OUTBOUND
    agent, connected = call.agent, _connected_since(call)
    handed = handed_at(call)
    facts = Facts(
        direction=Known(direction, EVENT),
        number=Known(call.number, EVENT) if call.number else None,
        own_number=Known(call.own_number, EVENT) if call.own_number else None,
        name=Known(call.name, EVENT) if call.name else None,
        picked_up=None if agent is None or call.inbound else _up_since(agent),
        connected=connected,
        transferred=None if handed is None else Known(handed, EVENT),
        recording=Known(call.root, EVENT) if call.recording else None,
    )
    return facts.join(_end_facts(call)) if moment is Moment.ENDED else facts


def _connected_since(call: Steered) -> Known[int] | None:
    at, side = connected_at(call), call.agent if call.inbound else call.party
    return None if at is None or side is None else _up_since(side)


def _up_since(leg: Leg) -> Known[int] | None:
    at = leg.up_at
    return None if at is None else Known(at, Source.OBSERVED if leg.guessed else EVENT)


def handed_at(call: Steered) -> int | None:
    """When the agent left a call that goes on, in Unix ms; None if not."""
    agent, third = call.agent, call.transfer or call.consulted
    if not call.handed or third is None:
        return None
    if agent is not None and agent.gone_at is not None:
        return agent.gone_at
    return None if agent is not None and agent.released else third.up_at


def _end_facts(call: Steered) -> Facts:
    """When and how the call ended; ranks as a CDR if no phone was picked up.

    A leg that was found gone ended earlier, so the CDR is needed.
    """
    sides = [leg for leg in (call.party, call.agent) if leg is not None and leg.gone_at is not None]
    ends = sides or [leg for leg in call.devices if leg.gone_at is not None]
    first = min(ends, key=lambda leg: leg.gone_at or 0, default=None)
    if not sides and ends:
        first = max(ends, key=lambda leg: leg.gone_at or 0)
    if first is not None and first.end_guessed:
        talked = connected_at(call) is not None
        ended = Facts(ended=Known(first.gone_at or 0, Source.OBSERVED))
        return ended.join(Facts(outcome=Known(Outcome.COMPLETED, EVENT))) if talked else ended
    source = EVENT if call.winner or call.inbound else CDR
    refusal = None if call.winner or call.inbound else causes.phone_refusal(call.devices)
    how = causes.BY_REFUSAL[refusal] if refusal else _outcome_of(call)
    phone = Known(refusal, source) if refusal else None
    outcome = Facts(outcome=Known(how, source), phone=phone)
    if first is None or first.gone_at is None:
        return outcome
    return outcome.join(Facts(ended=Known(first.gone_at, source)))


def _outcome_of(call: Steered) -> Outcome:
    if connected_at(call) is not None:
        return Outcome.COMPLETED
    if not call.winner or call.inbound:
        return Outcome.NO_ANSWER
    party = call.party
    if party is None or party.gone_at is None:
        return Outcome.NO_ANSWER  # the agent gave up
    agent_gone = call.agent.gone_at if call.agent is not None else None
    if agent_gone is not None and agent_gone < party.gone_at:
        return Outcome.NO_ANSWER
    return causes.outcome_of(party.cause, party.tech_cause)
