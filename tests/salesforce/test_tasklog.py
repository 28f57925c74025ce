"""From a call log to a Task's fields: each rule of what Salesforce takes, one by one."""

from __future__ import annotations

import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapter.core.details import CallDetails
from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import LogFields
from adapter.core.policy import Policy
from adapter.page.parts import is_record_id
from adapter.salesforce.tasklog import (
    TaskRules,
    Value,
    create_fields,
    cut,
    links,
    task_fields,
    update_fields,
)
from tests.strategies import log_fields, maybe

CONTACT, CONTACT_2 = "003000000000001", "003000000000002AAB"
LEAD = "00Q000000000001"
ACCOUNT, CASE = "001000000000001", "500000000000001"
USER, TASK, EVENT = "005000000000001", "00T000000000001", "00U000000000001"
T0 = 1_760_000_000_000
"""2025-10-09 08:53:20 UTC."""

CALL = LogFields(
    call_id="call_1",
    direction=Direction.OUTBOUND,
    number="+14155550100",
    name="",
    started_at=T0,
    time_zone="UTC",
    outcome=Outcome.ANSWERED,
    talk_ms=61_000,
    record=Record(CONTACT, "Ada Lovelace", "Contact"),
    draft=Draft(),
)
RULES = TaskRules(disposition=Policy().disposition)

IDS = st.sampled_from([CONTACT, CONTACT_2, LEAD, ACCOUNT, CASE, USER, TASK, EVENT, "", "null"])
LINKED = maybe(st.builds(Record, id=IDS, contact_id=IDS, person_account=st.booleans()))


def relinked(
    fields: LogFields, record: Record | None, who: Record | None, what: Record | None
) -> LogFields:
    """The same call about other records."""
    return replace(fields, record=record, draft=replace(fields.draft, who=who, what=what))


ANY_CALL = log_fields | st.builds(relinked, log_fields, LINKED, LINKED, LINKED)
"""Any call at all, and calls whose ids are of every kind that there is."""


def about(record: Record | None, draft: Draft = CALL.draft) -> tuple[str | None, str | None]:
    """WhoId and WhatId of a call about that record."""
    return links(replace(CALL, record=record, draft=draft))


def test_a_create_contains_every_field_of_a_call_log() -> None:
    """The whole argument of a saveLog, field by field."""
    assert create_fields(CALL, RULES) == {
        "entityApiName": "Task",
        "TaskSubtype": "Call",
        "Subject": "Call to Ada Lovelace",
        "Status": "Completed",
        "CallType": "Outbound",
        "CallDurationInSeconds": 61,
        "CallDisposition": "Connected",
        "CallObject": "call_1",
        "ActivityDate": "2025-10-09",
        "WhoId": CONTACT,
    }


# --- WhoId and WhatId -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "who", "what"),
    [
        (Record(CONTACT), CONTACT, None),
        (Record(CONTACT_2), CONTACT_2, None),
        (Record(LEAD), LEAD, None),
        (Record(ACCOUNT), None, ACCOUNT),
        (Record(CASE), None, CASE),
        (Record("006000000000001"), None, "006000000000001"),
        (Record("701000000000001"), None, "701000000000001"),
        (Record("02i000000000001"), None, "02i000000000001"),
        (Record("800000000000001"), None, "800000000000001"),
        (Record("a0B000000000001"), None, "a0B000000000001"),
        (Record(USER), None, None),
        (Record(TASK), None, None),
        (Record(EVENT), None, None),
        (Record(""), None, None),
        (Record("null"), None, None),
        (Record("003"), None, None),
        (Record("00300000000000"), None, None),
        (Record("0030000000000011"), None, None),
        (Record("003-00000000001"), None, None),
        (Record(CONTACT + "\n"), None, None),
        (None, None, None),
    ],
)
def test_a_record_is_linked_by_its_ids_prefix(
    record: Record | None, who: str | None, what: str | None
) -> None:
    """Persons go into WhoId, things into WhatId, users, tasks and non-ids nowhere."""
    assert about(record) == (who, what)


def test_a_case_brings_its_contact_along() -> None:
    """What is clicked goes into WhatId, the contact that Salesforce told into WhoId."""
    assert about(Record(CASE, contact_id=CONTACT)) == (CONTACT, CASE)


def test_an_invalid_contact_is_not_linked() -> None:
    """The contact id is checked like any other id."""
    assert about(Record(CASE, contact_id=USER)) == (None, CASE)


def test_a_contact_keeps_its_own_id_whatever_contact_it_names() -> None:
    """The clicked record is the person."""
    assert about(Record(CONTACT, contact_id=CONTACT_2)) == (CONTACT, None)


def test_an_account_is_not_linked_through_a_contacts_payload() -> None:
    """AccountId is Salesforce's to derive."""
    assert about(Record(CONTACT, account_id=ACCOUNT)) == (CONTACT, None)
    assert "AccountId" not in create_fields(
        replace(CALL, record=Record(CONTACT, account_id=ACCOUNT)), RULES
    )


def test_a_person_account_is_linked_only_as_its_contact() -> None:
    """The account's own id as WhatId beside the contact would be the same person twice."""
    person = Record(ACCOUNT, "Pat", "Account", contact_id=CONTACT, person_account=True)
    assert about(person) == (CONTACT, None)


def test_a_person_account_without_its_contact_is_a_related_record() -> None:
    """Better on the account than nowhere."""
    assert about(Record(ACCOUNT, person_account=True)) == (None, ACCOUNT)


def test_a_leads_case_is_not_linked() -> None:
    """A Lead in WhoId forbids a WhatId, wherever the Lead comes from."""
    assert about(Record(CASE, contact_id=LEAD)) == (LEAD, None)
    assert about(Record(CASE), Draft(who=Record(LEAD))) == (LEAD, None)
    assert about(Record(LEAD), Draft(what=Record(CASE))) == (LEAD, None)
    assert about(None, Draft(who=Record(LEAD), what=Record(CASE))) == (LEAD, None)


def test_replacing_a_lead_by_a_contact_permits_the_related_record_again() -> None:
    """The rule looks at what is sent, not at what was clicked."""
    draft = Draft(who=Record(CONTACT), what=Record(CASE))
    assert about(Record(LEAD), draft) == (CONTACT, CASE)


def test_the_agents_choice_overrides_the_calls_record() -> None:
    """Each link by itself."""
    record = Record(CASE, contact_id=CONTACT)
    assert about(record, Draft(who=Record(CONTACT_2))) == (CONTACT_2, CASE)
    assert about(record, Draft(what=Record(ACCOUNT))) == (CONTACT, ACCOUNT)


def test_a_link_that_the_agent_cleared_is_not_set() -> None:
    """An empty id is the agent's word that there is none."""
    record = Record(CASE, contact_id=CONTACT)
    assert about(record, Draft(who=Record(""))) == (None, CASE)
    assert about(record, Draft(what=Record(""))) == (CONTACT, None)


def test_a_record_of_the_wrong_type_is_not_linked() -> None:
    """A case is no person and a contact is no thing: Salesforce would refuse the whole Task."""
    assert about(None, Draft(who=Record(CASE), what=Record(CONTACT))) == (None, None)


def test_ids_of_different_types_are_distinguished() -> None:
    """Fifteen or eighteen letters and digits; case counts."""
    assert is_record_id(USER)
    assert not is_record_id("٣" * 15)


def test_a_record_without_tasks_is_replaced_by_its_account() -> None:
    """A user, a Task, an event: Salesforce told the account, so the account has the call."""
    assert about(Record(USER, account_id=ACCOUNT)) == (None, ACCOUNT)
    assert about(Record(USER, account_id=CASE, contact_id=CONTACT)) == (CONTACT, CASE)
    assert about(Record(TASK, account_id=USER)) == (None, None)


@pytest.mark.parametrize(
    "record_id", ["0Q0000000000001", "801000000000001", "0WO000000000001", "01t000000000001"]
)
def test_standard_objects_with_activities_are_linked(record_id: str) -> None:
    """Quote, Order, WorkOrder, Product: as much as a Case is."""
    assert about(Record(record_id, account_id=ACCOUNT)) == (None, record_id)


def test_an_unknown_object_is_tried_and_falls_back_to_the_account() -> None:
    """Once Salesforce has refused the link, the Task is on the account that it told."""
    unknown = replace(CALL, record=Record("0zz000000000001", account_id=ACCOUNT))
    assert links(unknown) == (None, "0zz000000000001")
    assert links(replace(unknown, unlinked=True)) == (None, ACCOUNT)
    picked = replace(CALL, draft=Draft(what=Record("0zz000000000001")))
    assert links(picked) == (CONTACT, "0zz000000000001")
    assert links(replace(picked, unlinked=True)) == (CONTACT, None)


def test_a_known_object_stays_linked_whatever_was_refused() -> None:
    """The agent reads the refusal and picks another record."""
    assert links(replace(CALL, record=Record(CASE), unlinked=True)) == (None, CASE)


# --- who called -------------------------------------------------------------------------------


def test_the_number_of_a_call_without_a_record_is_always_in_its_task() -> None:
    """Whoever cannot be called back was not logged."""
    missed = replace(CALL, direction=Direction.INBOUND, record=None)
    assert create_fields(missed, RULES)["Subject"] == "Call from +14155550100"
    named = create_fields(replace(missed, name="Ada"), RULES)
    assert named["Subject"] == "Call from Ada (+14155550100)"
    typed = replace(missed, draft=Draft(subject="Renewal", notes="call back"))
    assert create_fields(typed, RULES)["Description"] == "+14155550100\ncall back"
    noted = replace(missed, draft=Draft(subject="Renewal", notes="+14155550100 is hers"))
    assert create_fields(noted, RULES)["Description"] == "+14155550100 is hers"
    filed = replace(RULES, extra=(("Phone__c", "{number}"),))
    assert "Description" not in create_fields(replace(typed, draft=Draft(subject="x")), filed)


def test_the_admin_may_set_the_first_line() -> None:
    """With a record and without."""
    rules = replace(RULES, first_line="{direction}: {number}")
    assert create_fields(CALL, rules)["Description"] == "outbound: +14155550100"
    noted = replace(CALL, draft=Draft(notes="call back"))
    assert create_fields(noted, rules)["Description"] == "outbound: +14155550100\ncall back"


def test_an_extension_stands_beside_the_number() -> None:
    """It was sent as digits, and is needed again."""
    reached = replace(CALL, record=None, details=CallDetails(extension="204"))
    assert create_fields(reached, RULES)["Subject"] == "Call to +14155550100 ext. 204"


def test_an_old_name_of_a_zone_has_its_date_where_the_system_knows_no_zones() -> None:
    """The table of the world's zones comes with the program: Calcutta is not UTC."""
    late = replace(CALL, started_at=T0 + 10 * 3_600_000, time_zone="Asia/Calcutta")
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    try:
        assert create_fields(late, RULES)["ActivityDate"] == "2025-10-10"
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


# --- fields of the admin's --------------------------------------------------------------------


def test_templates_fill_fields_and_follow_what_becomes_known() -> None:
    """Of the settings and of the call center, which wins; an update has what has changed."""
    rules = replace(RULES, extra=(("Phone__c", "{number}"), ("Source__c", "none")))
    details = CallDetails(
        "sourceId=Q4,vip", templates=(("Source__c", "{params.sourceId}"), ("Subject", "x"))
    )
    call = replace(CALL, details=details, own_number="+12025550100")
    created = create_fields(call, rules)
    assert (created["Phone__c"], created["Source__c"]) == ("+14155550100", "Q4")
    assert created["Subject"] == "Call to Ada Lovelace"
    corrected = replace(call, number="+14155550199")
    assert update_fields("00T1", call, corrected, rules) == {
        "Id": "00T1",
        "Phone__c": "+14155550199",
    }


def test_the_answers_to_the_admins_fields_are_saved() -> None:
    """It outranks a template, and is a field of the org's."""
    rules = replace(RULES, extra=(("Region__c", "North"),))
    asked = Draft(fields=(("Region__c", "South"), ("WhoId", CONTACT_2)))
    created = create_fields(replace(CALL, draft=asked), rules)
    assert (created["Region__c"], created["WhoId"]) == ("South", CONTACT)


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("ab\U0001f600", 4, "ab\U0001f600"),
        ("ab\U0001f600", 3, "ab"),
        ("\U0001f600" * 3, 4, "\U0001f600" * 2),
    ],
)
def test_texts_are_counted_as_salesforce_counts_them(text: str, most: int, kept: str) -> None:
    """In UTF-16 units: an emoji is two, and is never cut in half."""
    assert cut(text, most) == kept
    subject = "x" * 253 + "\U0001f600x"
    task = create_fields(replace(CALL, draft=Draft(subject=subject)), RULES)
    assert task["Subject"] == subject[:-1]


# --- creates and updates ----------------------------------------------------------------------


def test_a_create_leaves_out_what_is_empty() -> None:
    """No key at all rather than "" or null."""
    created = create_fields(replace(CALL, record=None), RULES)
    assert created.keys().isdisjoint({"WhoId", "WhatId", "Description"})
    assert not {None, "", "null", "None"} & set(created.values())


def test_a_link_that_is_cleared_is_a_null_in_the_update() -> None:
    """Null; and the number, which is in no record then, comes into the comment."""
    wanted = replace(CALL, draft=Draft(who=Record("")))
    assert update_fields("00T1", CALL, wanted, RULES) == {
        "Id": "00T1",
        "WhoId": None,
        "Description": "+14155550100",
    }


def test_notes_that_are_deleted_are_a_null_in_the_update() -> None:
    """An emptied text clears its field."""
    noted = replace(CALL, draft=Draft(notes="call back"))
    emptied = replace(CALL, draft=Draft(notes=""))
    assert update_fields("00T1", noted, emptied, RULES) == {"Id": "00T1", "Description": None}


def test_an_update_names_the_task_and_what_has_changed() -> None:
    """No entity, no TaskSubtype, no field that is as it was."""
    wanted = replace(CALL, talk_ms=62_000, draft=Draft(notes="interested"))
    assert update_fields("00T1", CALL, wanted, RULES) == {
        "Id": "00T1",
        "CallDurationInSeconds": 62,
        "Description": "interested",
    }


def test_extra_fields_are_sent_only_in_the_create() -> None:
    """What an admin or a flow makes of them later stays."""
    rules = replace(RULES, extra=(("Type", "Call"), ("Channel__c", "Phone")))
    created = create_fields(CALL, rules)
    assert (created["Type"], created["Channel__c"]) == ("Call", "Phone")
    assert not {"Type", "Channel__c"} & update_fields("00T1", CALL, CALL, rules).keys()


def test_extra_fields_cannot_replace_ours() -> None:
    """A constant subject would hide what the call was."""
    rules = replace(RULES, extra=(("entityApiName", "Event"), ("Subject", "x")))
    assert create_fields(CALL, rules)["entityApiName"] == "Task"
    assert create_fields(CALL, rules)["Subject"] == "Call to Ada Lovelace"
    assert "OwnerId" not in create_fields(CALL, replace(RULES, extra=(("OwnerId", USER),)))


@given(saved=ANY_CALL, wanted=ANY_CALL)
def test_an_update_after_a_create_results_in_the_wanted_fields(
    saved: LogFields, wanted: LogFields
) -> None:
    """Whatever the first fields were, the update leads from them to the wanted ones."""
    task = create_fields(saved, RULES)
    assert (task.pop("entityApiName"), task.pop("TaskSubtype")) == ("Task", "Call")
    assert None not in task.values()
    update = update_fields("00T1", saved, wanted, RULES)
    assert update.pop("Id") == "00T1"
    assert update.keys().isdisjoint({"TaskSubtype", "entityApiName"})
    after: dict[str, Value] = dict.fromkeys(task_fields(wanted, RULES))
    after.update(task)
    after.update(update)
    assert after == task_fields(wanted, RULES)


@given(fields=ANY_CALL)
def test_an_update_without_changes_is_empty(fields: LogFields) -> None:
    """Only the id is left."""
    assert update_fields("00T1", fields, fields, RULES) == {"Id": "00T1"}


@given(fields=ANY_CALL)
def test_no_task_breaks_a_rule(fields: LogFields) -> None:
    """Limits, kinds of ids and types hold for any call whatever."""
    task = task_fields(fields, RULES)
    for name, limit in {"Subject": 255, "CallObject": 255, "Description": 32_000}.items():
        assert len(str(task[name] or "").encode("utf-16-le")) <= 2 * limit
    assert isinstance(task["CallDurationInSeconds"], int)
    assert task["CallDurationInSeconds"] >= 0
    who, what = task["WhoId"], task["WhatId"]
    assert who is None or str(who)[:3] in {"003", "00Q"}
    assert who is None or what is None or not str(who).startswith("00Q")
    assert "" not in task.values()


# --- the fields one by one --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("direction", "call_type", "subject"),
    [
        (Direction.OUTBOUND, "Outbound", "Call to Ada Lovelace"),
        (Direction.INBOUND, "Inbound", "Call from Ada Lovelace"),
        (Direction.INTERNAL, "Internal", "Internal call with Ada Lovelace"),
    ],
)
def test_a_direction_has_its_call_type_and_subject(
    direction: Direction, call_type: str, subject: str
) -> None:
    """CallType is one of three words exactly."""
    task = task_fields(replace(CALL, direction=direction), RULES)
    assert (task["CallType"], task["Subject"]) == (call_type, subject)


@pytest.mark.parametrize(
    ("record", "name", "number", "party"),
    [
        (Record(CASE, "Broken {0} lamp"), "Ada", "+1", "Broken {0} lamp"),
        (Record(CASE), "Ada", "+1", "Ada"),
        (None, "", "+1", "+1"),
        (None, "", "", "an unknown number"),
    ],
)
def test_the_subject_has_the_best_known_name(
    record: Record | None, name: str, number: str, party: str
) -> None:
    """The record's name, the caller's, the number; braces in a name are only braces."""
    fields = replace(CALL, record=record, name=name, number=number)
    assert task_fields(fields, RULES)["Subject"] == f"Call to {party}"


def test_a_callers_long_name_leaves_their_number_in_the_subject() -> None:
    """Nobody could be called back of whom only 255 letters of a name are known (found by chaos)."""
    fields = replace(CALL, record=None, name="x" * 300, number="+12022603222")
    assert "+12022603222" in str(task_fields(fields, RULES)["Subject"])


@pytest.mark.parametrize(
    ("typed", "subject"),
    [("Renewal", "Renewal"), ("", "Call to Ada Lovelace"), (" \t", "Call to Ada Lovelace")],
)
def test_the_agents_subject_wins_unless_it_is_empty(typed: str, subject: str) -> None:
    """A blank one is none."""
    assert task_fields(replace(CALL, draft=Draft(subject=typed)), RULES)["Subject"] == subject


def test_texts_are_cut_at_salesforces_limits() -> None:
    """255 for subject, disposition and call object; 32,000 for the notes."""
    draft = Draft(subject="s" * 256, notes="n" * 32_001, disposition="d" * 256)
    task = task_fields(replace(CALL, call_id="c" * 256, draft=draft), RULES)
    assert task["Subject"] == "s" * 255
    assert task["CallDisposition"] == "d" * 255
    assert task["CallObject"] == "c" * 255
    assert task["Description"] == "n" * 32_000


def test_texts_at_the_limit_are_not_cut() -> None:
    """The last letter that fits is kept."""
    draft = Draft(subject="s" * 255, notes="n" * 32_000, disposition="d" * 255)
    task = task_fields(replace(CALL, draft=draft), RULES)
    assert [len(str(task[f])) for f in ("Subject", "Description", "CallDisposition")] == [
        255,
        32_000,
        255,
    ]


@pytest.mark.parametrize(
    ("talk_ms", "seconds"),
    [(None, 0), (0, 0), (499, 0), (500, 1), (1_499, 1), (59_999, 60), (86_400_000, 86_400)],
)
def test_the_duration_is_whole_seconds(talk_ms: int | None, seconds: int) -> None:
    """Rounded to the nearest, and 0 when nobody talked."""
    duration = task_fields(replace(CALL, talk_ms=talk_ms), RULES)["CallDurationInSeconds"]
    assert (duration, type(duration)) == (seconds, int)


def test_a_call_without_a_talk_sends_zero_seconds() -> None:
    """Zero is a duration, not an empty field."""
    assert create_fields(replace(CALL, talk_ms=None), RULES)["CallDurationInSeconds"] == 0


@pytest.mark.parametrize(
    ("outcome", "picked", "told"),
    [
        (Outcome.NO_ANSWER, None, "No Answer"),
        (Outcome.NO_ANSWER, "", "No Answer"),
        (Outcome.NO_ANSWER, "Call back", "Call back"),
    ],
)
def test_the_disposition_is_the_agents_or_follows_the_outcome(
    outcome: Outcome, picked: str | None, told: str
) -> None:
    """The deployment's words stand for the outcome until the agent picks one."""
    fields = replace(CALL, outcome=outcome, draft=Draft(disposition=picked))
    assert task_fields(fields, RULES)["CallDisposition"] == told


def test_without_configured_dispositions_the_outcomes_name_is_used() -> None:
    """The default of TaskRules."""
    assert task_fields(CALL, TaskRules())["CallDisposition"] == "answered"


def test_the_status_is_the_orgs_value() -> None:
    """Picklists differ."""
    assert task_fields(CALL, replace(RULES, status="Done"))["Status"] == "Done"


JUST_BEFORE_MIDNIGHT = 1_767_225_599_000
"""2025-12-31 23:59:59 UTC."""


@pytest.mark.parametrize(
    ("at", "zone", "date"),
    [
        (JUST_BEFORE_MIDNIGHT, "UTC", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "Europe/Berlin", "2026-01-01"),
        (JUST_BEFORE_MIDNIGHT, "America/Los_Angeles", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT + 1_000, "America/Los_Angeles", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT + 1_000, "UTC", "2026-01-01"),
        (JUST_BEFORE_MIDNIGHT, "Pacific/Kiritimati", "2026-01-01"),
        (JUST_BEFORE_MIDNIGHT, "Mars/Olympus_Mons", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "America", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "../../etc/passwd", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "a\0b", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "\ud800", "2025-12-31"),
        (JUST_BEFORE_MIDNIGHT, "z" * 5_000, "2025-12-31"),
        (-62_135_596_800_000, "UTC", "0001-01-01"),
        (-62_135_596_800_000, "America/Los_Angeles", "0001-01-01"),
    ],
)
def test_the_date_is_the_agents_own(at: int, zone: str, date: str) -> None:
    """Zero-padded, in the agent's zone, in UTC's where nobody knows that zone."""
    assert task_fields(replace(CALL, started_at=at, time_zone=zone), RULES)["ActivityDate"] == date


@given(zone=st.text(st.characters(), max_size=80))
def test_no_time_zone_raises(zone: str) -> None:
    """A page may say anything."""
    assert task_fields(replace(CALL, time_zone=zone), RULES)["ActivityDate"]


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ((("Softphone_Call__c", "{call_id}"),), "Softphone_Call__c"),
        ((("Type", "{call_id}"), ("Ref__c", "x {call_id}"), ("Call__c", "{call_id}")), "Call__c"),
        ((("Phone__c", "{number}"),), ""),
        ((), ""),
    ],
)
def test_the_key_is_a_custom_field_with_only_the_calls_id(
    extra: tuple[tuple[str, str], ...], key: str
) -> None:
    """By such a one a Task can be looked for."""
    assert TaskRules(extra=extra).key_field == key
