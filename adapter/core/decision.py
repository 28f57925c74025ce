"""A decision: the agent afterwards, what happens to its logs, and what to do."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from adapter.core.effects import Effect
from adapter.core.logs.events import LogEvent
from adapter.core.logs.model import CallLog
from adapter.core.model import Agent, Answer, Notice
from adapter.core.policy import Policy


class Decision(Struct, frozen=True):
    """The outcome of `decide`: only data, nothing is done yet.

    `opened` are new logs; `log_events` go to existing ones (log ID, event); `ignored` is the stable
    reason why nothing changed, for counting.
    """

    agent: Agent
    opened: tuple[CallLog, ...] = ()
    log_events: tuple[tuple[str, LogEvent], ...] = ()
    effects: tuple[Effect, ...] = ()
    ignored: str = ""

    def then(self, other: Decision) -> Decision:
        """This decision followed by another one, made about this one's agent."""
        return Decision(
            other.agent,
            self.opened + other.opened,
            self.log_events + other.log_events,
            self.effects + other.effects,
            other.ignored,
        )


def ignored(agent: Agent, why: str) -> Decision:
    """Nothing changes; the reason is counted."""
    return Decision(agent, ignored=why)


def answered(agent: Agent, answer: Answer, policy: Policy) -> Agent:
    """The agent with an answer to a request, replacing an earlier answer to the same request.

    Answers are kept for a minute, in which the request might be repeated: without its answer, it
    would dial twice. Of answers that called nobody only the latest are kept, because every view
    contains them; those that called somebody are bounded by the rate limits.
    """
    since = answer.at - policy.answer_ms
    for earlier in agent.answers:
        if earlier.request_id == answer.request_id and earlier.called:
            answer = replace(answer, called=True)
    fresh = [a for a in agent.answers if a.at >= since and a.request_id != answer.request_id]
    too_many = [a for a in fresh if not a.called][: -policy.answers_kept]
    return replace(agent, answers=(*(a for a in fresh if a not in too_many), answer))


def unnoticed(agent: Agent, *notice_ids: str) -> Agent:
    """The agent without notices that are no longer true."""
    kept = tuple(n for n in agent.notices if n.id not in notice_ids)
    return agent if kept == agent.notices else replace(agent, notices=kept)


def noticed(agent: Agent, notice: Notice, policy: Policy) -> Agent:
    """The agent with a notice to read; it replaces an earlier one with the same ID."""
    others = tuple(n for n in agent.notices if n.id != notice.id)
    return replace(agent, notices=(*others, notice)[-policy.notices_kept :])
