"""Sales Engagement work items and the calls they are for, in whichever order they are reported.

The guide promises no order of onWorkStart and onClickToDial, and the two may come from different
pages (https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
sforce_api_cti_hvs_onworkstart.htm). So each waits here for the other, matched by number.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.decision import Decision
from adapter.core.events import DialRequested, WorkStarted
from adapter.core.facts import OUTBOUND
from adapter.core.model import Agent, WorkItem
from adapter.core.numbers.phone import Dialable, DialRules, dialable, same_number
from adapter.core.policy import Policy

WAIT_MS = 1_800_000
"""How long a work item waits for its click: agents read before they call."""

LATE_MS = 60_000
"""How long after its click a work item may still arrive."""

KEPT = 10


def work_started(agent: Agent, event: WorkStarted, policy: Policy) -> Decision:
    """It goes to the call just placed to its number, or else waits for the click."""
    for call in agent.calls:
        is_placed = call.request_id != "" and call.direction is OUTBOUND and not call.work_id
        is_fresh = event.at - call.opened_at <= LATE_MS
        if is_placed and is_fresh and is_same(call.number, event.to, policy.dial):
            return Decision(agent.with_call(replace(call, work_id=event.work_id)))
    others = (work for work in agent.works if work.work_id != event.work_id)
    waiting = (WorkItem(event.work_id, event.to, event.at), *others)[:KEPT]
    return Decision(replace(agent, works=waiting))


def take_work(
    agent: Agent, event: DialRequested, number: str, rules: DialRules
) -> tuple[Agent, str]:
    """The work item that this call is for: the one the page names, else by the number."""
    if not agent.works:
        return agent, event.work_id
    fresh = tuple(work for work in agent.works if event.at - work.at <= WAIT_MS)
    work_id = event.work_id
    if not work_id:
        same_number_ids = (work.work_id for work in fresh if is_same(number, work.to, rules))
        work_id = next(same_number_ids, "")
    others = tuple(work for work in fresh if work.work_id != work_id)
    return (replace(agent, works=others) if others != agent.works else agent), work_id


def is_same(number: str, written: str, rules: DialRules) -> bool:
    """Whether a text means this number."""
    reading = dialable(written, rules)
    return same_number(number, reading.dial_string if isinstance(reading, Dialable) else written)
