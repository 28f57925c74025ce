"""From a click to a placement: who may dial now, and the outcome of the request.

Law of this file: **a call is placed at most once.** A request ID is answered once; a request whose
outcome is unknown keeps its placement and its deadline, and is never sent again.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision, answered, ignored, noticed
from adapter.core.details import CallDetails, read_params
from adapter.core.effects import PlaceCall
from adapter.core.events import (
    CallPlaced,
    DialRequested,
    PhoneSilent,
    PlacingRejected,
    PlacingUnknown,
)
from adapter.core.facts import INBOUND, Outcome
from adapter.core.model import (
    Acceptance,
    Agent,
    AgentNoAnswer,
    Answer,
    Call,
    Notice,
    Phase,
    Placing,
    TelephonyUser,
)
from adapter.core.numbers.phone import (
    Dialable,
    DialKind,
    Order,
    Undialable,
    dialable,
    mark,
    order,
    same_number,
)
from adapter.core.opening import log_of_attempt
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.core.works import take_work

UNCONFIRMED = "The phone system did not confirm the call. If your phone rings, answer it."

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def dial_requested(agent: Agent, event: DialRequested, policy: Policy) -> Decision:
    """Place the call or say why not; a repeated request gets the same answer."""
    if _is_repeated(agent, event):
        return ignored(agent, "repeated request")
    ordered = order(event.number, policy.dial, agent.call_center)
    if isinstance(ordered, Undialable):
        return _answer(agent, event, f"refused-{ordered.reason}", ordered.text, policy)
    number = ordered.number
    if agent.line is None:
        answer = _USE_YOUR_PHONE if number.kind is DialKind.EMERGENCY else _NOT_CONFIGURED
        return _answer(agent, event, *answer, policy)
    refusal = _refusal(agent, event, number, policy)
    if refusal is not None:
        return _answer(agent, event, *refusal, policy)
    return _place(agent, event, ordered, agent.line, policy)


def _is_repeated(agent: Agent, event: DialRequested) -> bool:
    """Whether this request has been answered, or its call is still here.

    Answers are kept for as long as a repeated request could still be fresh enough to be dialed
    (`decision.answered`); after that it is refused as too old.
    """
    return event.request_id in [answer.request_id for answer in agent.answers] or any(
        event.request_id == call.request_id or event.call_id == call.call_id for call in agent.calls
    )


_USE_YOUR_PHONE = ("use-your-phone", "Dial the emergency number on your phone now.")

_NOT_CONFIGURED = (
    "not-configured",
    "No phone is assigned to you yet. Ask your admin to add you to the phone directory.",
)


def may_dial(agent: Agent, policy: Policy) -> bool:
    """Whether click-to-dial is on, judging by the agent's value."""
    phase = agent.phase
    # On the backend's route, Salesforce's own wrap-up decides who may call.
    dials_in_wrapup = policy.dial_while_wrapup or agent.route is Route.BACKEND
    is_free = phase is Phase.IDLE or (phase is Phase.WRAPUP and dials_in_wrapup)
    return is_free and agent.line is not None


def is_placing(agent: Agent) -> bool:
    """Whether a placement waits for the agent's own phone; at most one does."""
    return any(isinstance(call.stage, Placing) for call in agent.calls)


def _refusal(
    agent: Agent, event: DialRequested, number: Dialable, policy: Policy
) -> tuple[str, str] | None:
    """Code and text of the reason why the agent may not dial now, if there is one.

    Neither a call nor a limit delays an emergency call. But an old click (from a page that
    reconnects) must not send an ambulance: the agent is told to use the phone.
    """
    too_old = event.at - event.clicked_at > policy.click_ms
    is_silent = agent.availability.is_silent and not policy.click_in_silence
    if number.kind is DialKind.EMERGENCY:
        allowed = policy.emergency and not too_old and not is_placing(agent)
        allowed = allowed and not is_silent
        return None if allowed else _USE_YOUR_PHONE
    if too_old:
        return "too-old", "This click arrived too late and was not dialed. Click again."
    if is_silent:
        return "do-not-disturb", SILENT["do-not-disturb"]
    if not may_dial(agent, policy):
        return "busy", "You are on a call. Finish it first, then click again."
    rate = rate_refusal(agent, event.at, event.org_dials, policy)
    return rate if rate is not None else _repeat_refusal(agent, event, number, policy)


def rate_refusal(agent: Agent, at: int, org_dials: int, policy: Policy) -> tuple[str, str] | None:
    """Code and text if the agent or the org has started too many calls; a transfer counts, too."""
    last_hour = dials_of_last_hour(agent, at)
    last_minute = [dial for dial in last_hour if at - dial < MINUTE_MS]
    if len(last_minute) >= policy.per_minute or len(last_hour) >= policy.per_hour:
        return "too-many", "Too many calls in a short time. Wait a moment, then click again."
    if 0 < policy.per_minute_org <= org_dials:
        return "too-many-org", "Your company has started too many calls. Try again in a minute."
    return None


def dials_of_last_hour(agent: Agent, at: int) -> tuple[int, ...]:
    """When the agent started calls in the last hour (Unix ms)."""
    return tuple([dial for dial in agent.dials if at - dial < HOUR_MS])


def _repeat_refusal(
    agent: Agent, event: DialRequested, number: Dialable, policy: Policy
) -> tuple[str, str] | None:
    """Whether to ask first: the same number again so soon is usually a mistake."""
    if event.confirmed or policy.repeat_ms <= 0:
        return None
    since = event.at - policy.repeat_ms
    last, began = agent.last_called
    is_repeated = began > since and last == mark(number.dial_string)
    for call in agent.calls:
        if call.opened_at > since and call.direction is not INBOUND:
            is_repeated |= same_number(call.number, number.dial_string)
    text = "You called this number a moment ago. Call it again?"
    return ("confirm-repeat", text) if is_repeated else None


def _answer(agent: Agent, event: DialRequested, code: str, text: str, policy: Policy) -> Decision:
    return Decision(answered(agent, Answer(event.request_id, code, text, event.at), policy))


def _place(
    agent: Agent, event: DialRequested, ordered: Order, line: TelephonyUser, policy: Policy
) -> Decision:
    number, dialed = ordered.number, ordered.dialed
    agent, work_id = take_work(agent, event, number.dial_string, policy.dial)
    params = read_params(event.params)
    call = Call(
        call_id=event.call_id,
        number=number.dial_string,
        opened_at=event.at,
        stage=Placing(event.at, event.at + policy.outcome_ms),
        request_id=event.request_id,
        record=event.record,
        work_id=work_id,
        dialed=dialed if dialed != number.dial_string else "",
        details=CallDetails(event.params, number.extension),
        time_zone=event.time_zone,
        digits_due=number.extension,
    )
    dials = (*dials_of_last_hour(agent, event.at), event.at)
    placing = replace(agent, calls=agent.calls_with(call), dials=dials)
    answer = Answer(event.request_id, "placed", "Pick up your phone.", event.at, called=True)
    profile = event.ring_profile or params.get("ringProfile", "")
    # What a page says is not authority: only the deployment's and the agent's profiles count.
    profile = profile if profile in (*policy.ring_profiles, *agent.ring_profiles) else ""
    effect = PlaceCall(event.call_id, line, dialed, profile, _caller_id(event, params, policy))
    return Decision(answered(placing, answer, policy), effects=(effect,))


def _caller_id(event: DialRequested, params: dict[str, str], policy: Policy) -> str:
    """The caller ID that the agent, or else the click, asks for, if it is one of the org's.

    What a page says is not authority: otherwise any click could show any number.
    """
    if not policy.caller_ids:
        return ""
    number = dialable(event.caller_id or params.get("did", ""), policy.dial)
    wanted = number.dial_string if isinstance(number, Dialable) else ""
    return wanted if wanted in policy.caller_ids else ""


def call_placed(agent: Agent, event: CallPlaced, policy: Policy) -> Decision:
    """The provider accepted the request: from now on only the ring deadline counts."""
    call = agent.call(event.call_id)
    if call is None:
        return ignored(agent, "no such call")
    provider_call_id, stage = call.provider_call_id, call.stage
    if provider_call_id is None:
        provider_call_id = event.provider_call_id
    if isinstance(stage, Placing) and stage.asked == 0:
        due = stage.since + policy.ring_ms
        stage = replace(stage, acceptance=Acceptance.ACCEPTED, due=due)
    placed = replace(call, provider_call_id=provider_call_id, stage=stage)
    return Decision(agent.with_call(placed))


def placing_rejected(agent: Agent, event: PlacingRejected, policy: Policy) -> Decision:
    """There is certainly no call: the agent is idle again, and reads the provider's reason.

    A call that an event has already proved to exist is kept.
    """
    call = agent.call(event.call_id)
    if call is None or not isinstance(call.stage, Placing | AgentNoAnswer):
        return ignored(agent, "not placing")
    text = f"The phone system refused the call: {event.text}"
    answer = Answer(call.request_id, "provider-refused", text, event.at)
    idle = answered(agent.without_call(event.call_id), answer, policy)
    return Decision(idle, log_of_attempt(agent, call, event.at, policy, Outcome.FAILED))


def placing_unknown(agent: Agent, event: PlacingUnknown, policy: Policy) -> Decision:
    """There may be a call: the placement is kept, marked as unconfirmed, and never repeated."""
    call = agent.call(event.call_id)
    if call is None or not isinstance(call.stage, Placing):
        return ignored(agent, "not placing")
    stage = call.stage
    if stage.acceptance is not Acceptance.ASKED:
        return ignored(agent, "known already")
    named = replace(call, provider_call_id=call.provider_call_id or event.provider_call_id)
    return Decision(unconfirmed(agent, named, stage, event.at, policy))


SILENT = {
    "do-not-disturb": "Do not disturb keeps your phone from ringing. Turn it off, then dial again.",
    "phone-offline": "None of your phones is connected. Check your phone, then dial again.",
}
"""Why a phone stays silent, shown at once rather than after a ring time-out."""


def phone_silent(agent: Agent, event: PhoneSilent, policy: Policy) -> Decision:
    """Tell the agent not to wait for a phone that does not ring; the call itself goes on."""
    call = agent.call(event.call_id)
    if call is None or not isinstance(call.stage, Placing) or event.code not in SILENT:
        return ignored(agent, "not placing")
    notice = Notice(f"silent-{call.call_id}", event.code, SILENT[event.code], event.at)
    return Decision(noticed(agent, notice, policy))


def placing_notices(call_id: str) -> tuple[str, ...]:
    """The IDs of the notices shown while a call is placed: outdated once it is picked up."""
    return f"unconfirmed-{call_id}", f"not-picked-up-{call_id}", f"silent-{call_id}"


def unconfirmed(agent: Agent, call: Call, stage: Placing, at: int, policy: Policy) -> Agent:
    """The agent with this placement marked as unconfirmed, and a notice that says so."""
    due = max(stage.since + policy.ring_ms, at + 1)
    marked = call.at_stage(replace(stage, acceptance=Acceptance.UNCONFIRMED, due=due))
    notice = Notice(f"unconfirmed-{call.call_id}", "unknown-outcome", UNCONFIRMED, at)
    return noticed(agent.with_call(marked), notice, policy)
