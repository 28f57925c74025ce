"""An agent without one person's number: what is over goes, what is not done stays.

Law of this file: nothing that a later event needs is touched. Live calls and wrap-ups stay, and so
does the answer to each request (the same request again must not place a second call): only what it
says is taken out.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.model import Agent, Answer, Notice
from adapter.core.numberquery import NumberQuery

ERASED = "[erased]"


def without(agent: Agent, sought: NumberQuery) -> Agent:
    """The agent with no answer, notice or favorite that tells the number."""
    return replace(
        agent,
        answers=tuple(_silent_answer(answer, sought) for answer in agent.answers),
        notices=tuple(_silent_notice(notice, sought) for notice in agent.notices),
        favorites=tuple(one for one in agent.favorites if not sought.is_in(one.number)),
    )


def _silent_answer(answer: Answer, sought: NumberQuery) -> Answer:
    return replace(answer, text=ERASED) if sought.is_in(answer.text) else answer


def _silent_notice(notice: Notice, sought: NumberQuery) -> Notice:
    return replace(notice, text=ERASED) if sought.is_in(notice.text) else notice
