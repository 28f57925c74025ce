"""A short storm in every run of the tests, and what it takes for a click to be explained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.replicas.storm import NO_DATABASE, UNEXPLAINED, Agent, Blows, Click, play, whys
from tests.fakes.page import FakePage
from tests.fakes.salesforce import FakeSalesforce
from tests.storage.servers import Postgres, running_postgres

ONE, TWO, THREE = "+12025550101", "+12025550102", "+12025550103"


@pytest.fixture
def lone_server() -> Iterator[Postgres]:
    """A server of the test's own, to be stopped and started."""
    with running_postgres() as server:
        yield server


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_replicas_and_the_database_die_and_nothing_is_lost_or_doubled(
    tmp_path: Path, lone_server: Postgres
) -> None:
    """Three kills and a power cut: one Task a call, one POST a dial, every click accounted for."""
    result = await play(4, 1, tmp_path, lone_server)
    assert result["ok"], result
    assert (result["replicas_killed"], result["databases_stopped"]) == (3, 1)
    assert result["lost"] == result["doubled"] == 0
    assert result["tasks"] == result["calls"] > 20
    assert result["max_posts_per_dial"] == 1


def an_agent(*clicks: Click, heard: list[dict[str, Any]], lost: int = 0) -> Agent:
    """An agent who has clicked, and whose page has heard these frames."""
    page = FakePage("http://nowhere", "ada", FakeSalesforce(), heard=heard)
    page.close_codes = [1006] * lost
    agent = Agent(page, 0)
    agent.clicks = list(clicks)
    return agent


def a_view(*calls: str, **answers: str) -> dict[str, Any]:
    """A view with calls of these numbers, and the codes by which requests were answered."""
    told = [{"request_id": request, "code": code} for request, code in answers.items()]
    return {"type": "view", "calls": [{"number": number} for number in calls], "answers": told}


def test_a_click_whose_socket_was_gone_is_explained() -> None:
    """Before it was sent, or after."""
    unsent, unheard = Click(ONE, heard=0, lost=0), Click(TWO, heard=0, lost=0, request_id="r2")
    placed = Click(THREE, heard=0, lost=1, request_id="r3")
    agent = an_agent(unsent, unheard, placed, heard=[], lost=1)
    assert whys(agent, {THREE}) == ["socket gone", "socket gone"]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"type": "error", "code": "not-stored"}, "told to try again"),
        (a_view(r1="busy"), "refused: busy"),
        (a_view(ONE, r1="placed"), "replica died between commit and POST"),
    ],
)
def test_a_click_with_an_answer_is_explained(frame: dict[str, Any], reason: str) -> None:
    """As long as the words came before the next click that was placed."""
    click = Click(ONE, heard=0, lost=0, request_id="r1")
    assert whys(an_agent(click, heard=[frame]), set()) == [reason]
    placed = Click(TWO, heard=0, lost=0, request_id="r2")
    assert whys(an_agent(click, placed, heard=[frame]), {TWO}) == [UNEXPLAINED]


def test_a_lost_click_is_not_explained() -> None:
    """Sent over a socket that held, and nothing was ever said of it: that would be a bug."""
    click = Click(ONE, heard=0, lost=0, request_id="r1")
    agent = an_agent(click, heard=[a_view(TWO, r2="placed")])
    assert whys(agent, {TWO}) == [UNEXPLAINED]


def test_only_an_absent_database_excuses_a_given_up_webhook() -> None:
    """One try may have met a replica that was killed; who refuses while all is well is at fault."""
    blows = Blows(replicas=1, outages=[(1_000, 9_000)])
    killed, away = {"at": 900, "error": "ServerDisconnectedError"}, {"at": 1_500, "status": 503}
    assert blows.why_given_up([killed, away, away]) == NO_DATABASE
    late: list[dict[str, Any]] = [
        {"at": 9_500, "status": 503},
        {"at": 9_900, "error": "TimeoutError"},
    ]
    assert blows.why_given_up([away, *late]) == "503 TimeoutError"
