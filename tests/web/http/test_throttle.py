"""How often one address may try."""

from __future__ import annotations

from adapter.web.http.throttle import Throttle
from tests.web.conftest import SetClock


class Stopped(SetClock):
    """A clock that moves only when told to."""

    def now(self) -> int:
        """Unix milliseconds."""
        return 1_760_000_000_000 + self.later


def test_an_addresss_attempts_per_minute_are_limited() -> None:
    """Three at once, then one each twenty seconds; others are not hurt."""
    clock = Stopped()
    throttle = Throttle(3, clock)
    assert [throttle.allows("a") for _ in range(4)] == [True, True, True, False]
    assert throttle.allows("b")
    clock.later += 20_000
    assert [throttle.allows("a") for _ in range(2)] == [True, False]
    clock.later += 3_600_000
    assert [throttle.allows("a") for _ in range(4)] == [True, True, True, False]


def test_checking_a_limit_does_not_use_it_up() -> None:
    """Whether it would be refused, and no try less."""
    clock = Stopped()
    throttle = Throttle(1, clock)
    assert [throttle.is_out("a") for _ in range(3)] == [False] * 3
    assert throttle.allows("a")
    assert throttle.is_out("a")
    clock.later += 60_000
    assert not throttle.is_out("a")


def test_a_clock_that_steps_back_changes_no_limit() -> None:
    """The bucket stays as it is."""
    clock = Stopped()
    throttle = Throttle(1, clock)
    assert throttle.allows("a")
    clock.later -= 600_000
    assert not throttle.allows("a")


def test_the_remembered_addresses_are_limited() -> None:
    """A flood from everywhere costs a bounded memory; the quietest is forgotten first."""
    throttle = Throttle(1, Stopped(), addresses=2)
    assert [throttle.allows(name) for name in "abab"] == [True, True, False, False]
    assert throttle.allows("c")
    assert throttle.allows("a")
    assert not throttle.allows("c")
