"""What a log wants its Task to say, and when somebody must look at it again."""

from msgspec.structs import replace

from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.logs.model import Settled
from tests.core.gate import new_log
from tests.core.people import NUMBER, T0


def test_the_wanted_fields_follow_from_the_facts() -> None:
    """Start, name, direction, talk: each as far as anybody told."""
    log = new_log()
    assert (log.wanted.started_at, log.wanted.name) == (T0, "")
    assert (log.wanted.direction, log.wanted.outcome) == (Direction.OUTBOUND, Outcome.NO_ANSWER)
    told = Facts(
        direction=Known(Direction.INBOUND, Source.EVENT),
        number=Known("+49", Source.EVENT),
        name=Known("Ada", Source.EVENT),
        started=Known(T0 - 9, Source.EVENT),
    )
    known = replace(log, facts=log.facts.join(told))
    assert (known.wanted.started_at, known.wanted.name) == (T0 - 9, "Ada")
    assert known.wanted.direction is Direction.INBOUND
    assert known.wanted.number == NUMBER
    assert replace(known, number="").wanted.number == "+49"
    assert replace(log, number="").wanted.number == ""


def test_a_settled_log_has_no_deadline_and_an_open_one_has() -> None:
    """The invariant of the design, for logs."""
    log = new_log()
    assert log.next_due is not None
    settled = log.at_state(Settled(T0))
    assert (settled.next_due, settled.is_settled, log.is_settled) == (None, True, False)
    assert log.attempt is None
