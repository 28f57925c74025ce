"""From a click to a placement: placed at most once, and every refusal has its words."""

import pytest
from msgspec.structs import replace

from adapter.core.callcenter import CallCenterSettings
from adapter.core.decision import Decision
from adapter.core.dialing import may_dial
from adapter.core.effects import ControlCall, PlaceCall
from adapter.core.events import (
    CallEnded,
    CallPlaced,
    Connected,
    ControlAnswered,
    DestinationDialed,
    Event,
    NoticeDismissed,
    PhoneSilent,
    PlacingRejected,
    PlacingUnknown,
    TimePassed,
)
from adapter.core.facts import Direction
from adapter.core.model import Acceptance, Agent, AgentNoAnswer, Phase, Placing
from adapter.core.numbers.dialplan import DialPlan
from adapter.core.numbers.phone import DialRules
from adapter.core.policy import Policy
from tests.core.people import IDLE, LINE, NUMBER, POLICY, RECORD, T0, after, click, known, report

TALKING: tuple[Event, ...] = (report(Connected, T0, known(direction=Direction.INBOUND), call="in"),)
UNKNOWN = PlacingUnknown(T0 + 10_000, "c1", "timeout")


def codes(decision: Decision) -> list[str]:
    """What the agent was answered."""
    return [answer.code for answer in decision.agent.answers]


def test_a_click_places_one_call_with_its_record() -> None:
    """The first thing that must work."""
    placed = after(IDLE, [click()])
    assert placed.effects == (PlaceCall("c1", LINE, NUMBER),)
    assert placed.agent.phase is Phase.RINGING_USER_DEVICES
    assert placed.agent.calls[0].record == RECORD
    assert placed.agent.next_due == T0 + POLICY.outcome_ms
    assert codes(placed) == ["placed"]


def test_the_same_request_again_is_never_a_second_call() -> None:
    """Not while it rings, not after a refusal, not after the call."""
    histories: list[list[Event]] = [
        [click()],
        [click(), PlacingRejected(T0 + 1, "c1", "no")],
        [click(), UNKNOWN],
        [click(), report(CallEnded, T0 + 9), TimePassed(T0 + 5_009), TimePassed(T0 + 99_000)],
    ]
    for history in histories:
        again = after(IDLE, [*history, click(T0 + 9_000, "r1", "c2")])
        assert sum(isinstance(e, PlaceCall) for e in again.effects) == 1
        assert again.ignored == "repeated request"


def test_a_flood_of_other_answers_does_not_make_a_request_new() -> None:
    """An answer is kept for longer than its click is fresh; then the click is too old."""
    flood = [ControlAnswered(T0 + n, f"x{n}", "ok", "") for n in range(500)]
    refused: list[Event] = [click(), PlacingRejected(T0, "c1", "no"), *flood]
    soon = replace(click(T0, "r1", "c2"), at=T0 + 9_999)
    late = replace(soon, at=T0 + 60_052)
    other = ControlAnswered(T0 + 60_051, "z", "ok", "")
    assert after(IDLE, [*refused, soon]).ignored == "repeated request"
    assert codes(after(IDLE, [*refused, other, late]))[-1] == "too-old"
    idle_again = after(IDLE, [*refused, ControlAnswered(T0 + 99_000, "y", "ok", "")])
    assert [answer.request_id for answer in idle_again.agent.answers] == ["y"]


def test_a_request_whose_call_is_still_here_is_repeated_even_without_its_answer() -> None:
    """A long talk, and a page that sends its click once more."""
    forgotten = replace(after(IDLE, [click()]).agent, answers=())
    assert after(forgotten, [click(T0 + 1, "r1", "c2")]).ignored == "repeated request"
    assert after(forgotten, [click(T0 + 1, "r2", "c1")]).ignored == "repeated request"


@pytest.mark.parametrize(
    ("before", "number", "code"),
    [
        ((), "hello", "refused-not-a-number"),
        ((), "+12125550123 x7", "refused-has-extension"),
        (TALKING, NUMBER, "busy"),
        ((click(T0, "r0", "c0"),), NUMBER, "busy"),
        ((click(T0, "r0", "c0"),), "911", "use-your-phone"),
        (TALKING, "911", "placed"),
    ],
)
def test_a_forbidden_number_is_answered(before: tuple[Event, ...], number: str, code: str) -> None:
    """A reason the agent can read, and nothing is placed; but an emergency goes beside a talk."""
    told = after(after(IDLE, before).agent, [click(T0 + 1, number=number)])
    assert codes(told)[-1] == code
    assert bool(told.effects) is (code == "placed")


def test_an_old_click_is_not_dialed() -> None:
    """It lay in a queue: the agent has gone on since."""
    old = replace(click(), at=T0 + POLICY.click_ms + 1)
    assert codes(after(IDLE, [old])) == ["too-old"]
    assert codes(after(IDLE, [replace(old, at=T0 + POLICY.click_ms)])) == ["placed"]
    assert codes(after(IDLE, [replace(old, number="911")])) == ["use-your-phone"]


def test_an_agent_without_a_telephony_user_is_told_whom_to_ask() -> None:
    """But in an emergency, where the phone is."""
    nobody = replace(IDLE, line=None)
    assert codes(after(nobody, [click()])) == ["not-configured"]
    assert codes(after(nobody, [click(number="911")])) == ["use-your-phone"]
    assert not may_dial(nobody, POLICY)


def test_no_limit_delays_an_emergency_call() -> None:
    """Ten dials a minute, two hundred an hour; an emergency is not counted out."""
    busy = replace(IDLE, dials=tuple(range(T0 - 10, T0)))
    assert codes(after(busy, [click()])) == ["too-many"]
    assert codes(after(busy, [click(T0 + 60_000)])) == ["placed"]
    assert codes(after(busy, [click(number="911")])) == ["placed"]
    hour = replace(IDLE, dials=tuple(range(T0 - 3_000_200, T0 - 3_000_000)))
    assert codes(after(hour, [click()])) == ["too-many"]
    assert len(after(hour, [click(T0 + 600_000)]).agent.dials) == 1


def test_an_orgs_calls_per_minute_are_limited() -> None:
    """Whoever of it dials: the next one waits, except in an emergency; 0 is no limit."""
    policy = Policy(per_minute_org=50)
    assert codes(after(IDLE, [replace(click(), org_dials=49)], policy)) == ["placed"]
    refused = after(IDLE, [replace(click(), org_dials=50)], policy)
    assert (codes(refused), refused.effects) == (["too-many-org"], ())
    assert codes(after(IDLE, [replace(click(number="911"), org_dials=50)], policy)) == ["placed"]
    assert codes(after(IDLE, [replace(click(), org_dials=10_000)])) == ["placed"]


REPEAT = Policy(repeat_ms=30_000, wrapup_ms=0, dial_while_wrapup=True)


def called(number: str = NUMBER, **said_of_it: Direction) -> Agent:
    """An agent whose call with that number, begun at T0, has just ended."""
    dialed = [click(number=number)]
    over = known(ended=T0 + 5_000, connected=T0 + 2_000, **said_of_it)
    ended = report(CallEnded, T0 + 5_000, over, call="c1", known=True)
    return after(IDLE, [*dialed, ended], REPEAT).agent


def test_the_same_number_is_soon_called_again_only_after_confirmation() -> None:
    """Thirty seconds after the click; then, or for another number, nobody asks."""
    again = click(T0 + 29_999, "r2", "c2")
    asked = after(called(), [again], REPEAT)
    assert (codes(asked)[-1], asked.effects) == ("confirm-repeat", ())
    sure = after(asked.agent, [replace(again, request_id="r3", confirmed=True)], REPEAT)
    assert (codes(sure)[-1], len(sure.effects)) == ("placed", 1)
    assert codes(after(called(), [click(T0 + 30_000, "r2", "c2")], REPEAT))[-1] == "placed"
    other = click(T0 + 9_000, "r2", "c2", "+12125550199")
    assert codes(after(called(), [other], REPEAT))[-1] == "placed"
    assert codes(after(called(), [again], replace(REPEAT, repeat_ms=0)))[-1] == "placed"


def test_a_call_in_wrap_up_counts_as_placed() -> None:
    """Its card is still there, and nothing else tells of it."""
    wrapping = replace(REPEAT, wrapup_ms=60_000)
    over = report(CallEnded, T0 + 9, known(ended=T0 + 9, connected=T0 + 8), call="c1", known=True)
    agent = replace(after(IDLE, [click(), over], wrapping).agent, last_called=(0, 0))
    assert codes(after(agent, [click(T0 + 20, "r2", "c2")], wrapping))[-1] == "confirm-repeat"


def test_calling_back_is_not_a_repetition() -> None:
    """They called, the agent calls them: that is no slip of the hand."""
    agent = called(direction=Direction.INBOUND)
    assert codes(after(agent, [click(T0 + 9_000, "r2", "c2")], REPEAT))[-1] == "placed"


def test_a_refused_call_does_not_count() -> None:
    """The provider said no: another try needs no question."""
    refused = after(IDLE, [click(), PlacingRejected(T0 + 1, "c1", "no")], REPEAT).agent
    assert codes(after(refused, [click(T0 + 9, "r2", "c2")], REPEAT))[-1] == "placed"


def test_an_emergency_call_never_needs_confirmation() -> None:
    """Whoever calls for help twice in a minute means it."""
    agent = called("911")
    assert codes(after(agent, [click(T0 + 6_000, "r2", "c2", "911")], REPEAT))[-1] == "placed"


def test_an_emergency_call_that_the_provider_cannot_place_is_left_to_the_phone() -> None:
    """Said at once, so that no second is lost."""
    told = after(IDLE, [click(number="911")], Policy(emergency=False))
    assert (codes(told), told.effects) == (["use-your-phone"], ())


def test_the_setting_permits_dialing_during_wrap_up() -> None:
    """Off by default."""
    wrapping = after(IDLE, [report(CallEnded, T0, known(ended=T0, connected=T0))]).agent
    assert wrapping.phase is Phase.WRAPUP
    assert codes(after(wrapping, [click()])) == ["busy"]
    allowed = after(wrapping, [click()], Policy(dial_while_wrapup=True))
    assert codes(allowed) == ["placed"]
    assert allowed.agent.phase is Phase.RINGING_USER_DEVICES


def test_a_202_starts_the_ringing_and_keeps_its_id_if_any() -> None:
    """From now on only the ring deadline counts."""
    call = after(IDLE, [click(), CallPlaced(T0 + 300, "c1", "p1")]).agent.calls[0]
    assert call.stage == Placing(T0, T0 + POLICY.ring_ms, Acceptance.ACCEPTED)
    assert call.provider_call_id == "p1"


def test_a_202_overtaken_by_an_event_changes_nothing() -> None:
    """The first event bound the call already."""
    overtaken = after(
        IDLE, [click(), report(DestinationDialed, T0 + 1), CallPlaced(T0 + 2, "c1", "x")]
    )
    assert overtaken.agent.phase is Phase.DIALING_DESTINATION
    assert overtaken.agent.calls[0].provider_call_id == "p1"
    assert after(IDLE, [CallPlaced(T0, "gone")]).ignored == "no such call"


def test_a_rejection_makes_the_agent_idle_with_the_provider_s_words() -> None:
    """There is surely no call; a lapsed placement goes too."""
    rejected = PlacingRejected(T0 + 9, "c1", "User not found")
    refused = after(IDLE, [click(), rejected])
    assert refused.agent.calls == ()
    assert "User not found" in refused.agent.answers[0].text
    assert codes(refused) == ["provider-refused"]
    lapsed = replace(
        after(IDLE, [click()]).agent.calls[0], stage=AgentNoAnswer(T0 + 50_000, T0 + 600_000)
    )
    assert after(replace(IDLE, calls=(lapsed,)), [rejected]).agent.calls == ()
    assert after(IDLE, [rejected]).ignored == "not placing"


def test_an_unknown_outcome_marks_the_placement_and_is_reported_once() -> None:
    """Perhaps the phone rings: never placed again, and a dismissed notice stays away."""
    unsure = after(IDLE, [click(), UNKNOWN])
    assert unsure.agent.calls[0].stage == Placing(T0, T0 + POLICY.ring_ms, Acceptance.UNCONFIRMED)
    assert [n.code for n in unsure.agent.notices] == ["unknown-outcome"]
    read = NoticeDismissed(T0 + 1, "unconfirmed-c1")
    again = after(unsure.agent, [read, UNKNOWN])
    assert (again.agent.notices, again.effects, again.ignored) == ((), (), "known already")
    assert after(IDLE, [UNKNOWN]).ignored == "not placing"


def test_no_outcome_in_15_seconds_is_an_unknown_outcome() -> None:
    """A lost effect is noticed by its deadline."""
    silent = after(IDLE, [click(), TimePassed(T0 + POLICY.outcome_ms)]).agent
    assert silent == replace(
        after(IDLE, [click(), replace(UNKNOWN, at=T0 + POLICY.outcome_ms)]).agent
    )
    late = after(silent, [CallPlaced(T0 + 20_000, "c1")]).agent.calls[0].stage
    assert late == Placing(T0, T0 + POLICY.ring_ms, Acceptance.ACCEPTED)


def test_a_202_after_a_lookup_moves_no_deadline() -> None:
    """The questions have begun."""
    ring = TimePassed(T0 + POLICY.ring_ms)
    asked = after(IDLE, [click(), UNKNOWN, ring]).agent
    assert after(asked, [CallPlaced(T0 + 46_000, "c1")]).agent == asked


def test_may_dial_follows_the_phase() -> None:
    """Click-to-dial is off exactly from the accepted click to the end of wrap-up."""
    agents: list[tuple[Agent, bool]] = [
        (IDLE, True),
        (after(IDLE, [click()]).agent, False),
        (after(IDLE, TALKING).agent, False),
    ]
    assert [may_dial(agent, POLICY) for agent, _ in agents] == [on for _, on in agents]


OUTSIDE = CallCenterSettings(
    outside_prefix="9", long_distance_prefix="1", international_prefix="011"
)
PLANNED = Policy(dial=DialRules(plans=(DialPlan("US", "9", "1", "011"),)))


def test_the_prefixes_of_the_call_center_go_before_the_number() -> None:
    """The provider is told the prefixed text; its event finds the placement by either."""
    placed = after(replace(IDLE, call_center=OUTSIDE), [click()], PLANNED)
    (effect,) = placed.effects
    assert isinstance(effect, PlaceCall)
    assert effect.dial_string == "91" + NUMBER.removeprefix("+1")
    for number in (effect.dial_string, NUMBER):
        dialed = report(DestinationDialed, T0 + 1, known(number=number))
        (call,) = after(placed.agent, [dialed]).agent.calls
        assert (call.phase, call.number) == (Phase.DIALING_DESTINATION, NUMBER)


@pytest.mark.parametrize(
    "told",
    [
        CallCenterSettings(outside_prefix="19005551", long_distance_prefix="234"),
        CallCenterSettings(outside_prefix="*72"),
        CallCenterSettings(outside_prefix="9", long_distance_prefix="1"),
        CallCenterSettings(long_distance_prefix="1", international_prefix="011"),
        CallCenterSettings(outside_prefix="9", international_prefix="00"),
    ],
)
def test_prefixes_that_the_deployment_does_not_permit_are_not_dialed(
    told: CallCenterSettings,
) -> None:
    """A page tells them, and a page may be tampered with: a plan is picked whole, or not at all."""
    for policy in (POLICY, PLANNED):
        (effect,) = after(replace(IDLE, call_center=told), [click()], policy).effects
        assert isinstance(effect, PlaceCall)
        assert effect.dial_string == NUMBER


def test_a_ring_profile_must_be_the_deployments_or_the_agents() -> None:
    """Whatever else a page says never reaches the provider."""
    policy = Policy(ring_profiles=("mobile",))
    for said_profile, passed in (("mobile", "mobile"), ("x" * 200, ""), ("../users", "")):
        wish = replace(click(), ring_profile=said_profile)
        (effect,) = after(IDLE, [wish], policy).effects
        assert isinstance(effect, PlaceCall)
        assert effect.ring_profile == passed
        own = after(replace(IDLE, ring_profiles=("mobile",)), [wish]).effects[0]
        assert isinstance(own, PlaceCall)
        assert own.ring_profile == passed


def test_an_unknown_outcome_is_looked_up_by_the_calls_id_if_known() -> None:
    """Where we chose the call's id, nothing has to be searched for."""
    named = replace(UNKNOWN, provider_call_id="c1-at-the-provider")
    unsure = after(IDLE, [click(), named]).agent.calls[0]
    assert unsure.provider_call_id == "c1-at-the-provider"


def test_data_from_a_click_stays_with_its_call() -> None:
    """Parameters to the call, a number to be shown and a ring profile to the provider."""
    params = "sourceId=Q4,did=(202) 555-0100,ringProfile=mobile"
    clicked = replace(click(), params=params, time_zone="Asia/Calcutta")
    policy = Policy(ring_profiles=("mobile",), caller_ids=("+12025550100",))
    placed = after(IDLE, [clicked], policy)
    assert placed.effects == (PlaceCall("c1", LINE, NUMBER, "mobile", "+12025550100"),)
    call = placed.agent.calls[0]
    assert (call.details.params, call.time_zone) == (params, "Asia/Calcutta")
    for odd in ("did=1001", "did=Bob", "did=", "did=+12025550101"):
        (effect,) = after(IDLE, [replace(click(), params=odd)], policy).effects
        assert effect == PlaceCall("c1", LINE, NUMBER)
    # What the agent has chosen in the panel outweighs the click, and is no authority either.
    both = replace(policy, caller_ids=("+12025550100", "+12025550101"))
    (chosen,) = after(IDLE, [replace(clicked, caller_id="+12025550101")], both).effects
    assert chosen == PlaceCall("c1", LINE, NUMBER, "mobile", "+12025550101")
    (foreign,) = after(IDLE, [replace(clicked, caller_id="+12025550199")], both).effects
    assert foreign == PlaceCall("c1", LINE, NUMBER, "mobile")
    (bare,) = after(IDLE, [clicked]).effects
    assert bare == PlaceCall("c1", LINE, NUMBER)


def test_an_extension_is_sent_once_both_sides_are_connected() -> None:
    """As digits, once; then it is shown, and needed again."""
    policy = replace(POLICY, dial=DialRules(digits=True))
    events: list[Event] = [
        replace(click(), number=f"{NUMBER} x204"),
        report(DestinationDialed, T0 + 1),
    ]
    dialing = after(IDLE, events, policy)
    assert not any(isinstance(effect, ControlCall) for effect in dialing.effects)
    talking = after(dialing.agent, [report(Connected, T0 + 2, call="c1")], policy)
    assert talking.effects == (ControlCall("extension-c1", "c1", LINE, "p1", "digits", "204"),)
    assert talking.agent.calls[0].details.extension == "204"
    again = after(talking.agent, [report(Connected, T0 + 3, call="c1")], policy)
    assert again.effects == ()


def test_an_extension_that_was_not_sent_is_reported() -> None:
    """Nobody asked for it by hand; where all went well there is nothing to say."""
    policy = replace(POLICY, dial=DialRules(digits=True))
    talking = after(
        IDLE,
        [replace(click(), number=f"{NUMBER} x204"), report(Connected, T0 + 2, call="c1")],
        policy,
    ).agent
    done = after(talking, [ControlAnswered(T0 + 3, "extension-c1", "done", "")])
    assert (done.agent.notices, codes(done)) == ((), ["placed"])
    failed = after(talking, [ControlAnswered(T0 + 3, "extension-c1", "unsupported", "No.")])
    assert ["204" in notice.text for notice in failed.agent.notices] == [True]
    gone = after(IDLE, [ControlAnswered(T0 + 3, "extension-c1", "unsupported", "No.")])
    assert gone.agent == IDLE


@pytest.mark.parametrize("code", ["do-not-disturb", "phone-offline"])
def test_an_agent_learns_at_once_that_their_own_phone_stays_silent(code: str) -> None:
    """Not after 45 seconds of waiting; who picks up all the same is told no more."""
    told = after(IDLE, [click(), PhoneSilent(T0 + 300, "c1", code)])
    assert [notice.code for notice in told.agent.notices] == [code]
    assert told.agent.phase is Phase.RINGING_USER_DEVICES
    up = after(
        told.agent, [report(DestinationDialed, T0 + 4_000, known(direction=Direction.OUTBOUND))]
    )
    assert up.agent.notices == ()
    assert after(IDLE, [PhoneSilent(T0, "c1", code)]).ignored == "not placing"
    assert after(IDLE, [click(), PhoneSilent(T0, "c1", "moon")]).ignored == "not placing"
