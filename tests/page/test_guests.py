"""A page of the surface that its agent does not work in."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.logs.model import Tray, TrayReason
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.core.view import view
from adapter.page.guests import guest_view, is_guest, sentence, surface_of
from adapter.page.messages import Hello
from tests.core.gate import new_log
from tests.core.people import IDLE, T0, after, click

VOICE = replace(IDLE, surface="voice", route=Route.BACKEND)
TRAY = Tray(TrayReason.REFUSED, T0)


@pytest.mark.parametrize(
    ("said", "name", "route"),
    [
        ("lightning", "open-cti", Route.PAGE),
        ("classic", "open-cti", Route.PAGE),
        ("lwc", "lwc", Route.KEYED),
        ("voice", "voice", Route.BACKEND),
    ],
)
def test_a_hello_says_which_surface_the_page_is_in(said: str, name: str, route: Route) -> None:
    """Both experiences of Open CTI are one surface."""
    hello = Hello.model_validate({"type": "hello", "ticket": "t", "page_id": "p", "surface": said})
    assert (surface_of(hello).name, surface_of(hello).route) == (name, route)


def test_only_a_page_of_another_surface_is_a_guest() -> None:
    """Where nobody knows yet, nobody is sent away."""
    assert is_guest("open-cti", VOICE)
    assert not is_guest("voice", VOICE)
    assert not is_guest("open-cti", IDLE)
    assert not is_guest("", VOICE)


def test_a_guest_is_shown_no_call_and_told_where_to_call_from() -> None:
    """It may neither dial nor see; but its tray is the only one that shows its old logs."""
    agent = replace(after(IDLE, [click()]).agent, surface="voice", route=Route.BACKEND)
    by_page = replace(new_log(), state=TRAY)
    by_us = replace(new_log(), log_id="c2", state=TRAY, route=Route.BACKEND)
    shown = guest_view(agent, (by_page, by_us), Policy(), {})
    assert (shown["calls"], shown["click_to_dial"], shown["state"]) == ([], False, "idle")
    assert [row["log_id"] for row in shown["tray"]] == ["c1"]
    assert shown["notices"][0]["code"] == "other-surface"
    assert "Omni-Channel" in shown["notices"][0]["text"]
    assert len(view(agent, (), Policy(), {})["calls"]) == 1


def test_each_surface_has_its_message_and_so_has_an_unknown_one() -> None:
    """A row may name a surface that this version does not know."""
    texts = {sentence(replace(IDLE, surface=name)) for name in ("voice", "open-cti", "lwc", "fax")}
    assert len(texts) == 4
