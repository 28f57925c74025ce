"""A decision's parts, one after the other; answers and notices by their ids."""

from adapter.core.decision import Decision, answered, ignored, noticed, unnoticed
from adapter.core.effects import PlaceCall
from adapter.core.logs.events import WritingEnded
from adapter.core.model import Answer, Notice
from adapter.core.policy import Policy
from tests.core.gate import new_log
from tests.core.people import IDLE, LINE, T0


def test_a_decision_and_a_later_one_can_be_merged() -> None:
    """Effects and logs add up; the agent and the reason are the later one's."""
    effect = PlaceCall("c1", LINE, "1001")
    one = Decision(IDLE, (new_log(),), (("a", WritingEnded(1)),), (effect,), "x")
    both = one.then(one).then(ignored(IDLE, "why"))
    assert (len(both.opened), len(both.log_events), both.effects) == (2, 2, (effect, effect))
    assert (both.agent, both.ignored) == (IDLE, "why")


def test_an_answer_replaces_an_earlier_one_and_old_answers_expire() -> None:
    """All that are fresh are kept."""
    policy = Policy(answer_ms=10)
    agent = IDLE
    for n, at in enumerate([0, 20, 21, 30]):
        agent = answered(agent, Answer(f"r{n}", "ok", "", T0 + at), policy)
    assert [a.request_id for a in agent.answers] == ["r1", "r2", "r3"]
    again = answered(agent, Answer("r1", "busy", "", T0 + 31), policy)
    assert [(a.request_id, a.code) for a in again.answers][-1] == ("r1", "busy")
    assert len(again.answers) == 3


def test_only_the_latest_answers_that_called_nobody_stay() -> None:
    """Who asks for thousands of things a minute makes no value large; what called is known on."""
    policy, agent = Policy(answers_kept=3), IDLE
    for n, called in enumerate([True, False, False, True, False, False, False]):
        agent = answered(agent, Answer(f"r{n}", "x", "", T0 + n, called), policy)
    assert [a.request_id for a in agent.answers] == ["r0", "r2", "r3", "r4", "r5", "r6"]
    agent = answered(agent, Answer("r0", "provider-refused", "", T0 + 9), policy)
    assert (agent.answers[-1].request_id, agent.answers[-1].called) == ("r0", True)


def test_a_notice_is_shown_once_and_withdrawn_by_its_id() -> None:
    """However often it happens."""
    policy = Policy(notices_kept=2)
    agent = IDLE
    for notice_id in ("a", "b", "a", "c"):
        agent = noticed(agent, Notice(notice_id, "x", "x", T0), policy)
    assert [n.id for n in agent.notices] == ["a", "c"]
    assert [n.id for n in unnoticed(agent, "a", "z").notices] == ["c"]
