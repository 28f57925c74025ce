"""The machine: what an event does to an agent.

    idle ─ click ─► ringing-user-devices ─ picked up ─► dialing-destination ─ answered ─► bridged
      ▲                     │ refused, not picked up            │ over                      │ over
      │◄────────────────────┘                                   ▼                           ▼
      │◄──────────────── done, or time is up ──────────────── wrapup ◄──────────────────────┘
    a call comes in: ringing-inbound ─ answered ─► bridged, or ─ over ─► wrapup ("Missed")

Law of this file: `decide` is total. No event raises, none is unhandled; an event that fits nothing
leaves the agent as it was and says why (`Decision.ignored`), so that it can be counted.
"""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from adapter.core import controlling, deadlines, dialing, pausing, reporting, surfaces, works
from adapter.core.aftermath import kept
from adapter.core.availability import AvailabilityAnswered, AvailabilityChosen
from adapter.core.callcenter import read_region
from adapter.core.decision import Decision, ignored, noticed, unnoticed
from adapter.core.effects import PopScreen
from adapter.core.ending import end_wrapup, is_in_doubt, log_call, request_cdr
from adapter.core.events import (
    AnsweredElsewhere,
    CallCenterRead,
    CallEvent,
    CallPlaced,
    CdrMissing,
    CdrUnavailable,
    ControlAnswered,
    ControlRequested,
    DialRequested,
    Event,
    MatchesFound,
    NoticeDismissed,
    OverClaimed,
    PageEvent,
    PageGreeted,
    PhoneSilent,
    PlacingRejected,
    PlacingUnknown,
    PopClaimed,
    RecordClaimed,
    RecordOpened,
    RecordViewed,
    Report,
    RingingElsewhere,
    SurfaceChosen,
    TimePassed,
    WorkStarted,
    WrapupSubmitted,
)
from adapter.core.favorite import FULL, FULL_WORDS, FavoriteChosen, with_favorite
from adapter.core.logs.events import DraftChanged, RecordPicked
from adapter.core.model import Agent, AwaitingCdr, Notice, RingingInbound, Wrapup
from adapter.core.policy import Policy


def decide(  # noqa: PLR0911, PLR0912 - one branch for each event, that is the table
    agent: Agent, event: Event, policy: Policy
) -> Decision:
    """What this event does: the agent afterwards, its logs, and what is to be done."""
    policy = policy.of(agent.call_center)
    match event:
        # What comes most often comes first: each case costs every later one a look.
        case AnsweredElsewhere():
            return reporting.answered_elsewhere(agent, event, policy)
        case RingingElsewhere():
            return reporting.ringing_elsewhere(agent, event, policy)
        case CallEvent():
            return reporting.reported(agent, _kept(event, policy), policy)
        case CallPlaced():
            return dialing.call_placed(agent, event, policy)
        case PlacingRejected():
            return dialing.placing_rejected(agent, event, policy)
        case PlacingUnknown():
            return dialing.placing_unknown(agent, event, policy)
        case PhoneSilent():
            return dialing.phone_silent(agent, event, policy)
        case CdrMissing():
            return deadlines.cdr_missing(agent, event, policy)
        case CdrUnavailable():
            return deadlines.cdr_unavailable(agent, event, policy)
        case OverClaimed():
            return deadlines.over_claimed(agent, event, policy)
        case ControlAnswered():
            return controlling.control_answered(agent, event, policy)
        case AvailabilityAnswered():
            return pausing.availability_answered(agent, event, policy)
        case TimePassed():
            return deadlines.time_passed(agent, event, policy)
        case _:
            return _told_by_a_page(agent, event, policy)


def _told_by_a_page(  # noqa: PLR0911, PLR0912 - the other half of the table
    agent: Agent, event: PageEvent, policy: Policy
) -> Decision:
    match event:
        case PopClaimed():
            return _pop_claimed(agent, event)
        case PageGreeted():
            return surfaces.greeted(agent, event)
        case DialRequested():
            return dialing.dial_requested(agent, event, policy)
        case WorkStarted():
            return works.work_started(agent, event, policy)
        case ControlRequested():
            return controlling.control_requested(agent, event, policy)
        case WrapupSubmitted():
            return _wrapup_submitted(agent, event, policy)
        case RecordViewed():
            return _record_viewed(agent, event)
        case MatchesFound():
            return _matches_found(agent, event)
        case CallCenterRead():
            return _call_center_read(agent, event, policy)
        case AvailabilityChosen():
            return pausing.availability_chosen(agent, event, policy)
        case FavoriteChosen():
            return _favorite_chosen(agent, event, policy)
        case NoticeDismissed():
            return Decision(unnoticed(agent, event.notice_id))
        case SurfaceChosen():
            return surfaces.surface_chosen(agent, event)
        case RecordClaimed():
            return surfaces.record_claimed(agent, event)
        case RecordOpened():
            return surfaces.record_opened(agent, event)
        case _ as never:
            assert_never(never)


def _kept(event: Report, policy: Policy) -> Report:
    """The event without what the policy does not keep; another user's part is never kept."""
    facts = kept(event.facts, () if event.elsewhere else policy.wanted)
    return event if facts is event.facts else replace(event, facts=facts)


WRONG_COUNTRY = "wrong-country"


def _call_center_read(agent: Agent, event: CallCenterRead, policy: Policy) -> Decision:
    """The agent is told of an unknown country: numbers would silently be read as another's."""
    settings, country = event.call_center, read_region(event.call_center.region)
    updated = replace(agent, call_center=replace(settings, region=country or settings.region))
    if updated == agent:
        return ignored(agent, "as before")
    if not settings.region or country:
        return Decision(unnoticed(updated, WRONG_COUNTRY))
    text = f"{settings.region} is not a country (/softphone/defaultCountry). Tell your admin."
    return Decision(noticed(updated, Notice(WRONG_COUNTRY, WRONG_COUNTRY, text, event.at), policy))


def _wrapup_submitted(agent: Agent, event: WrapupSubmitted, policy: Policy) -> Decision:
    """The draft is kept with the call while the call is here, and goes to its log once it has one.

    A submission for yesterday's call still reaches its log; without a log, it is dropped there.
    """
    call = agent.call(event.call_id)
    held = event.at + policy.wrapup_ms
    if call is None:
        late = DraftChanged(event.at, event.draft, done=True)
        return Decision(agent, log_events=((event.call_id, late),))
    written = replace(call, draft=call.draft.merged(event.draft))
    updated = agent.with_call(written)
    if isinstance(call.stage, AwaitingCdr) and event.done:
        if is_in_doubt(agent, call, call.stage) and (questions := request_cdr(agent, call)):
            # Whose call it was must be known first: the draft waits for that.
            return Decision(updated, effects=questions)
        logged = log_call(updated, written, event.at, policy)
        return logged.then(end_wrapup(logged.agent, written, event.at, policy))
    if not isinstance(call.stage, Wrapup):
        return Decision(updated)
    # Each change moves the deadline, so that nobody is cut off while writing.
    changed = DraftChanged(event.at, event.draft, event.done, held)
    logged = Decision(updated, log_events=((event.call_id, changed),))
    if event.done:
        return logged.then(end_wrapup(updated, written, event.at, policy))
    longer = written.at_stage(replace(call.stage, due=max(call.stage.due, held)))
    return replace(logged, agent=updated.with_call(longer))


def _pop_claimed(agent: Agent, event: PopClaimed) -> Decision:
    """At most one page pops, and only while it rings."""
    call = agent.call(event.call_id)
    if call is None or not isinstance(call.stage, RingingInbound) or call.stage.popped:
        return ignored(agent, "no pop due")
    popped = call.at_stage(replace(call.stage, popped=True))
    effect = PopScreen(call.call_id, event.page_id, call.number, call.direction)
    return Decision(agent.with_call(popped), (), (), (effect,))


def _record_viewed(agent: Agent, event: RecordViewed) -> Decision:
    """The agent says which record the call is about; earlier links belong to another record."""
    call = agent.call(event.call_id)
    picked = ((event.call_id, RecordPicked(event.at, event.record)),)
    if call is None:
        return Decision(agent, log_events=picked)
    events = picked if isinstance(call.stage, Wrapup) else ()
    about = replace(call, record=event.record, draft=call.draft.unlinked())
    return Decision(agent.with_call(about), log_events=events)


def _matches_found(agent: Agent, event: MatchesFound) -> Decision:
    """A single match becomes the call's record, if it has none; of several the agent picks one."""
    call = agent.call(event.call_id)
    if call is None:
        return ignored(agent, "no such call")
    matched = replace(call, matches=event.records)
    if call.record is not None or len(event.records) != 1:
        return Decision(agent.with_call(matched))
    return _record_viewed(
        agent.with_call(matched), RecordViewed(event.at, event.call_id, event.records[0])
    )


def _favorite_chosen(agent: Agent, event: FavoriteChosen, policy: Policy) -> Decision:
    chosen = with_favorite(agent.favorites, event.favorite, on=event.on)
    if chosen != agent.favorites:
        return Decision(unnoticed(replace(agent, favorites=chosen), FULL))
    if not event.on or event.favorite in chosen:
        return ignored(agent, "as before")
    return Decision(noticed(agent, Notice(FULL, FULL, FULL_WORDS, event.at), policy))
