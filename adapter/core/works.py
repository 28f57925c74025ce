"""Work items of Sales Engagement, and the calls that they are for: whichever is told first.

The guide promises no order of onWorkStart and onClickToDial, and the two may come by different
pages (https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
sforce_api_cti_hvs_onworkstart.htm). So both wait here for the other, by the number.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision
from adapter.core.events import DialRequested, WorkStarted
from adapter.core.facts import OUTBOUND
from adapter.core.model import Agent, WorkItem
from adapter.core.phone import Dialable, DialRules, dialable, same_number
from adapter.core.policy import Policy

WAIT_MS = 1_800_000
"""How long a work item waits for its click: an agent reads before they call."""

LATE_MS = 60_000
"""How long after its click a work item may still be told."""

KEPT = 10


def work_started(agent: Agent, event: WorkStarted, policy: Policy) -> Decision:
    """The call that was just placed to its number takes it; else it waits for the click."""
    for call in agent.calls:
        ours = call.request_id != "" and call.direction is OUTBOUND and not call.work_id
        fresh = event.at - call.opened_at <= LATE_MS
        if ours and fresh and is_same(call.number, event.to, policy.dial):
            return Decision(agent.with_call(replace(call, work_id=event.work_id)))
    others = (work for work in agent.works if work.work_id != event.work_id)
    waiting = (WorkItem(event.work_id, event.to, event.at), *others)[:KEPT]
    return Decision(replace(agent, works=waiting))


def take_work(
    agent: Agent, event: DialRequested, number: str, rules: DialRules
) -> tuple[Agent, str]:
    """The work item that this call is for, by the page's word or by the number."""
    if not agent.works:
        return agent, event.work_id
    fresh = tuple(work for work in agent.works if event.at - work.at <= WAIT_MS)
    found = event.work_id
    if not found:
        named = (work.work_id for work in fresh if is_same(number, work.to, rules))
        found = next(named, "")
    left = tuple(work for work in fresh if work.work_id != found)
    return (replace(agent, works=left) if left != agent.works else agent), found


def is_same(number: str, written: str, rules: DialRules) -> bool:
    """Whether a text names this number."""
    found = dialable(written, rules)
    named = found.dial_string if isinstance(found, Dialable) else written
    return same_number(number, named)
