"""Erase one person's number from an agent: finished things go, unfinished things stay.

Law of this file: nothing that a later event needs is touched. Live calls and wrap-ups stay. So do
answers, because a repeated request must not place a second call: only their text is erased.
"""

from __future__ import annotations

from msgspec.structs import replace

from adapter.core.model import Agent, Answer, Notice
from adapter.core.numbers.query import NumberQuery

ERASED = "[erased]"


def without(agent: Agent, query: NumberQuery) -> Agent:
    """The agent without answers, notices and favorites that contain the number."""
    return replace(
        agent,
        answers=tuple(_erased_answer(answer, query) for answer in agent.answers),
        notices=tuple(_erased_notice(notice, query) for notice in agent.notices),
        favorites=tuple(entry for entry in agent.favorites if not query.is_in(entry.number)),
    )


def _erased_answer(answer: Answer, query: NumberQuery) -> Answer:
    return replace(answer, text=ERASED) if query.is_in(answer.text) else answer


def _erased_notice(notice: Notice, query: NumberQuery) -> Notice:
    return replace(notice, text=ERASED) if query.is_in(notice.text) else notice
