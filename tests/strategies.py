"""Hypothesis strategies for every value of the model; any combination of fields, legal or not.

`agents()`, `call_logs()` and the smaller ones make whatever the types allow: what is stored, shown
or joined must work for all of them. Strings hold anything that has UTF-8.
"""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from adapter.core.availability import Applied, Availability, Status
from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Facts, Known, Outcome, PhoneRefusal, Source
from adapter.core.favorite import Favorite
from adapter.core.logs.model import (
    Attempt,
    Attempting,
    CallLog,
    Closed,
    ClosedBy,
    LogFields,
    LogState,
    Pending,
    Saved,
    SaveError,
    Settled,
    Tray,
    TrayReason,
    Unknown,
    Verifying,
    Writing,
)
from adapter.core.model import (
    Acceptance,
    Agent,
    AgentKey,
    AgentNoAnswer,
    Answer,
    AwaitingCdr,
    Bridged,
    Call,
    Dialing,
    Notice,
    Placing,
    RingingInbound,
    Stage,
    TelephonyUser,
    Wrapup,
)
from adapter.core.route import Route
from adapter.storage.port import Parked, Session

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

texts = st.text(st.characters(codec="utf-8"), max_size=12)
"""Anything that has UTF-8, NUL included: the agents' and the provider's free text, mended."""

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
"""Ids."""

times = st.integers(0, 2**45)
"""Unix milliseconds, until the year 3084."""

counts = st.integers(0, 9)


def maybe(strategy: SearchStrategy[T]) -> SearchStrategy[T | None]:
    """The value, or None."""
    return st.none() | strategy


def some(strategy: SearchStrategy[T], most: int = 3) -> SearchStrategy[tuple[T, ...]]:
    """A tuple of up to `most`."""
    return st.lists(strategy, max_size=most).map(tuple)


def members(kind: type[E]) -> SearchStrategy[E]:
    """One of an enum's members."""
    return st.sampled_from(list(kind))


keys = st.builds(AgentKey, names, names)
lines = st.builds(TelephonyUser, names, names)
records = st.builds(Record, texts, texts, texts, texts, texts, st.booleans())
numbers = st.sampled_from(["+14155550100", "+4930901820", "112", ""]) | texts


def known(values: SearchStrategy[T]) -> SearchStrategy[Known[T] | None]:  # type: ignore[type-var]
    """A value from any source, or nothing."""
    return maybe(st.builds(Known, values, members(Source)))


facts = st.builds(
    Facts,
    direction=known(members(Direction)),
    number=known(numbers),
    name=known(texts),
    started=known(times),
    picked_up=known(times),
    connected=known(times),
    ended=known(times),
    outcome=known(members(Outcome)),
    transferred=known(times),
    own_number=known(numbers),
    phone=known(members(PhoneRefusal)),
)

drafts = st.builds(
    Draft,
    subject=maybe(texts),
    notes=maybe(texts),
    disposition=maybe(texts),
    who=maybe(records),
    what=maybe(records),
    follow_up=maybe(st.booleans()),
)

stages: SearchStrategy[Stage] = st.one_of(
    st.builds(Placing, times, times, members(Acceptance), counts),
    st.builds(AgentNoAnswer, times, times),
    st.builds(Dialing, times, times, counts, st.booleans()),
    st.builds(Bridged, times, times, counts, st.booleans()),
    st.builds(RingingInbound, times, times, counts, st.booleans(), st.booleans()),
    st.builds(AwaitingCdr, times, times),
    st.builds(Wrapup, times, times),
)

calls = st.builds(
    Call,
    call_id=names,
    number=numbers,
    opened_at=times,
    stage=stages,
    facts=facts,
    provider_call_id=maybe(names),
    request_id=texts,
    record=maybe(records),
    draft=drafts,
    work_id=texts,
)

answers = st.builds(Answer, texts, texts, texts, times)
notices = st.builds(Notice, texts, texts, texts, times)


availabilities = st.builds(
    Availability,
    status=members(Status),
    reason=texts,
    since=times,
    applied=members(Applied),
    asked_at=times,
    due=times,
    again=st.booleans(),
    held=some(members(Status)),
)
favorites = st.builds(Favorite, number=numbers, name=texts, record_id=texts, record_type=texts)


def agents(key: SearchStrategy[AgentKey] = keys) -> SearchStrategy[Agent]:
    """Any agent, or any of one key: `agents(st.just(key))`."""
    return st.builds(
        Agent,
        key=key,
        line=maybe(lines),
        name=texts,
        time_zone=texts,
        calls=some(calls),
        answers=some(answers),
        notices=some(notices),
        dials=some(times),
        surface=texts,
        route=members(Route),
        pinned=st.booleans(),
        availability=availabilities,
        favorites=some(favorites),
    )


log_fields = st.builds(
    LogFields,
    call_id=names,
    direction=members(Direction),
    number=numbers,
    name=texts,
    started_at=times,
    time_zone=texts,
    outcome=members(Outcome),
    talk_ms=maybe(times),
    record=maybe(records),
    draft=drafts,
)

attempts = st.builds(Attempt, counts, names, names, times, log_fields, texts)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["message", "fieldErrors", "pageErrors", "statusCode", "fieldLabel", "A"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)
"""What a page may have got from Salesforce, or made up."""

save_errors = st.builds(SaveError, texts, texts, texts, st.booleans())

log_states: SearchStrategy[LogState] = st.one_of(
    st.builds(Pending, times, times),
    st.builds(Attempting, times),
    st.builds(Unknown, times, times, st.booleans()),
    st.builds(Verifying, times, times, counts, st.booleans(), st.booleans()),
    st.builds(Writing, times),
    st.builds(Tray, members(TrayReason), times, some(save_errors)),
    st.builds(Settled, times),
    st.builds(Closed, times, members(ClosedBy)),
)


def call_logs(
    agent: SearchStrategy[AgentKey] = keys, state: SearchStrategy[LogState] = log_states
) -> SearchStrategy[CallLog]:
    """Any log, or any of one agent, or in some states."""
    return st.builds(
        CallLog,
        log_id=names,
        agent=agent,
        opened_at=times,
        number=numbers,
        facts=facts,
        record=maybe(records),
        time_zone=texts,
        state=state,
        provider_call_id=texts,
        draft=drafts,
        saved=maybe(st.builds(Saved, names, log_fields)),
        attempts=some(attempts),
        refusals=counts,
        held_until=times,
        doubles=some(texts),
        work_id=texts,
        route=members(Route),
    )


sessions = st.builds(Session, names, keys, texts, texts, times, times, times)
parked = st.builds(Parked, names, names, names, st.binary(max_size=20), times, times, st.booleans())
