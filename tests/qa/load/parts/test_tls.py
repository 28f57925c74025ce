"""Deliveries and pages go through the proxy of deploy/, and its own work is told apart."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from qa.load.parts.click import Clicks
from qa.load.parts.tls import floor, ours
from qa.load.provider import providing
from qa.load.rounds import contender
from qa.load.scene import BLOCK

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("generating")]


async def test_both_servers_are_reached_through_tls_alone(tmp_path: Path) -> None:
    """Deliveries, views and clicks, each at a program with a proxy of its own."""
    clicks = Clicks()
    async with AsyncExitStack() as stack:
        provider = await stack.enter_async_context(providing(clicks.posted))
        bare = await floor(tmp_path, stack, provider)
        adapter = await ours(tmp_path, stack, provider, BLOCK)
        for program in (bare, adapter):
            stack.callback(program.stop)
            one = await contender(program, BLOCK)
            one.count = 2 * BLOCK
            measured = await one.round()
            assert program.origin.startswith("https://")
            assert measured["events"] == 2 * BLOCK
            assert measured["front_us_per_event"] >= 0
            page = one.flood.pages["u0"]
            assert await clicks.milliseconds(program, [page]) > [0.0]
