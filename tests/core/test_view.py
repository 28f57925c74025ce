"""What a page shows, as a function of the agent and its logs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core import policy as policy_module
from adapter.core import view as view_module
from adapter.core.availability import Applied, Availability, Status
from adapter.core.callcenter import AskedField, CallCenterSettings
from adapter.core.details import CallDetails
from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Facts, Outcome
from adapter.core.favorite import Favorite
from adapter.core.incall import InCall, Third, ThirdState
from adapter.core.logs.model import (
    Attempting,
    CallLog,
    Closed,
    ClosedBy,
    LogState,
    Pending,
    Saved,
    SaveError,
    Settled,
    Tray,
    TrayReason,
    Unknown,
    Verifying,
)
from adapter.core.model import (
    Acceptance,
    Agent,
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
    Wrapup,
)
from adapter.core.policy import Policy
from adapter.core.view import View, view
from adapter.page.messages import MAX_FRAME_BYTES
from tests.core.people import IDLE, KEY, NUMBER, POLICY, RECORD, T0, known

TASK, TASK_2 = "00T000000000001", "00T000000000002"
CAN = {"hang_up": False, "transfer": True}
CALL = Call("c1", NUMBER, T0, Bridged(T0 + 5, T0 + 9), request_id="r1", record=RECORD)
LOG = CallLog("c1", KEY, T0, NUMBER, Facts(), RECORD, "UTC", Pending(T0, T0))
SHOWN_RECORD = {"id": RECORD.id, "name": "Ada Lovelace", "object_type": "Contact"}


def at(*stages: Stage) -> Agent:
    """The agent with one call at each of these stages."""
    calls = (replace(CALL, call_id=f"c{n + 1}", stage=s) for n, s in enumerate(stages))
    return replace(IDLE, calls=tuple(calls))


def view_of(agent: Agent, *logs: CallLog, policy: Policy = POLICY) -> View:
    """What the agent's pages show."""
    return view(agent, logs, policy, CAN)


# --- the agent's state, and click-to-dial -----------------------------------------------------

PLACING, LAPSED = Placing(T0, T0 + 1), AgentNoAnswer(T0, T0 + 1)
DIALING, BRIDGED = Dialing(T0, T0 + 1), Bridged(T0, T0 + 1)
RINGING, ENDING, WRAPUP = RingingInbound(T0, T0 + 1), AwaitingCdr(T0, T0 + 1), Wrapup(T0, T0 + 1)


@pytest.mark.parametrize(
    ("stages", "state", "on", "on_in_wrapup"),
    [
        ([], "idle", True, True),
        ([LAPSED], "idle", True, True),
        ([PLACING], "ringing-user-devices", False, False),
        ([DIALING], "dialing-destination", False, False),
        ([BRIDGED], "bridged", False, False),
        ([RINGING], "ringing-inbound", False, False),
        ([ENDING], "wrapup", False, True),
        ([WRAPUP], "wrapup", False, True),
        ([WRAPUP, WRAPUP], "wrapup", False, True),
        ([WRAPUP, RINGING], "ringing-inbound", False, False),
        ([WRAPUP, BRIDGED], "bridged", False, False),
        ([RINGING, BRIDGED], "bridged", False, False),
        ([LAPSED, PLACING], "ringing-user-devices", False, False),
        ([RINGING, PLACING], "ringing-user-devices", False, False),
    ],
)
def test_click_to_dial_follows_the_foreground_call(
    stages: list[Stage], state: str, on: bool, on_in_wrapup: bool
) -> None:
    """On while idle; in wrap-up too where the deployment allows it; never beside a live call."""
    usual, eager = POLICY, replace(POLICY, dial_while_wrapup=True)
    assert view_of(at(*stages), policy=usual)["state"] == state
    assert view_of(at(*stages), policy=usual)["click_to_dial"] is on
    assert view_of(at(*stages), policy=eager)["click_to_dial"] is on_in_wrapup


def test_without_a_telephony_user_click_to_dial_is_off_with_a_reason() -> None:
    """Nobody has said which of the provider's users the agent is."""
    said_of = view_of(replace(IDLE, line=None))
    assert said_of["click_to_dial"] is False
    assert said_of["agent"] == {
        "org_id": KEY.org_id,
        "user_id": KEY.user_id,
        "name": "Ann Agent",
        "configured": False,
        "reason": "not-configured",
    }


def test_an_agent_with_a_line_is_configured() -> None:
    """No reason where nothing is wrong."""
    assert view_of(IDLE)["agent"] == {
        "org_id": KEY.org_id,
        "user_id": KEY.user_id,
        "name": "Ann Agent",
        "configured": True,
    }


def test_an_away_agent_is_shown_with_the_phone_systems_state() -> None:
    """Nothing is said of who is available, unless the phone system did not take that."""
    policy = replace(POLICY, away_reasons=("Lunch",))
    lunch = Availability(Status.AWAY, "Lunch", T0, Applied.SHOWN)
    view = view_of(replace(IDLE, availability=lunch), policy=policy)
    told = {"status": "away", "reason": "Lunch", "since": T0, "applied": "shown"}
    assert (view["agent"]["availability"], view["settings"]["away_reasons"]) == (told, ["Lunch"])
    refused = Availability(since=T0, applied=Applied.REFUSED)
    view = view_of(replace(IDLE, availability=refused), policy=policy)
    assert view["agent"]["availability"]["applied"] == "refused"


def test_an_agent_may_choose_among_the_orgs_own_numbers() -> None:
    """As they are dialed, and as they are read."""
    view = view_of(IDLE, policy=replace(POLICY, caller_ids=("+12025550101",)))
    number = {"number": "+12025550101", "display": "(202) 555-0101"}
    assert view["settings"]["caller_ids"] == [number]


def test_an_agent_may_choose_among_their_own_phones() -> None:
    """As the provider lists them."""
    view = view_of(replace(IDLE, ring_profiles=("mobile",)))
    assert view["settings"]["ring_profiles"] == ["mobile"]


def test_favorites_are_shown_as_they_are_read_and_dialed() -> None:
    """With the record of who has one; nothing of who has none."""
    ada = Favorite(NUMBER, "Ada Lovelace", RECORD.id, "Contact")
    view = view_of(replace(IDLE, favorites=(ada, Favorite("1002", "Bob"))))
    assert [(one["display"], one["record"]) for one in view["favorites"]] == [
        ("(212) 555-0123", SHOWN_RECORD),
        ("1002", None),
    ]
    assert "favorites" not in view_of(IDLE)


def test_an_idle_view_is_complete() -> None:
    """Every part that a page draws is there, empty or not."""
    policy = replace(POLICY, wrapup_ms=90_000, dispositions=((Outcome.BUSY, "Engaged"),))
    idle = view_of(IDLE, policy=policy)
    del idle["agent"]
    assert idle == {
        "type": "view",
        "state": "idle",
        "click_to_dial": True,
        "calls": [],
        "wrapups": [],
        "tray": [],
        "answers": [],
        "notices": [],
        "can": CAN,
        "settings": {
            "country_code": 1,
            "wrap_up_seconds": 90,
            "dial_while_wrapup": False,
            "dispositions": [{"value": "Engaged", "label": "Engaged"}],
            "away_reasons": [],
            "note_templates": [],
            "caller_ids": [],
            "ring_profiles": [],
            "ask_fields": [],
        },
    }


@pytest.mark.parametrize(("region", "code"), [("", 1), ("FR", 33), ("CA", 1)])
def test_a_page_knows_the_country_of_its_call_center(region: str, code: int) -> None:
    """So that what is typed there is grouped as people there write it, or not at all."""
    agent = replace(IDLE, call_center=CallCenterSettings(region=region))
    assert view_of(agent)["settings"]["country_code"] == code


# --- cards ------------------------------------------------------------------------------------


def test_a_live_call_has_a_card() -> None:
    """Who, where it stands, since when, and what was already written."""
    facts = known(connected=T0 + 7, name="Ada (mobile)", direction=Direction.OUTBOUND)
    call = replace(
        CALL,
        facts=facts,
        draft=Draft(notes="n", follow_up=False, who=Record("003x")),
        details=CallDetails("sourceId=Q4", "204"),
    )
    (card,) = view_of(replace(IDLE, calls=(call,)))["calls"]
    assert card == {
        "call_id": "c1",
        "state": "bridged",
        "direction": "outbound",
        "number": NUMBER,
        "display": "(212) 555-0123 ext. 204",
        "name": "Ada (mobile)",
        "record": SHOWN_RECORD,
        "matches": [],
        "called_number": NUMBER,
        "called_display": "",
        "params": "sourceId=Q4",
        "started_at": T0,
        "since": T0 + 5,
        "connected_at": T0 + 7,
        "unconfirmed": False,
        "deadline": None,
        "draft": {
            "notes": "n",
            "follow_up": False,
            "who": {"id": "003x", "name": "", "object_type": ""},
        },
    }


def test_a_card_shows_the_state_of_its_call() -> None:
    """What does not is left out."""
    third = Third("+442079460958", ThirdState.TALKING, T0 + 3)
    inside = InCall(T0 + 3, third, held=True, muted=True, recording=True)
    (card,) = view_of(replace(IDLE, calls=(replace(CALL, in_call=inside),)))["calls"]
    assert {name: card[name] for name in ("held", "muted", "recording", "third")} == {
        "held": True,
        "muted": True,
        "recording": "on",
        "third": {
            "number": "+442079460958",
            "display": "+44 20 7946 0958",
            "state": "talking",
            "since": T0 + 3,
        },
    }
    paused = replace(CALL, in_call=replace(inside, paused=True))
    assert view_of(replace(IDLE, calls=(paused,)))["calls"][0]["recording"] == "paused"
    (plain,) = view_of(replace(IDLE, calls=(CALL,)))["calls"]
    assert not {"held", "muted", "recording", "third"} & plain.keys()


def test_the_admin_s_fields_are_asked_for_and_shown_back() -> None:
    """With their labels and choices; what was entered is in the draft."""
    asked = AskedField("Region__c", "Region", ("North", "South"), True)
    center = CallCenterSettings(ask_fields=(asked,))
    call = replace(CALL, draft=Draft(fields=(("Region__c", "North"),)))
    told = view_of(replace(IDLE, calls=(call,), call_center=center))
    assert told["settings"]["ask_fields"] == [
        {"name": "Region__c", "label": "Region", "choices": ["North", "South"], "required": True}
    ]
    assert told["calls"][0]["draft"] == {"fields": {"Region__c": "North"}}
    merged = call.draft.merged(Draft(fields=(("Region__c", "South"), ("A__c", "b"))))
    assert merged.fields == (("Region__c", "South"), ("A__c", "b"))


def test_an_inbound_call_shows_which_of_our_numbers_was_called() -> None:
    """An agent answers for several lines."""
    facts = known(direction=Direction.INBOUND, own_number="+12025550100")
    cards = [replace(CALL, facts=facts), replace(CALL, facts=known(direction=Direction.INBOUND))]
    told = [view_of(replace(IDLE, calls=(card,)))["calls"][0] for card in cards]
    assert [card["called_number"] for card in told] == ["+12025550100", ""]
    assert [card["called_display"] for card in told] == ["(202) 555-0100", ""]


def test_the_call_center_says_what_may_be_chosen() -> None:
    """Its dispositions and its wrap-up stand in the place of ours."""
    told = view_of(
        replace(IDLE, call_center=CallCenterSettings(wrapup_ms=5_000, dispositions=("Sold",)))
    )["settings"]
    assert told["dispositions"] == [{"value": "Sold", "label": "Sold"}]
    assert told["wrap_up_seconds"] == 5


def test_search_results_are_offered_on_the_card() -> None:
    """With what tells a person account: its Task belongs on the person."""
    person = Record("001000000000002AAA", "Mei", "Account", "", "003000000000009AAA", True)
    call = replace(CALL, record=None, matches=(RECORD, person))
    (card,) = view_of(replace(IDLE, calls=(call,)))["calls"]
    assert card["matches"] == [
        SHOWN_RECORD,
        {
            "id": person.id,
            "name": "Mei",
            "object_type": "Account",
            "contact_id": person.contact_id,
            "person_account": True,
        },
    ]


def test_an_unknown_caller_has_a_card_too() -> None:
    """Without name, record and connection."""
    facts = known(direction=Direction.INBOUND)
    call = Call("c1", "+493012345678", T0, RINGING, facts)
    (card,) = view_of(replace(IDLE, calls=(call,)))["calls"]
    assert (card["state"], card["direction"]) == ("ringing-inbound", "inbound")
    assert (card["name"], card["record"], card["connected_at"]) == ("", None, None)
    assert (card["display"], card["draft"]) == ("+49 30 12345678", {})


@pytest.mark.parametrize(
    ("stage", "deadline", "unconfirmed"),
    [
        (Placing(T0, T0 + 9), T0 + 9, False),
        (Placing(T0, T0 + 9, Acceptance.ACCEPTED), T0 + 9, False),
        (Placing(T0, T0 + 9, Acceptance.UNCONFIRMED), T0 + 9, True),
        (Dialing(T0, T0 + 9), None, False),
        (Bridged(T0, T0 + 9), None, False),
        (RingingInbound(T0, T0 + 9), None, False),
    ],
)
def test_only_a_placement_counts_down(
    stage: Stage, deadline: int | None, unconfirmed: bool
) -> None:
    """The other deadlines are ours, not the agent's."""
    (card,) = view_of(at(stage))["calls"]
    assert (card["deadline"], card["unconfirmed"]) == (deadline, unconfirmed)


def test_each_call_is_shown_once_in_its_place() -> None:
    """Live calls, wrap-ups; a lapsed placement nowhere."""
    told = view_of(at(LAPSED, PLACING, DIALING, BRIDGED, RINGING, ENDING, WRAPUP))
    assert [card["call_id"] for card in told["calls"]] == ["c2", "c3", "c4", "c5"]
    assert [card["call_id"] for card in told["wrapups"]] == ["c6", "c7"]


def test_a_wrap_up_has_a_card() -> None:
    """What came of the call, how long it took, until when notes are taken."""
    facts = known(connected=T0, ended=T0 + 61_499, outcome=Outcome.COMPLETED)
    stage = Wrapup(T0 + 62_000, T0 + 122_000)
    call = replace(CALL, stage=stage, facts=facts, draft=Draft(subject="s"))
    (card,) = view_of(replace(IDLE, calls=(call,)), LOG)["wrapups"]
    assert card == {
        "call_id": "c1",
        "direction": "outbound",
        "number": NUMBER,
        "display": "(212) 555-0123",
        "name": "",
        "record": SHOWN_RECORD,
        "matches": [],
        "called_number": NUMBER,
        "called_display": "",
        "params": "",
        "outcome": "Connected",
        "outcome_code": "answered",
        "talk_seconds": 61,
        "started_at": T0,
        "ended_at": T0 + 62_000,
        "deadline": T0 + 122_000,
        "draft": {"subject": "s"},
        "log": {"state": "waiting"},
    }


def test_a_call_with_an_uncertain_end_has_no_countdown() -> None:
    """Its wrap-up begins when the call log has answered."""
    (card,) = view_of(at(ENDING))["wrapups"]
    assert (card["deadline"], card["log"], card["talk_seconds"]) == (
        None,
        {"state": "waiting"},
        None,
    )


SAVED = Saved(TASK, LOG.wanted)


@pytest.mark.parametrize(
    ("state", "saved", "told"),
    [
        (Pending(T0, T0), None, "waiting"),
        (Pending(T0, T0), SAVED, "saved"),
        (Attempting(T0), None, "saving"),
        (Attempting(T0), SAVED, "saving"),
        (Unknown(T0, T0), SAVED, "saving"),
        (Unknown(T0, T0), None, "unconfirmed"),
        (Verifying(T0, T0, 1), None, "unconfirmed"),
        (Tray(TrayReason.REFUSED, T0), None, "refused"),
        (Tray(TrayReason.NOT_CONFIRMED, T0), None, "unconfirmed"),
        (Tray(TrayReason.DOUBLED, T0), SAVED, "unconfirmed"),
        (Settled(T0), SAVED, "saved"),
        (Closed(T0, ClosedBy.DISMISSED), None, "saved"),
    ],
)
def test_a_wrap_up_shows_the_state_of_its_log(
    state: LogState, saved: Saved | None, told: str
) -> None:
    """With the Task's id as soon as there is one."""
    (card,) = view_of(at(WRAPUP), replace(LOG, state=state, saved=saved))["wrapups"]
    assert card["log"] == {"state": told, **({"record_id": TASK} if saved else {})}


def test_a_settled_log_is_shown_as_saved_although_it_is_not_loaded() -> None:
    """Only open logs come with the agent."""
    (card,) = view_of(at(WRAPUP))["wrapups"]
    assert card["log"] == {"state": "saved"}


def test_a_card_says_if_its_call_is_not_logged() -> None:
    """A missed call, where the deployment does not want it in Salesforce."""
    call = replace(CALL, stage=WRAPUP, facts=known(direction=Direction.INBOUND, ended=T0))
    agent = replace(IDLE, calls=(call,))
    (card,) = view_of(agent, policy=replace(POLICY, log_missed=False))["wrapups"]
    assert (card["outcome"], card["log"]) == ("Missed", {"state": "none"})
    (card,) = view_of(agent)["wrapups"]
    assert card["log"] == {"state": "saved"}


def test_a_wrap_up_shows_its_own_log() -> None:
    """Another call's log is another call's."""
    other = replace(LOG, log_id="c2", state=Attempting(T0))
    first, second = view_of(at(WRAPUP, WRAPUP), other)["wrapups"]
    assert (first["log"], second["log"]) == ({"state": "saved"}, {"state": "saving"})


# --- the tray ---------------------------------------------------------------------------------


def test_a_log_in_the_tray_has_a_row() -> None:
    """Why it needs its agent, and what they may do."""
    errors = (SaveError("REQUIRED_FIELD_MISSING", "Pick a reason", "Reason"),)
    facts = known(started=T0 + 1, connected=T0, ended=T0 + 1_500, name="Ada (mobile)")
    log = replace(
        LOG,
        facts=facts,
        state=Tray(TrayReason.REFUSED, T0, errors),
        draft=Draft(notes="n"),
        details=CallDetails("", "204"),
    )
    assert view_of(IDLE, log)["tray"] == [
        {
            "log_id": "c1",
            "call_id": "c1",
            "number": NUMBER,
            "display": "(212) 555-0123 ext. 204",
            "name": "Ada (mobile)",
            "direction": "outbound",
            "record": SHOWN_RECORD,
            "started_at": T0 + 1,
            "talk_seconds": 1,
            "outcome": "Connected",
            "outcome_code": "answered",
            "reason": "refused",
            "errors": [
                {"code": "REQUIRED_FIELD_MISSING", "message": "Pick a reason", "field": "Reason"}
            ],
            "record_ids": [],
            "actions": ["save_again", "edit", "dismiss"],
            "draft": {"notes": "n"},
        }
    ]


@pytest.mark.parametrize(
    ("reason", "saved", "doubles", "tasks", "actions"),
    [
        (TrayReason.REFUSED, SAVED, (), [TASK], ["save_again", "edit", "dismiss"]),
        (TrayReason.LOCKED, SAVED, (), [TASK], ["save_again", "dismiss"]),
        (TrayReason.NOT_CONFIRMED, None, (), [], ["save_again", "already_there", "dismiss"]),
        (TrayReason.DOUBLED, SAVED, (TASK_2,), [TASK, TASK_2], ["already_there", "dismiss"]),
    ],
)
def test_a_duplicate_is_shown_with_both_ids_and_never_saved_again(
    reason: TrayReason,
    saved: Saved | None,
    doubles: tuple[str, ...],
    tasks: list[str],
    actions: list[str],
) -> None:
    """Saving again would make it three."""
    log = replace(LOG, state=Tray(reason, T0), saved=saved, doubles=doubles)
    (row,) = view_of(IDLE, log)["tray"]
    assert (row["reason"], row["record_ids"], row["actions"]) == (reason.value, tasks, actions)


@pytest.mark.parametrize("state", [Pending(T0, T0), Attempting(T0), Unknown(T0, T0), Settled(T0)])
def test_only_what_needs_its_agent_is_in_the_tray(state: LogState) -> None:
    """The rest mends itself."""
    assert view_of(IDLE, replace(LOG, state=state))["tray"] == []


# --- the rest ---------------------------------------------------------------------------------


def test_answers_and_notices_are_shown_as_they_are() -> None:
    """In the agent's order."""
    agent = replace(
        IDLE,
        answers=(Answer("r1", "busy", "You are in a call.", T0),),
        notices=(Notice("n1", "unknown-outcome", "Not confirmed.", T0 + 1),),
    )
    told = view_of(agent)
    assert told["answers"] == [
        {
            "request_id": "r1",
            "code": "busy",
            "text": "You are in a call.",
            "at": T0,
            "tone": "error",
        }
    ]
    assert told["notices"] == [
        {
            "id": "n1",
            "code": "unknown-outcome",
            "text": "Not confirmed.",
            "at": T0 + 1,
            "tone": "warning",
        }
    ]


def test_call_center_values_from_pages_do_not_fill_memory() -> None:
    """However many different ones somebody tells, each as large as a frame may be."""
    for remembered in (view_module._settings, policy_module._with_call_center):
        assert remembered.cache_parameters()["maxsize"] * MAX_FRAME_BYTES < 32 << 20
