"""Exact Open CTI calls, and what their answers mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from adapter.core.draft import Draft, Record
from adapter.core.facts import NOTHING_KNOWN, Direction
from adapter.core.logs.model import Attempt, CallLog, Pending, Saved
from adapter.core.model import AgentKey
from adapter.core.policy import Policy
from adapter.opencti.surface import OpenCti
from adapter.page import frames
from adapter.page.parts import RecordIn
from adapter.salesforce.tasklog import TaskRules, create_fields
from tests.strategies import attempts, call_logs, jsons

T0 = 1_760_000_000_000
CONTACT, TASK, TASK_2 = "003000000000001", "00T000000000001", "00T000000000002"
RECORD_IN = RecordIn(
    id=CONTACT,
    name="Ada",
    object_type="Contact",
    account_id="001000000000001",
    contact_id=CONTACT,
    person_account=True,
)
RECORD = Record(CONTACT, "Ada", "Contact", "001000000000001", CONTACT, True)
RULES = TaskRules(disposition=Policy().disposition)
LOG = CallLog(
    log_id="call_1",
    agent=AgentKey("00D000000000001", "005000000000001"),
    opened_at=T0,
    number="+14155550100",
    facts=NOTHING_KNOWN,
    record=RECORD,
    time_zone="UTC",
    state=Pending(T0, T0),
)


# --- what the server says ---------------------------------------------------------------------


def attempt(task_id: str = "", **draft: Any) -> Attempt:
    """Go number 3, with what the agent had entered by then."""
    fields = replace(LOG.wanted, draft=Draft(**draft))
    return Attempt(3, "p1", "nonce", T0, fields, task_id)


def test_the_first_go_creates() -> None:
    """The exact saveLog, with the nonce that its report must bring back."""
    assert OpenCti(RULES).save(LOG, attempt()) == {
        "type": "go",
        "log_id": "call_1",
        "attempt": 3,
        "nonce": "nonce",
        "call": {"method": "saveLog", "args": create_fields(LOG.wanted, RULES)},
        "refresh": True,
    }


def test_a_create_can_carry_the_key_of_our_own_host() -> None:
    """Where an org has both: a second Task of the call would be refused by Salesforce itself."""
    rules = TaskRules(extra=(("Softphone_Call__c", "{call_id}"),))
    assert OpenCti(rules).save(LOG, attempt())["call"]["args"]["Softphone_Call__c"] == "call_1"


def test_a_later_go_updates_by_id() -> None:
    """Only what differs from what is saved."""
    saved = replace(LOG, saved=Saved(TASK, LOG.wanted))
    sent = OpenCti(RULES).save(saved, attempt(TASK, notes="interested"))
    assert sent["call"]["args"] == {"Id": TASK, "Description": "interested"}


def test_an_update_repeats_fields_that_an_unknown_one_may_have_overwritten() -> None:
    """First one outcome, then another by a page that froze, then the first again."""
    last, lost = attempt(TASK, disposition="Not now"), attempt(TASK, disposition="Yes", notes="n")
    sure = replace(LOG, saved=Saved(TASK, last.fields))
    log = replace(sure, unsure=(lost.fields,))
    args = OpenCti(RULES).save(log, last)["call"]["args"]
    assert args == {"Id": TASK, "CallDisposition": "Not now", "Description": None}
    assert "Description" not in OpenCti(RULES).save(sure, last)["call"]["args"]


def test_a_go_contains_the_fields_from_its_accept() -> None:
    """An attempt to create stays one, though a late report has told of a Task meanwhile."""
    saved = replace(LOG, saved=Saved(TASK, LOG.wanted))
    sent = OpenCti(RULES).save(saved, attempt(notes="n"))
    assert sent["call"]["args"]["entityApiName"] == "Task"
    assert sent["call"]["args"]["Description"] == "n"


@given(log=call_logs(), going=attempts)
def test_every_go_either_creates_or_updates(log: CallLog, going: Attempt) -> None:
    """Never both, never neither, and always something that can be sent."""
    args = OpenCti(RULES).save(log, going)["call"]["args"]
    assert ("Id" in args) is not ("entityApiName" in args)
    assert frames.frame(OpenCti(RULES).save(log, going)).encode("utf-8")


# --- reading back -----------------------------------------------------------------------------


def test_a_read_back_asks_our_class() -> None:
    """RunApex with one parameter; the answer names the log."""
    assert OpenCti(apex_class="acme.CallLog").read_back("call_1") == {
        "type": "ask",
        "ask_id": "call_1",
        "call": {
            "method": "runApex",
            "args": {
                "apexClass": "acme.CallLog",
                "methodName": "find",
                "methodParams": "callObject=call_1",
            },
        },
    }


@pytest.mark.parametrize(
    ("value", "tasks"),
    [
        ({"runApex": f'["{TASK}"]'}, (TASK,)),
        ({"runApex": [TASK, TASK_2]}, (TASK, TASK_2)),
        (f'["{TASK}","{TASK_2}"]', (TASK, TASK_2)),
        ([TASK], (TASK,)),
        ({"runApex": "[]"}, ()),
        ([], ()),
        (f'["{TASK}AAA"]', (f"{TASK}AAA",)),
        ({"other": "[]"}, None),
        ("", None),
        ("nonsense", None),
        ('"[]"', None),
        ("null", None),
        (None, None),
        (1, None),
        ([1], None),
        ([TASK, None], None),
        ([""], None),
        (["null"], None),
        ("[" * 100_000, None),
        ("1" * 10_000, None),
    ],
    ids=lambda value: str(value)[:32],
)
def test_a_read_backs_answer_is_task_ids_or_none(value: Any, tasks: tuple[str, ...] | None) -> None:
    """As text or not, wrapped or bare; whatever else it is, it is no "nothing there"."""
    assert OpenCti().found_records(value) == tasks


@given(value=jsons | jsons.map(json.dumps))
def test_no_answer_raises(value: Any) -> None:
    """A page may say anything."""
    told = OpenCti().found_records(value)
    assert told is None or all(len(task) in {15, 18} for task in told)


def test_the_save_that_ends_the_writing_of_an_outbound_call_completes_its_work() -> None:
    """With the agent's own disposition, once; a call that came in completes nothing."""
    log = replace(LOG, work_id="w1", draft=Draft(disposition="Sold"))
    said = {"disposition": "Sold", "wasConnected": False}
    create = replace(attempt(), fields=log.wanted)
    assert OpenCti(RULES).save(log, create)["work"] == {"work_id": "w1", "attributes": said}
    assert "work" not in OpenCti(RULES).save(LOG, attempt())
    saved = replace(log, saved=Saved(TASK, log.wanted))
    assert "work" not in OpenCti(RULES).save(saved, replace(attempt(TASK), fields=log.wanted))
    inbound = replace(log.wanted, direction=Direction.INBOUND)
    assert "work" not in OpenCti(RULES).save(log, replace(create, fields=inbound))


def test_work_waits_for_the_agent_and_then_goes_with_the_update() -> None:
    """At hang-up the disposition is the machine's; the cadence hears the agent's."""
    log = replace(LOG, work_id="w1", held_until=1)
    created = replace(attempt(), fields=log.wanted)
    assert "work" not in OpenCti(RULES).save(log, created)
    written = replace(
        log, held_until=0, saved=Saved(TASK, log.wanted), draft=Draft(disposition="Sold")
    )
    go = OpenCti(RULES).save(written, replace(attempt(TASK), fields=written.wanted))
    assert go["work"]["attributes"]["disposition"] == "Sold"
    assert go["call"]["args"] == {"Id": TASK, "CallDisposition": "Sold"}
    skipped = replace(log, held_until=0, saved=Saved(TASK, log.wanted))
    go = OpenCti(RULES).save(skipped, replace(attempt(TASK), fields=skipped.wanted))
    assert go["work"]["attributes"]["disposition"] == "No Answer"
    assert go["call"]["args"] == {"Id": TASK, "CallDisposition": "No Answer"}


def test_a_task_that_was_found_completes_its_work_with_its_id() -> None:
    """Nobody else knows the id; without work, Task or attempt there is nothing to complete."""
    worked = replace(LOG, work_id="w1")
    done = replace(attempt(), fields=worked.wanted)
    found = replace(worked, saved=Saved(TASK, worked.wanted), attempts=(done,))
    said = {"taskId": TASK, "disposition": "No Answer", "wasConnected": False}
    work = {"work_id": "w1", "attributes": said}
    assert OpenCti(RULES).complete(found) == {"type": "complete", "work": work}
    for nothing in ({"attempts": (attempt(),)}, {"saved": None}, {"attempts": ()}):
        assert OpenCti(RULES).complete(replace(found, **nothing)) is None
