"""Commands become requests, in the order that leaks nothing and rings nobody twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapter.telephony.asterisk import commands
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.executor import CommandExecutor
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.port import Rejected, Unknown
from qa.asterisk.bench import Bench, always, imitated
from qa.asterisk.handset import IGNORE
from qa.asterisk.standin import StandIn

NUMBER = "+15551230300"
CONNECT = commands.Connect("c1", "ada", "c1-d0", NUMBER)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A stand-in that somebody listens to, with ada's phone."""
    async with imitated(tmp_path) as made:
        assert isinstance(made.world, StandIn)
        made.world.exchange.served = lambda text: None
        made.world.phone("ada").plan = made.trunk.plan = always(IGNORE)
        yield made


@pytest.fixture
async def client(bench: Bench) -> AsyncIterator[AriClient]:
    """Its client; what does not answer is given up soon."""
    account = bench.account()
    made = AriClient(build_http(account, total_seconds=0.3), account)
    yield made
    await made.close()


def commands_sent(bench: Bench) -> list[str]:
    """What was asked of it, without questions."""
    assert isinstance(bench.world, StandIn)
    return [f"{method} {path}" for method, path in bench.world.requests if method != "GET"]


async def test_the_identity_is_set_before_anybody_is_called(
    bench: Bench, client: AriClient
) -> None:
    """Then the bridge, which says that somebody may have been called; then the destination."""
    executor = CommandExecutor(client, bench.account())
    await executor.ring("c1", "ada", NUMBER, shown="")
    await bench.world.phone("ada").calls[-1].pick_up()  # type: ignore[union-attr]
    before = len(commands_sent(bench))
    assert await executor.perform(CONNECT)
    order = list(dict.fromkeys(commands_sent(bench)[before:]))
    assert order == [
        "POST /channels/c1-d0/variable",
        "POST /bridges",
        "POST /bridges/c1-b/addChannel",
        "POST /channels/create",
        "POST /channels/c1-dst/dial",
    ]


async def test_failures_are_reported_and_missing_objects_ignored(
    bench: Bench, client: AriClient
) -> None:
    """Nothing is raised."""
    executor = CommandExecutor(client, bench.account(outside="PJSIP/{number}@nowhere"))
    await executor.ring("c1", "ada", NUMBER, shown="")
    for command in (
        CONNECT,
        commands.Answer("c1", "c1-d7", "9.9"),
        commands.Join("c1", "c1-dst", "c1-t0"),
        commands.RingAgent("9-1", "ada", "9.1"),
        commands.GoOn("9.1"),
        commands.Handover("c1-dst"),
    ):
        assert not await executor.perform(command)
    assert await executor.perform(commands.Release("c1-dst", 26))
    assert await executor.perform(commands.DropBridge("c1"))


async def test_without_a_connected_application_certainly_nothing_rings(
    bench: Bench, client: AriClient
) -> None:
    """The channel is made and gone."""
    assert isinstance(bench.world, StandIn)
    bench.world.exchange.served = None
    with pytest.raises(Rejected) as caught:
        await CommandExecutor(client, bench.account()).ring("c1", "ada", NUMBER, shown="")
    assert caught.value.code == "http-404"
    assert bench.world.phone("ada").calls == []


async def test_a_lost_answer_is_looked_up(bench: Bench, client: AriClient) -> None:
    """The channel is there: it is dialed; nobody makes it a second time."""
    assert isinstance(bench.world, StandIn)
    bench.world.unanswered.add("/channels/create")
    await CommandExecutor(client, bench.account()).ring("c1", "ada", NUMBER, shown="")
    assert commands_sent(bench).count("POST /channels/create") == 1
    assert len(bench.world.phone("ada").calls) == 1


async def test_an_unanswered_lookup_leaves_the_outcome_unknown(
    bench: Bench, client: AriClient
) -> None:
    """Perhaps it rings."""
    assert isinstance(bench.world, StandIn)
    bench.world.unanswered |= {"/channels/create", "/channels/c1-d0"}
    with pytest.raises(Unknown):
        await CommandExecutor(client, bench.account()).ring("c1", "ada", NUMBER, shown="")


async def test_one_phone_that_is_away_leaves_the_other_ringing(
    bench: Bench, client: AriClient
) -> None:
    """Of two refusals the one that says more is told."""
    executor = CommandExecutor(client, bench.account())
    await executor.ring("c1", "PJSIP/linus&PJSIP/ada", NUMBER, shown="")
    assert [channel["id"] for channel in await bench.channels()] == ["c1-d1"]
    with pytest.raises(Rejected) as caught:
        await executor.ring("c2", "PJSIP/linus&PJSIP/linus", NUMBER, shown="")
    assert caught.value.code == "no-phone"


@pytest.mark.parametrize(("originator", "why"), [("", "user"), ("9.1", "inbound")])
async def test_only_the_browser_phone_is_told_why_it_rings(
    bench: Bench, client: AriClient, originator: str, why: str
) -> None:
    """A desk phone would show such a header to nobody, and a trunk must never see one."""
    account = bench.account(browser_phone=True)
    made: dict[str, dict[str, str]] = {}

    async def create(endpoint: str, arguments: str, channel: str, **more: Any) -> None:
        made[endpoint] = more["variables"]

    client.create = create  # type: ignore[method-assign]
    with pytest.raises(Rejected):
        await CommandExecutor(client, account).ring(
            "c1", "ada", NUMBER, shown="", originator=originator
        )
    assert made["PJSIP/web-ada"]["PJSIP_HEADER(add,X-Softphone-Ring)"] == why
    assert not any("HEADER" in name for name in made["PJSIP/ada"])


async def test_a_leg_that_comes_back_is_shown_as_the_first_was_before_it_is_joined(
    bench: Bench, client: AriClient
) -> None:
    """The customer never sees what the phone in the browser is called."""
    executor = CommandExecutor(client, bench.account())
    assert not await executor.perform(commands.Swap("c1", "c1-w4"))
    asked_for = [one for one in commands_sent(bench) if "c1-w4" in one or "bridges" in one]
    assert asked_for[0] == "POST /channels/c1-w4/variable"


async def test_a_leg_that_replaces_a_muted_one_is_muted_before_anybody_hears_it(
    bench: Bench, client: AriClient
) -> None:
    """Asterisk refuses to mute a channel that is not answered yet."""
    executor = CommandExecutor(client, bench.account())
    await executor.ring("c1", "ada", NUMBER, shown="")
    with pytest.raises(Rejected, match="412"):
        await client.tell("c1-d0", "mute", direction="in")
    await bench.world.phone("ada").calls[-1].pick_up()  # type: ignore[union-attr]
    await client.make_bridge("c1-b")

    async def variable(channel: str, name: str) -> str:
        return "1" if name == "SOFTPHONE_MUTED" else ""

    client.variable = variable  # type: ignore[method-assign]
    before = len(commands_sent(bench))
    assert await executor.perform(commands.Swap("c1", "c1-d0"))
    sent = commands_sent(bench)[before:]
    joined = sent.index("POST /bridges/c1-b/addChannel")
    assert "POST /channels/c1-d0/mute" in sent[:joined]


async def test_a_command_that_raises_counts_as_failed(bench: Bench, client: AriClient) -> None:
    """No other call hears of it."""
    executor = CommandExecutor(client, bench.account())

    async def odd(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    executor._connect = odd  # type: ignore[method-assign]
    assert not await executor.perform(CONNECT)
