"""The provider's vital signs: the last five minutes, and nothing older."""

from __future__ import annotations

from adapter.telephony.health import MOST, WINDOW_MS, Health, Vitals

NOTHING = Vitals(0, 0, None, None, None, None, "")


class Clock:
    """Stands still until a test moves it."""

    at = 1_000_000

    def __call__(self) -> int:
        """Unix milliseconds."""
        return self.at


def test_a_provider_without_requests_has_no_health() -> None:
    """Neither good nor bad."""
    assert Health(Clock()).vitals() == NOTHING


def test_successes_and_failures_are_distinguished() -> None:
    """How many, how long, and what was last wrong when."""
    clock = Clock()
    health = Health(clock)
    for took in range(1, 101):
        clock.at += 1
        health.note(took, "no-answer" if took == 40 else "")
    assert health.vitals() == Vitals(100, 1, 51, 96, 1_000_100, 1_000_040, "no-answer")


def test_what_is_older_than_five_minutes_is_forgotten() -> None:
    """To the millisecond."""
    clock = Clock()
    health = Health(clock)
    health.note(10, "unreachable")
    clock.at += WINDOW_MS
    assert health.vitals().failed == 1
    clock.at += 1
    assert health.vitals() == NOTHING


def test_memory_is_limited() -> None:
    """However busy the provider is."""
    health = Health(Clock())
    for _ in range(MOST + 10):
        health.note(1)
    assert health.vitals().requests == MOST
