"""The play of odd values, in short; the long one is `python -m qa.oddfields`."""

from __future__ import annotations

import json

import pytest

from qa import oddfields


@pytest.mark.parametrize("seed", [1, 2])
def test_an_odd_value_in_one_field_loses_no_call(seed: int) -> None:
    """Of webhooks, of CDRs, of lists of users, of pages' frames; none is logged twice either."""
    told = oddfields.run(2_000, seed)
    assert told["first"] == []
    assert told["ok"] is True


def test_a_lost_call_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The play is not blind: an adapter that hears no webhook is found out."""
    oddfields.run(50, 1)  # what is right is remembered, and must be right
    monkeypatch.setattr(oddfields, "_hear", lambda *_: None)
    assert oddfields.main(["--calls", "200"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["lost"] > 0
    assert "logs" in told["first"][0]


def test_a_frame_refused_because_of_one_value_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor to pages: one that mends nothing is found out."""
    monkeypatch.setattr("adapter.page.messages.without_odd_values", lambda *_: None)
    told = oddfields.run(300, 1)
    assert any("the frame is refused" in str(first) for first in told["first"])  # type: ignore[attr-defined]


@pytest.mark.interpreted
def test_a_wrongly_logged_call_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that believes every time that it is told is found out."""
    monkeypatch.setattr("adapter.telephony.dialstack.cdr.plausible", lambda times, at: times)
    told = oddfields.run(2_000, 1)
    assert any("logged wrong" in str(first) for first in told["first"])  # type: ignore[attr-defined]
