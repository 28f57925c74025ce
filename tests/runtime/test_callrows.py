"""What a commit writes about calls: whose they are, and how they went."""

from __future__ import annotations

import json

from msgspec.structs import replace

from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.logs.model import CallLog, Pending
from adapter.core.model import Agent, AgentKey, Bridged, Call, TelephonyUser, Wrapup
from adapter.runtime.callrows import call_rows
from adapter.runtime.turn import Turn
from adapter.storage.port import Snapshot

KEY = AgentKey("00D1", "0051")
LIVE = Facts(connected=Known(2_000, Source.EVENT))
OVER = LIVE.join(
    Facts(
        direction=Known(Direction.OUTBOUND, Source.EVENT),
        started=Known(1_000, Source.EVENT),
        ended=Known(9_600, Source.EVENT),
        outcome=Known(Outcome.COMPLETED, Source.EVENT),
    )
)
CALL = Call("c1", "+12025550143", 500, Bridged(2_000, 3_000), LIVE, "pc1", record=Record("003A"))
ENDED = replace(CALL, facts=OVER, stage=Wrapup(9_600, 60_000))
ADA = Agent(KEY, TelephonyUser("acct", "user_ada"), "Ada", calls=(CALL,))
LOG = CallLog("c1", KEY, 500, CALL.number, OVER, CALL.record, "UTC", Pending(0, 0), "pc1")


def rows(before: Snapshot, turn: Turn) -> list[tuple[str, dict[str, object]]]:
    """Provider id and value of each row."""
    return [(row.call[1], json.loads(row.value)) for row in call_rows(before, turn)]


def test_a_call_gets_its_row_when_its_provider_id_is_known() -> None:
    """Once: while nothing else is learnt there is no second one."""
    unbound = replace(ADA, calls=(replace(CALL, provider_call_id=None),))
    assert rows(Snapshot(unbound, 1, ()), Turn(ADA, {})) == [("pc1", {})]
    assert rows(Snapshot(ADA, 2, ()), Turn(ADA, {})) == []
    assert rows(Snapshot(ADA, 2, ()), Turn(unbound, {})) == []


def test_the_end_of_a_call_is_written_for_the_board() -> None:
    """Outcome, talk in rounded seconds, both ends: from the call, or from the log alone."""
    wanted = {
        "agent": "Ada",
        "direction": "outbound",
        "number": "+12025550143",
        "record": "003A",
        "started": 1_000,
        "ended": 9_600,
        "outcome": "answered",
        "talk_seconds": 8,
    }
    over = replace(ADA, calls=(ENDED,))
    assert rows(Snapshot(ADA, 2, ()), Turn(over, {})) == [("pc1", wanted)]
    alone = Turn(replace(ADA, calls=()), {"c1": LOG}, changed={"c1": LOG})
    assert rows(Snapshot(ADA, 2, ()), alone) == [("pc1", wanted)]


def test_a_change_of_the_log_alone_writes_no_row() -> None:
    """An attempt, a save: the call went as it went."""
    later = replace(LOG, state=Pending(5, 5))
    turn = Turn(replace(ADA, calls=()), {"c1": later}, changed={"c1": later})
    assert rows(Snapshot(replace(ADA, calls=()), 3, (LOG,)), turn) == []


def test_a_corrected_end_is_written_again() -> None:
    """The call log knows better than the event."""
    better = replace(LOG, facts=LOG.facts.join(Facts(ended=Known(12_000, Source.CDR))))
    turn = Turn(replace(ADA, calls=()), {"c1": better}, changed={"c1": better})
    ((_, value),) = rows(Snapshot(replace(ADA, calls=()), 3, (LOG,)), turn)
    assert (value["ended"], value["talk_seconds"]) == (12_000, 10)


def test_what_the_agent_writes_about_a_call_is_not_in_its_row() -> None:
    """A note in the wrap-up makes another call, and the same row."""
    noted = replace(ENDED, draft=Draft(notes="later"))
    before = Snapshot(replace(ADA, calls=(ENDED,)), 2, ())
    assert rows(before, Turn(replace(ADA, calls=(noted,)), {})) == []


def test_a_call_that_was_not_touched_does_not_overrule_its_log() -> None:
    """The log has learnt the true end; another change of the agent leaves that row alone."""
    better = replace(LOG, facts=LOG.facts.join(Facts(ended=Known(12_000, Source.CDR))))
    before = Snapshot(replace(ADA, calls=(ENDED,)), 3, (better,))
    after = replace(before.agent, dials=(1,))
    assert rows(before, Turn(after, {"c1": better})) == []


def test_a_new_name_of_the_agent_is_written_again() -> None:
    """For the calls that are over and still at hand; a live call's row does not tell a name."""
    live = replace(CALL, call_id="c2", provider_call_id="pc2")
    before = Snapshot(replace(ADA, calls=(ENDED, live)), 2, ())
    ((called, value),) = rows(before, Turn(replace(before.agent, name="Ada L."), {}))
    assert (called, value["agent"]) == ("pc1", "Ada L.")


def test_any_name_can_be_written() -> None:
    """In UTF-8, as every row is; half a surrogate pair is mended."""
    for name, written in (("Zoë", "Zoë"), ("\ud800", "�")):
        over = replace(ADA, name=name, calls=(ENDED,))
        (row,) = call_rows(Snapshot(replace(ADA, name=name), 2, ()), Turn(over, {}))
        assert json.loads(row.value.encode())["agent"] == written


def test_an_agent_without_a_line_has_no_rows() -> None:
    """There is no account to find them by."""
    assert (
        call_rows(Snapshot(replace(ADA, calls=()), 1, ()), Turn(replace(ADA, line=None), {})) == ()
    )
