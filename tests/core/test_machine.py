"""decide: total over every state and event, one placement per call, and a deadline for all."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from adapter.core import events as happened
from adapter.core.availability import Applied, Status
from adapter.core.callcenter import CallCenterSettings
from adapter.core.draft import Draft, Record
from adapter.core.effects import PlaceCall, PopScreen
from adapter.core.events import (
    CallCenterRead,
    CallEnded,
    CallPlaced,
    CdrFound,
    Connected,
    DestinationDialed,
    Event,
    InboundRinging,
    MatchesFound,
    NoticeDismissed,
    PageGreeted,
    PopClaimed,
    RecordViewed,
    TimePassed,
    WrapupSubmitted,
)
from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.favorite import Favorite
from adapter.core.incall import NOTHING_IN_CALL, InCall
from adapter.core.logs.events import DraftChanged, RecordPicked, WritingEnded
from adapter.core.machine import decide
from adapter.core.model import (
    Agent,
    AgentNoAnswer,
    AwaitingCdr,
    Bridged,
    Call,
    Dialing,
    Notice,
    Phase,
    Placing,
    RingingInbound,
    Stage,
    TelephonyUser,
    Wrapup,
)
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.core.values import Value
from tests.core.people import IDLE, LINE, NUMBER, POLICY, RECORD, T0, after, click, known, report
from tests.core.test_facts import any_facts
from tests.core.world import World

RINGING = report(InboundRinging, T0, known(number=NUMBER), call="c1")
TALKING = report(Connected, T0, known(number=NUMBER, direction=Direction.INBOUND), call="c1")
WRAPPING = report(CallEnded, T0, known(number=NUMBER, connected=T0, ended=T0), call="c1")
NOTES = Draft(notes="called back")

# --- any state, any event -----------------------------------------------------------------------

SPECIAL: dict[str, st.SearchStrategy[object]] = {
    "at": st.integers(T0, T0 + 1_000_000),
    "clicked_at": st.integers(T0, T0 + 1_000_000),
    "line": st.sampled_from([LINE, None]),
    "route": st.sampled_from(list(Route)),
    "number": st.sampled_from([NUMBER, "911", "1001", "nonsense", ""]),
    "call_id": st.sampled_from(["c1", "c2", "c3"]),
    "request_id": st.sampled_from(["r1", "r2", "r3"]),
    "provider_call_id": st.sampled_from(["p1", "p2"]),
    "facts": any_facts,
    "known": st.booleans(),
    "elsewhere": st.booleans(),
    "unnamed": st.booleans(),
    "in_call": st.sampled_from([NOTHING_IN_CALL, InCall(at=T0, held=True, recording=True)]),
    "draft": st.sampled_from([NOTES, Draft()]),
    "record": st.sampled_from([RECORD, Record(""), None]),
    "records": st.sampled_from([(), (RECORD,), (RECORD, Record("003"))]),
    "call_center": st.sampled_from(
        [CallCenterSettings(), CallCenterSettings(0, ("Sold",), "DE", "0", "0", "00")]
    ),
    "done": st.booleans(),
    "status": st.sampled_from(list(Status)),
    "held": st.sampled_from(list(Status)),
    "applied": st.sampled_from(list(Applied)),
    "asked_at": st.integers(T0, T0 + 3),
    "favorite": st.sampled_from([Favorite(NUMBER, "Ann"), Favorite("1001")]),
    "on": st.booleans(),
}


def event_of(kind: type) -> st.SearchStrategy[Event]:
    """Any event of this kind, of few ids so that they meet."""
    names = kind.__struct_fields__  # type: ignore[attr-defined]
    return st.builds(kind, **{n: SPECIAL.get(n, st.sampled_from(["a", "b"])) for n in names})


KINDS = get_args(Event)
any_event: st.SearchStrategy[Event] = st.one_of([event_of(kind) for kind in KINDS])

moments = st.integers(T0, T0 + 1_000_000)
stages: st.SearchStrategy[Stage] = st.one_of(
    st.builds(Placing, moments, moments, asked=st.integers(0, 4)),
    st.builds(AgentNoAnswer, moments, moments),
    st.builds(Dialing, moments, moments, st.integers(0, 3), st.booleans()),
    st.builds(Bridged, moments, moments, st.integers(0, 3), st.booleans()),
    st.builds(RingingInbound, moments, moments, st.integers(0, 3), st.booleans(), st.booleans()),
    st.builds(AwaitingCdr, moments, moments),
    st.builds(Wrapup, moments, moments),
)
calls = st.builds(
    Call,
    call_id=SPECIAL["call_id"],
    number=st.sampled_from([NUMBER, ""]),
    opened_at=moments,
    stage=stages,
    facts=any_facts,
    provider_call_id=st.sampled_from([None, "p1", "p2"]),
    request_id=st.sampled_from(["", "r1", "r2"]),
)
agents = st.builds(
    Agent,
    key=st.just(IDLE.key),
    line=st.sampled_from([LINE, None]),
    calls=st.lists(calls, max_size=3, unique_by=lambda call: call.call_id).map(tuple),
)
policies = st.sampled_from(
    [
        POLICY,
        Policy(wrapup_ms=0, log_missed=False),
        Policy(dial_while_wrapup=True, answer_ms=1, notices_kept=1),
        replace(POLICY, pauses=(Status.AWAY, Status.DO_NOT_DISTURB), away_reasons=("a",)),
    ]
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_event_raises_in_any_state(kind: type) -> None:
    """Total: for each kind of event, from states that nothing leads to as well."""

    @settings(max_examples=60)
    @given(agents, event_of(kind), policies)
    def holds(agent: Agent, event: Event, policy: Policy) -> None:
        decision = decide(agent, event, policy)
        assert all(call.stage.due is not None for call in decision.agent.calls)
        rests = not decision.agent.calls and not decision.agent.availability.asked_at
        assert (decision.agent.next_due is None) is rests

    holds()


def test_every_event_is_in_the_union() -> None:
    """What events.py defines, or takes from beside it to be told and not kept, can be decided."""
    defined = {
        kind
        for kind in vars(happened).values()
        if isinstance(kind, type) and issubclass(kind, Struct) and not issubclass(kind, Value)
    }
    assert defined - {happened.CallEvent, Struct} == set(KINDS)


def unrepeated(events: list[Event]) -> list[Event]:
    """The events with ids as the runtime makes them: a fresh call id for each that may need one."""
    made: list[Event] = []
    for number, event in enumerate(events):
        match event:
            case happened.DialRequested():
                made.append(replace(event, call_id=f"made{number}"))
            case happened.CallEvent(known=False):
                made.append(replace(event, call_id=f"made{number}"))
            case _:
                made.append(event)
    return made


@settings(max_examples=300)
@given(st.lists(any_event, max_size=15).map(unrepeated), policies)
def test_any_history_places_a_call_once_and_settles(events: list[Event], policy: Policy) -> None:
    """At most one order per call and per request; then deadlines alone end all but live calls."""
    world = World(policy=policy)
    at = T0
    for event in events:
        at += 20_000
        world.handle(replace(event, at=at))
    ids = [effect.call_id for effect in world.placed]
    assert len(ids) == len(set(ids))
    assert len(world.opened) == len(set(world.opened))
    for _ in range(60):
        due = world.agent.next_due
        if due is None:
            break
        moved = max(due, at)
        world.handle(TimePassed(moved))
        assert world.agent.next_due is None or world.agent.next_due > moved
        world.answer(moved, "", None)
    left = {type(c.stage) for c in world.agent.calls}
    # Nothing is written up during a call.
    assert left - {Wrapup} <= {Dialing, Bridged, RingingInbound}
    assert left != {Wrapup}
    assert len(world.placed) == len(ids)


@given(st.lists(any_event, max_size=15).map(unrepeated), policies)
def test_there_is_at_most_one_placement(events: list[Event], policy: Policy) -> None:
    """Whatever happens: a pick-up must not be for the wrong number."""
    agent = IDLE
    for event in events:
        agent = decide(agent, event, policy).agent
        assert sum(isinstance(c.stage, Placing) for c in agent.calls) <= 1


@given(st.lists(event_of(happened.DialRequested), min_size=1, max_size=8).map(unrepeated))
def test_a_request_places_at_most_one_call(events: list[Event]) -> None:
    """Three requests, many times: three orders at most, each request one.

    Our clock does not go back, and a request that is repeated was clicked when it was.
    """
    world, clicked = World(), dict[str, int]()
    dials = [event for event in events if isinstance(event, happened.DialRequested)]
    for dial in sorted(dials, key=lambda dial: dial.at):
        at = clicked.setdefault(dial.request_id, min(dial.clicked_at, dial.at))
        world.handle(replace(dial, clicked_at=at))
        world.pass_until(dial.at + 700_000)
    requests = {dial.request_id for dial in dials}
    assert len(world.placed) <= len(requests)


# --- the agent's own doings ---------------------------------------------------------------------


def test_a_hello_says_who_the_agent_is() -> None:
    """The directory's word; the same again is counted as nothing new."""
    greeting = PageGreeted(T0, TelephonyUser("acct_2", "user_2"), "Bea", "Europe/Berlin")
    greeted = after(IDLE, [greeting])
    assert (greeted.agent.line, greeted.agent.name) == (TelephonyUser("acct_2", "user_2"), "Bea")
    assert after(greeted.agent, [greeting]).ignored == "as before"


def test_a_line_is_not_changed_under_a_live_call() -> None:
    """Its questions go to the account that it is in; a missing line is filled all the same."""
    greeting = PageGreeted(T0, TelephonyUser("acct_2", "user_2"), "Bea", "UTC")
    assert after(IDLE, [TALKING, greeting]).agent.line == LINE
    assert after(replace(IDLE, line=None), [TALKING, greeting]).agent.line == greeting.line


def test_only_one_page_pops_a_ringing_caller() -> None:
    """At most once, and only while it rings; for a withheld number there is nothing to search."""
    popped = after(IDLE, [RINGING, PopClaimed(T0 + 1, "c1", "page1")])
    assert popped.effects == (PopScreen("c1", "page1", NUMBER),)
    assert after(popped.agent, [PopClaimed(T0 + 2, "c1", "page2")]).ignored == "no pop due"
    assert after(IDLE, [TALKING, PopClaimed(T0 + 2, "c1", "page2")]).effects == ()
    withheld = report(InboundRinging, T0, call="c1")
    shown = after(IDLE, [withheld, PopClaimed(T0 + 1, "c1", "page1")])
    assert shown.effects == (PopScreen("c1", "page1", ""),)
    again = replace(RINGING, at=T0 + 5, facts=known(name="Ada"))
    assert after(popped.agent, [again, PopClaimed(T0 + 6, "c1", "p")]).ignored == "no pop due"


def test_a_record_that_the_agent_opens_is_the_call_s() -> None:
    """Live: kept; in wrap-up: told to the log too; later: to the log alone."""
    viewed = RecordViewed(T0 + 1, "c1", RECORD)
    live = after(IDLE, [TALKING, viewed])
    assert (live.agent.calls[0].record, live.log_events) == (RECORD, ())
    picked = (("c1", RecordPicked(T0 + 1, RECORD)),)
    assert after(IDLE, [WRAPPING, viewed]).log_events == picked
    assert after(IDLE, [viewed]).log_events == picked


def test_picking_another_record_drops_the_links_picked_before() -> None:
    """They were another person's; nobody at all may be picked too."""
    linked = WrapupSubmitted(T0 + 1, "c1", Draft(notes="n", who=RECORD, what=RECORD), False)
    live = after(IDLE, [TALKING, linked, RecordViewed(T0 + 2, "c1", None)])
    assert live.agent.calls[0].record is None
    assert live.agent.calls[0].draft == Draft(notes="n")


def test_the_only_match_of_a_number_is_what_the_call_is_about() -> None:
    """Unless the call has a record; the log hears of it if it is there already."""
    found = MatchesFound(T0 + 1, "c1", (RECORD,))
    live = after(IDLE, [RINGING, found])
    (call,) = live.agent.calls
    assert (call.record, call.matches, live.log_events) == (RECORD, (RECORD,), ())
    picked = (("c1", RecordPicked(T0 + 1, RECORD)),)
    assert after(IDLE, [WRAPPING, found]).log_events == picked
    other = Record("003000000000002AAA", "Grace")
    kept = after(IDLE, [RINGING, RecordViewed(T0 + 1, "c1", other), found]).agent.calls[0]
    assert (kept.record, kept.matches) == (other, (RECORD,))


def test_of_several_matches_the_agent_picks_one() -> None:
    """None of them is taken unasked; matches of a call that is gone are nobody's."""
    other = Record("003000000000002AAA", "Grace")
    (call,) = after(IDLE, [RINGING, MatchesFound(T0 + 1, "c1", (RECORD, other))]).agent.calls
    assert (call.record, call.matches) == (None, (RECORD, other))
    assert after(IDLE, [MatchesFound(T0, "c1", (RECORD,))]).ignored == "no such call"


def test_the_definition_of_the_call_center_rules_its_agents_calls() -> None:
    """Wrap-up as long as it says, from the next event on; told again it changes nothing."""
    read = CallCenterRead(T0, CallCenterSettings(wrapup_ms=0))
    agent = after(IDLE, [read]).agent
    assert agent.call_center == CallCenterSettings(wrapup_ms=0)
    assert after(agent, [read]).ignored == "as before"
    over = replace(WRAPPING, facts=WRAPPING.facts.join(known(outcome=Outcome.COMPLETED)))
    assert after(agent, [over]).agent.calls == ()


@pytest.mark.parametrize(
    ("told", "region"), [("UK", "GB"), ("de", "DE"), (" fr ", "FR"), ("USA", "US"), ("GB", "GB")]
)
def test_a_country_is_recognized_by_its_common_names(told: str, region: str) -> None:
    """The United Kingdom is GB; its numbers must not be read as American ones."""
    read = after(IDLE, [CallCenterRead(T0, CallCenterSettings(region=told))]).agent
    assert read.call_center.region == region
    assert read.notices == ()
    assert POLICY.of(read.call_center).dial.default_region == region


def test_an_unknown_country_is_reported_to_the_agent() -> None:
    """Once; and it goes when the admin has mended it."""
    wrong = CallCenterRead(T0, CallCenterSettings(region="Atlantis"))
    told = after(IDLE, [wrong])
    assert ["Atlantis" in notice.text for notice in told.agent.notices] == [True]
    assert after(told.agent, [wrong]).ignored == "as before"
    mended = after(told.agent, [CallCenterRead(T0, CallCenterSettings(region="DE"))])
    assert mended.agent.notices == ()


def test_a_dismissed_notice_disappears() -> None:
    """The others stay."""
    agent = replace(IDLE, notices=(Notice("a", "x", "x", T0), Notice("b", "x", "x", T0)))
    assert [n.id for n in after(agent, [NoticeDismissed(T0, "a")]).agent.notices] == ["b"]


def test_notes_of_a_live_call_are_in_its_log_from_the_start() -> None:
    """Written while talking; "done" does not end a call that is up."""
    writing = WrapupSubmitted(T0 + 1, "c1", NOTES, done=True)
    world = World()
    for event in (TALKING, writing, report(CallEnded, T0 + 9, known(ended=T0 + 9))):
        world.handle(event)
    world.pass_until(T0 + 9_000)
    assert world.logs["c1"].wanted.draft == NOTES
    assert world.agent.phase is Phase.WRAPUP


def test_each_edit_during_wrap_up_extends_it() -> None:
    """Someone who is writing is not cut short; done is done."""
    word = WrapupSubmitted(T0 + 50_000, "c1", NOTES, done=False)
    wrote = after(IDLE, [WRAPPING, word])
    assert wrote.agent.next_due == T0 + 50_000 + POLICY.wrapup_ms
    held = DraftChanged(T0 + 50_000, NOTES, False, T0 + 110_000)
    assert wrote.log_events == (("c1", held),)
    done = after(wrote.agent, [replace(word, at=T0 + 51_000, done=True)])
    assert done.agent.calls == ()
    assert done.log_events[-1] == ("c1", WritingEnded(T0 + 51_000))


def test_done_before_the_talk_time_is_known_logs_at_once() -> None:
    """The agent need not wait for the call log; its answer corrects the Task later."""
    world = World()
    world.handle(report(Connected, T0, call="c1"))
    world.handle(report(CallEnded, T0 + 60_000))
    world.handle(WrapupSubmitted(T0 + 60_500, "c1", NOTES, done=True))
    assert (world.agent.calls, world.logs["c1"].draft) == ((), NOTES)
    assert world.logs["c1"].held_until == 0
    truth = Facts(connected=Known(T0, Source.CDR), ended=Known(T0 + 55_000, Source.CDR))
    world.answer(T0 + 61_000, "p1", truth)
    assert world.logs["c1"].wanted.talk_ms == 55_000


def test_a_submission_of_yesterday_reaches_its_log() -> None:
    """The card is long gone."""
    late = after(IDLE, [WrapupSubmitted(T0, "old", NOTES, done=False)])
    assert late.log_events == (("old", DraftChanged(T0, NOTES, done=True)),)
    assert late.agent == IDLE


def test_an_emergency_beside_a_talk_is_placed_and_the_talk_goes_on() -> None:
    """The agent's state is the foreground call's."""
    beside = after(IDLE, [TALKING, click(T0 + 1, "r9", "c9", "911")])
    assert [type(e) for e in beside.effects] == [PlaceCall]
    assert beside.agent.phase is Phase.BRIDGED
    picked = after(beside.agent, [report(DestinationDialed, T0 + 2, provider_id="p9")])
    assert [c.phase for c in picked.agent.calls] == [Phase.BRIDGED, Phase.DIALING_DESTINATION]


def test_a_caller_rings_while_the_end_of_a_call_is_looked_up() -> None:
    """Wrap-up is behind the ringing."""
    ending: list[Event] = [report(Connected, T0, call="c1"), report(CallEnded, T0 + 9)]
    caller = report(InboundRinging, T0 + 10, provider_id="p2", call="c2")
    both = after(IDLE, [*ending, caller])
    assert both.agent.phase is Phase.RINGING_INBOUND
    assert [type(c.stage) for c in both.agent.calls] == [AwaitingCdr, RingingInbound]
    row = report(CdrFound, T0 + 11, Facts(ended=Known(T0 + 9, Source.CDR)), call="c1")
    assert [type(c.stage) for c in after(both.agent, [row]).agent.calls] == [Wrapup, RingingInbound]


def test_a_202_with_an_id_matches_events_with_that_id() -> None:
    """Whatever number the event writes."""
    events: list[Event] = [click(), CallPlaced(T0 + 1, "c1", "p7")]
    strange = report(DestinationDialed, T0 + 2, known(number="0001"), provider_id="p7")
    assert after(IDLE, [*events, strange]).agent.calls[0].record == RECORD
