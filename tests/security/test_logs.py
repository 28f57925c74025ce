"""A whole day's work, and not one number, note, name's address or secret in its logs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from adapter import observability
from tests.fakes.page import FakePage
from tests.scenarios.conftest import SECRET, TOKEN, World, a_world

NUMBERS = ("+15551230142", "(555) 123-0143", "+44 20 7946 0144", "+49 30 901820145")
NOTE = "the customer's password is swordfish"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, down to debug, as production writes it."""
    lines = io.StringIO()
    observability.set_up("debug", "key", lines)
    # Else the loggers of this process would keep these lines for the tests that follow.
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()


async def work(world: World, page: FakePage, number: str) -> None:
    """One call from click to Task, with a note."""
    await page.until(lambda view: view["click_to_dial"])
    await page.dial(number)
    view = await page.until(lambda view: bool(view["wrapups"] or view["calls"]))
    call = (view["wrapups"] or view["calls"])[0]
    await page.until(lambda view: bool(view["wrapups"]))
    await page.send(type="wrapup", call_id=call["call_id"], notes=NOTE, done=True)
    await page.until(lambda view: view["state"] == "idle")


async def test_no_number_and_no_secret_is_in_the_logs(tmp_path: Path, log: io.StringIO) -> None:
    """Calls out and in, refusals, rubbish, sign-ins and outs: grep finds none of it."""
    async with a_world(tmp_path, log_level="debug") as world:
        page = await world.page()
        await world.scenario(pick_up_seconds=0.05, ring_seconds=0.05, talk_seconds=0.1)
        for number in NUMBERS:
            await work(world, page, number)
        await page.send(type="dial", request_id="x", number="+1 900 555 0146", clicked_at=1)
        await page.send(type=NOTE, number=NUMBERS[0])
        await page.until_heard("error")
        cookie = page.cookie.partition("=")[2]
        ticket = await page.ticket()
        await page.sign_out()
        await page.until_closed()
    text = log.getvalue()
    assert "call.placed" in text
    assert "session.ended" in text
    digits = re.sub(r"[^0-9\n]", "", text)
    for number in (*NUMBERS, "+1 900 555 0146"):
        assert number not in text
        assert re.sub(r"[^0-9]", "", number)[-9:] not in digits, number
    for secret in (NOTE, "swordfish", cookie, ticket, TOKEN, SECRET, "ada@example.com"):
        assert secret not in text, secret
