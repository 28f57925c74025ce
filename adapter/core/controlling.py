"""Requests to do something in a call: sent to the provider, at most once for each request.

Law of this file: a transfer calls somebody, and so does consulting a colleague first. Its target is
subject to the same dial policy as a click, it counts as a call started by the agent and the org,
and a call has one transfer at a time.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision, answered, ignored, noticed
from adapter.core.dialing import dials_of_last_hour, rate_refusal
from adapter.core.effects import ControlCall
from adapter.core.events import ControlAnswered, ControlRequested
from adapter.core.model import Agent, AgentNoAnswer, Answer, AwaitingCdr, Call, Notice, Wrapup
from adapter.core.numbers.phone import DialKind, Order, Undialable, order
from adapter.core.policy import Policy

CALLS_SOMEBODY = frozenset({"transfer", "consult"})
"""Actions that dial: a blind transfer, and a consultation while the other party waits."""
DONE = "done"
EXTENSION = "extension-"
"""Prefix of the request ID that sends a call's extension."""


def control_requested(agent: Agent, event: ControlRequested, policy: Policy) -> Decision:
    """Send it to the provider, or answer why not."""
    transfers = [call.transfer for call in agent.calls]
    if event.request_id in [*transfers, *(answer.request_id for answer in agent.answers)]:
        return ignored(agent, "repeated request")
    call = agent.call(event.call_id)
    is_live = call is not None and not isinstance(call.stage, AwaitingCdr | Wrapup | AgentNoAnswer)
    if call is None or not is_live or call.provider_call_id is None or agent.line is None:
        return _answer(agent, event, "no-such-call", "This call is not connected.", policy)
    value, line = event.value, agent.line
    if event.action in CALLS_SOMEBODY:
        ordered = order(value, replace(policy.dial, digits=False), agent.call_center)
        if isinstance(ordered, Undialable):
            return _answer(agent, event, f"refused-{ordered.reason}", ordered.text, policy)
        refusal = _transfer_refusal(agent, call, ordered, event, policy)
        if refusal is not None:
            return _answer(agent, event, *refusal, policy)
        agent, value = _transferring(agent, call, event), ordered.dialed
    effect = ControlCall(
        event.request_id, event.call_id, line, call.provider_call_id, event.action, value
    )
    return Decision(agent, effects=(effect,))


def control_answered(agent: Agent, event: ControlAnswered, policy: Policy) -> Decision:
    """The outcome of a request. An extension, which we send unasked, is mentioned if it failed."""
    for transferred in agent.calls:
        if transferred.transfer == event.request_id:
            agent = agent.with_call(replace(transferred, transfer="", transfer_at=0))
    controlled = agent.call(event.call_id)
    if controlled is not None and event.code == DONE:
        in_call = controlled.in_call.after(event.action)
        agent = agent.with_call(replace(controlled, in_call=in_call))
    if not event.request_id.startswith(EXTENSION):
        called = event.action in CALLS_SOMEBODY
        answer = Answer(event.request_id, event.code, event.text, event.at, called)
        return Decision(answered(agent, answer, policy))
    call = agent.call(event.request_id.removeprefix(EXTENSION))
    if event.code == DONE or call is None:
        return Decision(agent)
    text = f"Extension {call.details.extension} was not sent. Enter it on your phone."
    return Decision(noticed(agent, Notice(event.request_id, "extension", text, event.at), policy))


def send_extension(agent: Agent, call: Call) -> tuple[Agent, tuple[ControlCall, ...]]:
    """Send the digits that are due, once, now that both parties are connected."""
    if not call.digits_due or agent.line is None or call.provider_call_id is None:
        return agent, ()
    request_id = f"{EXTENSION}{call.call_id}"
    effect = ControlCall(
        request_id, call.call_id, agent.line, call.provider_call_id, "digits", call.digits_due
    )
    return agent.with_call(replace(call, digits_due="")), (effect,)


def _transfer_refusal(
    agent: Agent, call: Call, ordered: Order, event: ControlRequested, policy: Policy
) -> tuple[str, str] | None:
    """Code and text of the refusal, if any; no rate limit delays an emergency call."""
    if call.transfer and event.at - call.transfer_at < policy.outcome_ms:
        return "transfer-pending", "This call is already being transferred. Wait for the result."
    if ordered.number.kind is DialKind.EMERGENCY:
        return None
    return rate_refusal(agent, event.at, event.org_dials, policy)


def _transferring(agent: Agent, call: Call, event: ControlRequested) -> Agent:
    marked = replace(call, transfer=event.request_id, transfer_at=event.at)
    dials = (*dials_of_last_hour(agent, event.at), event.at)
    return replace(agent, calls=agent.calls_with(marked), dials=dials)


def _answer(
    agent: Agent, event: ControlRequested, code: str, text: str, policy: Policy
) -> Decision:
    return Decision(answered(agent, Answer(event.request_id, code, text, event.at), policy))
