"""Derives a call's CDR from rows of Asterisk's channel event log. Pure.

The talk begins when the other party's channel answers, or the agent's in an inbound call. The call
ends with the first hang-up of either side. If Asterisk was killed, the end is missing; then the
last known event counts as the end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from msgspec import Struct

from adapter.core.facts import Direction, Facts, Known, Outcome, PhoneRefusal, Source
from adapter.telephony.asterisk import causes, ids
from adapter.telephony.asterisk.leg import Leg
from adapter.telephony.port import Cdr
from adapter.telephony.updates import CallUpdate, Moment

CDR = Source.CDR


class CelRow(Struct, frozen=True):
    """One event; `at` is Unix ms."""

    at: int
    eventtype: str
    uniqueid: str
    linkedid: str = ""
    channame: str = ""
    appdata: str = ""
    extra: str = ""
    cid_num: str = ""
    exten: str = ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of our application for this channel."""
        return tuple(self.appdata.split(",")[1:])

    @property
    def cause(self) -> int | None:
        """Why the channel was hung up, as a Q.850 number."""
        try:
            cause = json.loads(self.extra).get("hangupcause")
        except (ValueError, AttributeError):
            return None
        return cause if isinstance(cause, int) else None


def roots_of(rows: Iterable[CelRow]) -> list[str]:
    """The calls of these rows, newest first."""
    roots = []
    for row in rows:
        name = ids.leg_name(row.uniqueid)
        roots.append(name.root if name is not None else ids.call_of_channel(row.uniqueid))
    return list(dict.fromkeys(reversed(roots)))


def cdr_of(root: str, rows: Sequence[CelRow]) -> Cdr | None:
    """A call's CDR from all rows of its channels, oldest first; None if there are none."""
    if not rows:
        return None
    begun = ids.channel_of_call(root)
    agents = [row for row in rows if _role(row) == "d"]
    if begun is None:
        return _outbound_cdr(root, rows, agents)
    own = [row for row in rows if row.uniqueid == begun]
    if not own:
        return None
    return _inbound_cdr(root, own, agents) if agents else _watched_cdr(root, own)


def _role(row: CelRow) -> str:
    name = ids.leg_name(row.uniqueid)
    return name.role if name is not None else ""


def _outbound_cdr(root: str, rows: Sequence[CelRow], agents: Sequence[CelRow]) -> Cdr:
    """A call that we placed."""
    party = [row for row in rows if _role(row) == "dst"]
    picked_up, connected = _first_of(agents, "ANSWER"), _first_of(party, "ANSWER")
    winner = [row for row in agents if picked_up and row.uniqueid == picked_up.uniqueid]
    arguments = next((row.arguments for row in agents if len(row.arguments) >= 4), ("",) * 4)
    ended, cause = _end_of(rows, winner, party)
    refusal = None if picked_up else _refusal(agents)
    refused = causes.BY_REFUSAL[refusal] if refusal else Outcome.NO_ANSWER
    outcome = causes.outcome_of(cause) if picked_up else refused
    facts = Facts(
        direction=Known(Direction.OUTBOUND, CDR),
        number=Known(arguments[3], CDR) if arguments[3] else None,
        started=Known(rows[0].at, CDR),
        picked_up=_known(picked_up),
        connected=_known(connected),
        ended=Known(ended, CDR),
        outcome=Known(Outcome.COMPLETED if connected else outcome, CDR),
        phone=Known(refusal, CDR) if refusal else None,
    )
    return _cdr(root, arguments[2], facts)


def _refusal(agents: Iterable[CelRow]) -> PhoneRefusal | None:
    """Why no phone of the agent's was picked up; the rows do not show whether any rang."""
    ends = [row for row in agents if row.eventtype == "HANGUP"]
    return causes.phone_refusal(Leg(row.uniqueid, cause=row.cause, rang=True) for row in ends)


def _inbound_cdr(root: str, caller: Sequence[CelRow], agents: Sequence[CelRow]) -> Cdr:
    """An inbound call that the dialplan sent to our application."""
    picked_up = _first_of(agents, "ANSWER")
    winner = [row for row in agents if picked_up and row.uniqueid == picked_up.uniqueid]
    entries = (row.arguments for row in caller if row.arguments[:1] == ("inbound",))
    user = next(entries, ("", ""))[1]
    number = next((row.cid_num for row in caller if row.cid_num), "")
    ended, _ = _end_of(caller, winner, caller)
    return _cdr(root, user, _facts_in(caller, number, picked_up, ended))


def _facts_in(rows: Sequence[CelRow], number: str, picked_up: CelRow | None, ended: int) -> Facts:
    return Facts(
        direction=Known(Direction.INBOUND, CDR),
        number=Known(number, CDR) if number else None,
        started=Known(rows[0].at, CDR),
        connected=_known(picked_up),
        ended=Known(ended, CDR),
        outcome=Known(Outcome.COMPLETED if picked_up else Outcome.NO_ANSWER, CDR),
    )


def _watched_cdr(root: str, own: Sequence[CelRow]) -> Cdr:
    """A watched call at an agent's phone; if the phone rang, it has the caller's linked id."""
    connected = _first_of(own, "ANSWER")
    ended, cause = _end_of(own, own, ())
    if own[0].linkedid not in {"", own[0].uniqueid}:
        return _cdr(root, "", _facts_in(own, "", connected, ended))
    number = next((row.exten for row in own if row.exten), "")
    outcome = Outcome.COMPLETED if connected else causes.outcome_of(cause)
    # The number may be the code that fetched a call (`watching.FETCHES`): the events know better.
    facts = Facts(
        direction=Known(Direction.OUTBOUND, Source.OBSERVED),
        number=Known(number, Source.OBSERVED) if number else None,
        started=Known(own[0].at, CDR),
        picked_up=Known(own[0].at, CDR),
        connected=_known(connected),
        ended=Known(ended, CDR),
        outcome=Known(outcome, CDR),
    )
    return _cdr(root, "", facts)


def _cdr(root: str, user: str, facts: Facts) -> Cdr:
    outbound = facts.direction is not None and facts.direction.value is Direction.OUTBOUND
    dialed = facts.number.value if outbound and facts.number is not None else None
    return Cdr(CallUpdate(Moment.CDR, root, user or None, facts), dialed)


def _known(row: CelRow | None) -> Known[int] | None:
    return None if row is None else Known(row.at, CDR)


def _first_of(rows: Iterable[CelRow], kind: str) -> CelRow | None:
    return next((row for row in rows if row.eventtype == kind), None)


def _end_of(
    rows: Sequence[CelRow], agent: Sequence[CelRow], party: Sequence[CelRow]
) -> tuple[int, int | None]:
    """When the call ended (Unix ms), and the other party's cause, else the agent's."""
    hangups = [row for row in (*agent, *party) if row.eventtype == "HANGUP"]
    at = min((row.at for row in hangups), default=rows[-1].at)
    hangup = _first_of(party, "HANGUP") or _first_of(agent, "HANGUP")
    return at, hangup.cause if hangup else None
