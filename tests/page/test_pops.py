"""What is claimed while a call rings: a pop by a page, or a record by us."""

from __future__ import annotations

from adapter.core.events import InboundRinging, PageGreeted, PopClaimed, RecordClaimed
from adapter.core.facts import Direction
from adapter.core.model import Agent
from adapter.core.route import Route
from adapter.page.page import Page
from tests.core.people import IDLE, KEY, LINE, T0, after, known, report
from tests.runtime.conftest import Bench

RINGS = report(InboundRinging, T0, known(direction=Direction.INBOUND, number="+12125550199"))
VOICE = PageGreeted(T0, LINE, "Ann", "UTC", "voice", Route.BACKEND)


def ringing(*before: PageGreeted) -> Agent:
    """An agent whose phone rings."""
    return after(IDLE, [*before, RINGS]).agent


def a_page(page_id: str, route: Route = Route.PAGE) -> Page:
    """A page of the agent that hears nothing."""
    return Page(page_id, KEY, send=lambda _text: None, close=lambda _code, _why: None, route=route)


async def test_the_best_page_that_pops_claims_the_pop(bench: Bench) -> None:
    """A connector of Salesforce Voice pops nothing: Salesforce does."""
    pops = bench.pages.pops
    assert pops.claims(ringing()) == ()
    bench.pages.add(a_page("connector", route=Route.BACKEND))
    assert pops.claims(ringing()) == ()
    bench.pages.add(a_page("panel"))
    now = bench.clock.now()
    assert pops.claims(ringing()) == (PopClaimed(now, "fresh", "panel"),)
    assert pops.claims(IDLE) == ()


async def test_a_backend_record_is_claimed_with_or_without_a_page(
    bench: Bench,
) -> None:
    """The call rings at a desk, whatever is open in Salesforce."""
    claims = bench.pages.pops.claims(ringing(VOICE))
    assert claims == (RecordClaimed(bench.clock.now(), "fresh"),)
