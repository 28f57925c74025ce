"""What is remembered of a call, and whether it is the one that an agent looks for."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.details import CallDetails
from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.history import HistoryQuery, Kind, PastCall, past_call
from adapter.core.logs.model import CallLog, Pending
from adapter.core.model import Agent, AgentKey, Bridged, Call, Wrapup

ADA = Agent(AgentKey("00D1", "0051"), name="Ada")
OVER = Facts(
    direction=Known(Direction.INBOUND, Source.EVENT),
    number=Known("+4930901820", Source.EVENT),
    name=Known("Zoë Ω", Source.EVENT),
    started=Known(1_000, Source.EVENT),
    connected=Known(2_000, Source.EVENT),
    ended=Known(9_600, Source.EVENT),
)
CLICKED, PICKED = Record("003A", "Ada Lovelace", "Contact"), Record("001B", "Analytical", "Account")
CALL = Call("c1", "+4930901820", 500, Wrapup(9_600, 60_000), OVER, "p1", record=CLICKED)
LOG = CallLog("c1", ADA.key, 500, "", OVER, CLICKED, "UTC", Pending(0, 0), "p1")
PAST = PastCall(
    "Ada",
    Direction.INBOUND,
    "+4930901820",
    "003A",
    1_000,
    9_600,
    Outcome.ANSWERED,
    8,
    "Zoë Ω",
    "Ada Lovelace",
    "Contact",
)


def test_a_call_and_its_log_give_the_same_row() -> None:
    """With the wrap-up's card still there, or with the log alone."""
    assert past_call(ADA, CALL) == past_call(ADA, LOG) == PAST


def test_an_extension_is_remembered_with_its_number() -> None:
    """To call back means to reach the same telephone."""
    reached = replace(CALL, details=CallDetails(extension="204"))
    assert past_call(ADA, reached) == replace(PAST, extension="204")


def test_a_live_call_is_not_in_the_history() -> None:
    """It has its card."""
    live = replace(CALL, stage=Bridged(2_000, 3_000), facts=replace(OVER, ended=None))
    assert past_call(ADA, live) is None


def test_a_call_with_few_facts_has_a_short_row() -> None:
    """Ours, as far as anybody can tell; nobody talked."""
    told = past_call(ADA, replace(LOG, facts=Facts(ended=Known(5, Source.OBSERVED)), record=None))
    assert told == PastCall(
        "Ada", Direction.OUTBOUND, "", "", None, 5, Outcome.NO_ANSWER, None, "", "", ""
    )


@pytest.mark.parametrize(
    ("record", "draft", "wanted"),
    [
        (None, Draft(), ""),
        (CLICKED, Draft(), "003A"),
        (PICKED, Draft(), "001B"),
        (CLICKED, Draft(what=PICKED), "001B"),
        (None, Draft(who=CLICKED, what=PICKED), "003A"),
        (CLICKED, Draft(who=Record("")), "003A"),
    ],
)
def test_the_history_follows_the_record_of_the_call(
    record: Record | None, draft: Draft, wanted: str
) -> None:
    """The one that was picked of several, and the one that was linked in the wrap-up."""
    call, log = replace(CALL, record=record, draft=draft), replace(LOG, record=record, draft=draft)
    for told in (past_call(ADA, call), past_call(ADA, log)):
        assert told is not None
        assert told.record == wanted


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("", True),
        ("zoë", True),
        ("LOVELACE", True),
        ("ω", True),
        ("bob", False),
        ("+4930901820", True),
        ("030 / 90 18", True),
        ("0049 30", True),
        ("901820", True),
        ("٩٠١٨", True),
        ("+1 212", False),
        ("(", False),
        ("room 9018", False),
    ],
)
def test_a_call_is_found_by_a_part_of_a_name_or_number(text: str, is_found: bool) -> None:
    """However it is written: capitals, brackets, a national zero, other digits."""
    assert HistoryQuery(text=text).wants(PAST) is is_found


@pytest.mark.parametrize(
    ("kind", "direction", "outcome", "is_found"),
    [
        (Kind.ALL, Direction.INBOUND, Outcome.MISSED, True),
        (Kind.MISSED, Direction.INBOUND, Outcome.MISSED, True),
        (Kind.MISSED, Direction.INBOUND, Outcome.ANSWERED, False),
        (Kind.MINE, Direction.OUTBOUND, Outcome.BUSY, True),
        (Kind.MINE, Direction.INTERNAL, Outcome.ANSWERED, True),
        (Kind.MINE, Direction.INBOUND, Outcome.ANSWERED, False),
    ],
)
def test_missed_calls_and_those_that_the_agent_started_are_kinds_of_their_own(
    kind: Kind, direction: Direction, outcome: Outcome, is_found: bool
) -> None:
    """And both are among all."""
    call = replace(PAST, direction=direction, outcome=outcome)
    assert HistoryQuery(kind).wants(call) is is_found


@pytest.mark.parametrize(
    ("told", "asked", "is_found"),
    [
        ("003000000000001AAA", "003000000000001", True),
        ("003000000000001", "003000000000001AAA", True),
        ("003000000000002AAA", "003000000000001AAA", False),
        ("", "003000000000001AAA", False),
    ],
)
def test_the_calls_of_one_record_are_found_by_its_id(told: str, asked: str, is_found: bool) -> None:
    """In either of the two forms that Salesforce writes."""
    assert HistoryQuery(record=asked).wants(replace(PAST, record=told)) is is_found
