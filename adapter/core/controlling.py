"""What an agent wants done in a call: asked of the provider, never twice for one request.

Law of this file: a transfer calls somebody, so its target goes by the same dial policy as a click:
a number that may not be dialed may not be reached by handing a call over to it either.
"""

from __future__ import annotations

from adapter.core.decision import Decision, answered, ignored
from adapter.core.effects import ControlCall
from adapter.core.events import ControlRequested
from adapter.core.model import Agent, AgentNoAnswer, Answer, AwaitingCdr, Wrapup
from adapter.core.phone import Undialable, dialable, prefixed
from adapter.core.policy import Policy

TRANSFER = "transfer"


def control_requested(agent: Agent, event: ControlRequested, policy: Policy) -> Decision:
    """Ask the provider, or answer why not."""
    if any(answer.request_id == event.request_id for answer in agent.answers):
        return ignored(agent, "repeated request")
    call = agent.call(event.call_id)
    live = call is not None and not isinstance(call.stage, AwaitingCdr | Wrapup | AgentNoAnswer)
    if call is None or not live or call.provider_call_id is None or agent.line is None:
        return _answer(agent, event, "no-such-call", "This call is not connected.", policy)
    value = event.value
    if event.action == TRANSFER:
        target = dialable(value, policy.dial)
        if isinstance(target, Undialable):
            return _answer(agent, event, f"refused-{target.reason}", target.text, policy)
        value = prefixed(target, policy.dial.default_region, agent.call_center)
    effect = ControlCall(
        event.request_id, event.call_id, agent.line, call.provider_call_id, event.action, value
    )
    return Decision(agent, effects=(effect,))


def _answer(
    agent: Agent, event: ControlRequested, code: str, text: str, policy: Policy
) -> Decision:
    return Decision(answered(agent, Answer(event.request_id, code, text, event.at), policy))
