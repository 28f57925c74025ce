"""How the audio is, for as long as it is news."""

from __future__ import annotations

from adapter.runtime.callquality import FRESH_MS, CallQuality
from tests.runtime.conftest import ADA, BOB, HandClock


def test_a_pages_recent_report_is_kept_and_then_forgotten() -> None:
    """Of packets the share that was lost; nothing of who told nothing."""
    clock = HandClock()
    quality = CallQuality(clock)
    quality.tell(ADA, {"received": 490, "lost": 10, "jitter_ms": 3.6, "round_trip_ms": 48})
    assert quality.of(ADA) == {"lost": 0.02, "jitter_ms": 4, "round_trip_ms": 48}
    assert quality.of(BOB) is None
    quality.tell(BOB, {})
    assert quality.of(BOB) is None
    clock.at += FRESH_MS + 1
    assert quality.of(ADA) is None
