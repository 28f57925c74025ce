"""From the log of channel events to what a call was."""

from __future__ import annotations

from adapter.core.facts import Facts, Known, Outcome, PhoneRefusal, Source
from adapter.telephony.asterisk.celrows import CelRow, cdr_of, roots_of
from adapter.telephony.updates import Moment

NUMBER = "+15551230300"
ADA = f"cti,user,c1,ada,{NUMBER}"


def row(at: int, kind: str, channel: str, **more: str) -> CelRow:
    """One event."""
    return CelRow(at, kind, channel, **more)


def hung_up(at: int, channel: str, cause: int = 16) -> CelRow:
    """A hang-up with its cause."""
    return row(at, "HANGUP", channel, extra=f'{{"hangupcause":{cause}}}')


def facts_of(root: str, rows: list[CelRow]) -> Facts:
    """What they say of the call."""
    found = cdr_of(root, rows)
    assert found is not None
    return found.update.facts


def at(known: Known[int] | None) -> int | None:
    """Only the time."""
    return known.value if known is not None else None


def test_a_call_of_ours_has_its_pick_up_its_talk_and_its_end() -> None:
    """The talk begins when the destination answers, and ends with the first hang-up."""
    rows = [
        row(1, "CHAN_START", "c1-d0"),
        row(1, "CHAN_START", "c1-d1"),
        row(2, "ANSWER", "c1-d1", appdata=ADA),
        row(3, "CHAN_START", "c1-dst"),
        row(5, "ANSWER", "c1-dst"),
        hung_up(8, "c1-d0", 26),
        hung_up(9, "c1-d1"),
        hung_up(10, "c1-dst"),
    ]
    found = cdr_of("c1", rows)
    assert found is not None
    facts = found.update.facts
    assert (found.update.moment, found.update.user_id, found.dialed) == (Moment.CDR, "ada", NUMBER)
    assert (at(facts.started), at(facts.picked_up), facts.talk_ms) == (1, 2, 4)
    assert facts.has_final_cdr
    assert facts.result is Outcome.ANSWERED


def test_a_refused_call_has_the_destinations_cause() -> None:
    """And a call that no phone took, that of the phone, which is no answer where it rang."""
    rows = [row(1, "CHAN_START", "c1-d0"), row(2, "ANSWER", "c1-d0"), hung_up(4, "c1-dst", 17)]
    busy = facts_of("c1", rows)
    assert (busy.result, at(busy.ended)) == (Outcome.BUSY, 4)
    ignored = facts_of("c1", [row(1, "CHAN_START", "c1-d0"), hung_up(4, "c1-d0", 21)])
    assert (ignored.result, ignored.picked_up) == (Outcome.REJECTED, None)
    assert ignored.phone == Known(PhoneRefusal.DECLINED, Source.CDR)
    rang = facts_of("c1", [row(1, "CHAN_START", "c1-d0"), hung_up(4, "c1-d0", 19)])
    assert (rang.result, rang.phone) == (Outcome.NO_ANSWER, None)


def test_after_a_kill_a_call_ended_at_its_last_known_event() -> None:
    """No hang-up was ever written."""
    rows = [row(1, "CHAN_START", "c1-d0"), row(2, "ANSWER", "c1-d0"), row(5, "ANSWER", "c1-dst")]
    killed = facts_of("c1", rows)
    assert (at(killed.connected), at(killed.ended)) == (5, 5)


def test_a_call_that_came_in_by_us_is_the_callers() -> None:
    """Answered by a phone of the agent's."""
    told = "cti,inbound,ada"
    rows = [
        row(1, "CHAN_START", "9.1", cid_num="+1555"),
        row(2, "APP_START", "9.1", appdata=told),
        row(3, "CHAN_START", "9-1-d0"),
        row(4, "ANSWER", "9-1-d0"),
        hung_up(8, "9.1"),
    ]
    found = cdr_of("9-1", rows)
    assert found is not None
    assert (found.update.user_id, found.dialed) == ("ada", None)
    facts = found.update.facts
    assert facts.is_inbound
    assert facts.number == Known("+1555", Source.CDR)
    assert facts.talk_ms == 4
    assert facts_of("9-1", [*rows[:3], hung_up(8, "9.1", 127)]).result is Outcome.MISSED


def test_a_call_of_the_exchange_is_read_by_the_phones_own_channel() -> None:
    """One that rang bears the caller's linked id, one that dialed its own."""
    rang = facts_of("9-2", [row(1, "CHAN_START", "9.2", linkedid="9.1"), hung_up(3, "9.2", 26)])
    assert (rang.is_inbound, rang.number, rang.result) == (True, None, Outcome.MISSED)
    rows = [row(1, "CHAN_START", "9.2", exten=NUMBER), row(2, "ANSWER", "9.2")]
    dialed = facts_of("9-2", rows)
    assert (dialed.is_inbound, at(dialed.connected)) == (False, 2)
    # It may be the code that fetched a call: what the events say outranks it.
    assert dialed.number == Known(NUMBER, Source.OBSERVED)
    bare = facts_of("9-2", [row(1, "CHAN_START", "9.2"), hung_up(2, "9.2", 17)])
    assert (bare.number, bare.result) == (None, Outcome.BUSY)


def test_a_call_without_rows_has_no_cdr() -> None:
    """Or only of others' channels."""
    assert cdr_of("c1", []) is None
    assert cdr_of("9-1", [row(1, "CHAN_START", "9-1-d0")]) is None


def test_rows_name_their_calls_the_newest_first() -> None:
    """Ours by their root, others by their channel."""
    rows = [row(1, "CHAN_START", "c1-d0"), row(2, "CHAN_START", "9.2"), row(3, "ANSWER", "c1-d0")]
    assert roots_of(rows) == ["c1", "9-2"]


def test_a_missing_cause_is_none() -> None:
    """Older versions, broken rows."""
    for extra in ("", "[]", "{", '{"hangupcause":"x"}'):
        assert row(1, "HANGUP", "c1-d0", extra=extra).cause is None
