"""Between page messages and the core: events one way, frames the other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from adapter.core.availability import AvailabilityChosen, Status
from adapter.core.callcenter import AskedField, CallCenterSettings
from adapter.core.draft import Draft, Record
from adapter.core.events import (
    CallCenterRead,
    ControlRequested,
    DialRequested,
    MatchesFound,
    NoticeDismissed,
    OverClaimed,
    RecordViewed,
    WorkStarted,
    WrapupSubmitted,
)
from adapter.core.favorite import Favorite, FavoriteChosen
from adapter.core.logs.events import LogExpired, LogRefused, LogSaved, TrayDecided
from adapter.core.logs.model import SaveError
from adapter.page import frames
from adapter.page.frames import agent_event, dial_event
from adapter.page.messages import (
    AvailabilityIn,
    CallCenterMessage,
    Context,
    Control,
    Dial,
    DismissNotice,
    FavoriteIn,
    Matches,
    Result,
    TrayChoice,
    Work,
    WrapupIn,
)
from adapter.page.parts import AskedFieldIn, ErrorIn, JournalEntry, RecordIn

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


# --- what the agent does ----------------------------------------------------------------------


def dial(**fields: Any) -> Dial:
    """A click on a number."""
    told = {"request_id": "r1", "number": "(415) 555-0100", "clicked_at": 5_000, **fields}
    return Dial(type="dial", **told)


def control(action: str, **fields: Any) -> Control:
    """A button of a call."""
    told = {"type": "control", "request_id": "r1", "call_id": "c1", "action": action}
    return Control.model_validate({**told, **fields})


def wrapup(**fields: Any) -> WrapupIn:
    """What the agent entered."""
    return WrapupIn.model_validate({"type": "wrapup", "call_id": "c1", **fields})


def test_a_click_becomes_a_request_in_our_own_time() -> None:
    """Only the click's age is the page's; number, record and wishes go on as they were."""
    message = dial(
        sent_at=7_500,
        record=RECORD_IN,
        work_id="w1",
        ring_profile="desk",
        confirmed=True,
        params="sourceId=Q4",
    )
    assert dial_event(message, T0, "fresh") == DialRequested(
        at=T0,
        request_id="r1",
        call_id="fresh",
        number="(415) 555-0100",
        clicked_at=T0 - 2_500,
        record=RECORD,
        work_id="w1",
        ring_profile="desk",
        confirmed=True,
        params="sourceId=Q4",
    )


def test_parameters_of_a_click_are_cut_and_never_refuse_it() -> None:
    """The call matters more than what comes along with it."""
    told = {"type": "dial", "request_id": "r1", "number": "911", "clicked_at": 1}
    for params, length in (("x" * 5_000, 2_000), (None, 0), (["a"], 5)):
        event = dial_event(Dial.model_validate({**told, "params": params}), T0, "fresh")
        assert isinstance(event, DialRequested)
        assert len(event.params) == length


def test_a_work_item_becomes_an_event() -> None:
    """It knows its call by the number."""
    work = Work(type="work", work_id="w1", to="+14155550100")
    assert agent_event(work, T0) == WorkStarted(T0, "w1", "+14155550100")


@pytest.mark.parametrize("record", [None, RecordIn(name="no id")])
def test_a_click_on_a_bare_number_has_no_record(record: RecordIn | None) -> None:
    """A record without an id is none."""
    event = dial_event(dial(record=record), T0, "fresh")
    assert isinstance(event, DialRequested)
    assert (event.record, event.clicked_at) == (None, T0)


def test_declaring_a_call_over_is_a_claim() -> None:
    """The provider is asked; nothing is done to the call."""
    assert agent_event(control("check"), T0) == OverClaimed(T0, "r1", "c1")


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("hang_up", ""),
        ("hold", ""),
        ("resume", ""),
        ("mute", ""),
        ("unmute", ""),
        ("answer", ""),
        ("decline", ""),
        ("pause_recording", ""),
        ("resume_recording", ""),
    ],
)
def test_a_button_is_a_request_by_its_name(action: str, value: str) -> None:
    """No value where none belongs."""
    expected = ControlRequested(T0, "r1", "c1", action, value)
    assert agent_event(control(action), T0) == expected


def test_each_value_goes_with_its_own_button() -> None:
    """A transfer has its target, digits have digits, even where a page sends both."""
    both = {"target": "+14155550199", "digits": "12#"}
    transfer = agent_event(control("transfer", **both), T0)
    digits = agent_event(control("digits", **both), T0)
    assert transfer == ControlRequested(T0, "r1", "c1", "transfer", "+14155550199")
    assert digits == ControlRequested(T0, "r1", "c1", "digits", "12#")


def test_entered_fields_become_a_draft() -> None:
    """Every field, and whether the agent is done."""
    message = wrapup(
        subject="s",
        notes="n",
        disposition="d",
        who={"id": CONTACT, "name": "Ada"},
        what={"id": "500000000000001"},
        follow_up=False,
        done=True,
    )
    draft = Draft("s", "n", "d", Record(CONTACT, "Ada"), Record("500000000000001"), False)
    assert agent_event(message, T0) == WrapupSubmitted(T0, "c1", draft, True)


def test_the_admins_fields_are_in_the_draft() -> None:
    """By the field's name; what is no text is none."""
    event = agent_event(wrapup(fields={"Region__c": "North", "x": 1}), T0)
    assert isinstance(event, WrapupSubmitted)
    assert event.draft == Draft(fields=(("Region__c", "North"),))


def test_untouched_fields_are_not_in_the_draft() -> None:
    """Silence changes nothing."""
    expected = WrapupSubmitted(T0, "c1", Draft(notes="n"), False)
    assert agent_event(wrapup(notes="n"), T0) == expected


def test_a_link_that_is_null_is_cleared() -> None:
    """A Record with an empty id says so to the core."""
    event = agent_event(wrapup(who=None, what=None), T0)
    assert event == WrapupSubmitted(T0, "c1", Draft(who=Record(""), what=Record("")), False)


def test_the_record_of_a_call_may_be_chosen() -> None:
    """With a call's id, the context says what that call is about."""
    message = Context(type="context", record=RECORD_IN, call_id="c1")
    assert agent_event(message, T0) == RecordViewed(T0, "c1", RECORD)


@pytest.mark.parametrize("record", [None, RecordIn(name="no id")])
def test_a_call_may_be_about_no_record(record: RecordIn | None) -> None:
    """The agent says so by a context of that call without a record."""
    message = Context(type="context", record=record, call_id="c1")
    assert agent_event(message, T0) == RecordViewed(T0, "c1", None)


def test_the_definition_of_the_call_center_is_the_agents() -> None:
    """Seconds become milliseconds; what is left out stays as our own settings have it."""
    told = CallCenterMessage(
        type="settings",
        wrap_up_seconds=30,
        dispositions=["Sold"],
        default_country="DE",
        outside_prefix="0",
        long_distance_prefix="0",
        international_prefix="00",
        ask_fields=[
            AskedFieldIn(name="Region__c", label="Region", choices=["North"], required=True),
            AskedFieldIn(name="Reason__c"),
        ],
        task_fields={"Phone__c": "{number}", "Odd__c": 7, "Long__c": "x" * 2_000},
    )
    asked = (
        AskedField("Region__c", "Region", ("North",), True),
        AskedField("Reason__c", "Reason__c"),
    )
    fields = (("Phone__c", "{number}"), ("Long__c", "x" * 1_000))
    call_center = CallCenterSettings(30_000, ("Sold",), "DE", "0", "0", "00", fields, asked)
    assert agent_event(told, T0) == CallCenterRead(T0, call_center)
    assert agent_event(CallCenterMessage(type="settings"), T0) == CallCenterRead(
        T0, CallCenterSettings()
    )


@pytest.mark.parametrize(
    ("country", "ignored"),
    [("UK", ["/a"]), ("", ["/a"]), ("Atlantis", ["/a", "/softphone/defaultCountry"])],
)
def test_useless_items_of_the_definition_are_named(country: str, ignored: list[str]) -> None:
    """For the log: by the page's judgment and by ours."""
    told = CallCenterMessage(type="settings", default_country=country, problems=["/a"])
    assert list(frames.ignored_settings(told)) == ignored


def test_matches_are_reported_without_invalid_ids() -> None:
    """A search may find things that are no records at all."""
    records = [RECORD_IN, RecordIn(id="SCREEN_POP_DATA"), RecordIn()]
    message = Matches(type="matches", call_id="c1", records=records)
    assert agent_event(message, T0) == MatchesFound(T0, "c1", (RECORD,))


@pytest.mark.parametrize(
    "message",
    [
        Context(type="context", record=RECORD_IN),
        Context(type="context"),
    ],
)
def test_searching_changes_no_call(message: Context) -> None:
    """No call, or no record: nothing happened."""
    assert agent_event(message, T0) is None


def test_an_availability_frame_becomes_an_event_of_the_agent() -> None:
    """With its reason, which the machine judges."""
    wish = AvailabilityIn(type="availability", status="away", reason="Lunch")
    assert agent_event(wish, T0) == AvailabilityChosen(T0, Status.AWAY, "Lunch")


@pytest.mark.parametrize(
    ("record", "kept"),
    [(RECORD_IN, (RECORD_IN.id, RECORD_IN.object_type)), (RecordIn(id="no id"), ("", ""))],
)
def test_a_favorite_keeps_its_record_if_it_has_one(record: RecordIn, kept: tuple[str, str]) -> None:
    """A name is cut, never refused."""
    wish = FavoriteIn(type="favorite", number="1002", name="x" * 99, record=record, on=False)
    chosen = FavoriteChosen(T0, Favorite("1002", "x" * 80, *kept), on=False)
    assert agent_event(wish, T0) == chosen


def test_a_notice_is_dismissed() -> None:
    """By its id."""
    message = DismissNotice(type="dismiss_notice", notice_id="n1")
    assert agent_event(message, T0) == NoticeDismissed(T0, "n1")


# --- what became of a log ---------------------------------------------------------------------


def read(errors: Sequence[ErrorIn]) -> tuple[SaveError, ...]:
    """As a surface would, which knows more of its codes."""
    return tuple(SaveError(error.code, error.message) for error in errors)


def result(outcome: str, **fields: Any) -> Result:
    """A page's report on go number 2."""
    told = {"type": "result", "log_id": "call_1", "attempt": 2, "nonce": "n"}
    return Result.model_validate({**told, "outcome": outcome, **fields})


def test_a_report_becomes_an_event() -> None:
    """Saved with its id, refused with its reasons, expired."""
    saved = frames.result_event(result("ok", task_id=TASK), "p1", T0, read)
    refused = frames.result_event(result("refused"), "p1", T0, read)
    expired = frames.result_event(result("expired"), "p1", T0, read)
    assert saved == LogSaved(T0, "p1", 2, "n", TASK)
    assert refused == LogRefused(T0, "p1", 2, "n", ())
    assert expired == LogExpired(T0, "p1", 2, "n")


def entry(state: str, **fields: Any) -> JournalEntry:
    """What a page remembers of go number 2."""
    told = {"log_id": "call_1", "attempt": 2, "nonce": "n", "state": state}
    return JournalEntry.model_validate({**told, **fields})


def test_a_journal_entry_becomes_the_event_that_was_missed() -> None:
    """One that only says "sent" tells nothing by itself."""
    error = {"code": "SERVER_ERROR", "message": "busy"}
    saved = frames.journal_event(entry("ok", task_id=TASK), "p1", T0, read)
    refused = frames.journal_event(entry("refused", errors=[error]), "p1", T0, read)
    assert saved == LogSaved(T0, "p1", 2, "n", TASK)
    assert refused == LogRefused(T0, "p1", 2, "n", (SaveError("SERVER_ERROR", "busy"),))
    assert frames.journal_event(entry("sent"), "p1", T0, read) is None


def test_a_choice_in_the_tray_becomes_an_event() -> None:
    """With the id that the agent gave, if any."""
    choice = TrayChoice(type="tray", log_id="c", action="already_there", task_id=TASK)
    assert frames.tray_event(choice, T0) == TrayDecided(T0, "already_there", TASK)


# --- what the server says ---------------------------------------------------------------------


def test_a_frame_is_compact_json_in_its_own_letters() -> None:
    """No spaces, no escapes."""
    assert frames.frame({"type": "x", "name": "Zoë 😀"}) == '{"type":"x","name":"Zoë 😀"}'


def test_a_frame_can_always_be_sent() -> None:
    """Half a surrogate pair has no UTF-8 and would end the socket."""
    text = frames.frame({"name": "a\ud83db"})
    assert json.loads(text.encode("utf-8")) == {"name": "a?b"}


def test_a_view_travels_with_what_tells_new_from_old() -> None:
    """Epoch, version and the server's clock are added."""
    sent = json.loads(frames.view_frame({"type": "view", "state": "idle"}, "e1", 7, T0))
    assert sent == {"type": "view", "state": "idle", "epoch": "e1", "version": 7, "now": T0}


def test_an_error_is_a_frame_of_its_code_and_words() -> None:
    """What the page shows above everything else."""
    said = {"type": "error", "code": "malformed", "text": "no"}
    assert json.loads(frames.error_frame("malformed", "no")) == said


def test_pages_of_the_release_before_find_record_ids_by_their_older_names() -> None:
    """A rolling deploy serves both; a view without any log is as it was."""
    shown = {
        "wrapups": [{"log": {"state": "saved", "record_id": TASK}}, {"log": {"state": "none"}}],
        "tray": [{"record_ids": [TASK]}],
    }
    sent = json.loads(frames.view_frame(shown, "e1", 7, T0))
    assert sent["wrapups"][0]["log"] == {"state": "saved", "record_id": TASK, "task_id": TASK}
    assert sent["wrapups"][1]["log"] == {"state": "none"}
    assert sent["tray"] == [{"record_ids": [TASK], "task_ids": [TASK]}]
