"""The driver's own part; what it does with calls is in tests/contracts/test_asterisk.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapter.core.facts import Facts
from adapter.telephony.asterisk.callupdates import NOBODY
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.port import Action, Rejected, StreamDriver, Unknown, Unsupported
from adapter.telephony.updates import CallUpdate, Moment
from qa.asterisk.bench import Bench, always, imitated
from qa.asterisk.handset import IGNORE
from qa.asterisk.standin import StandIn
from tests.fakes.states import MemoryStates


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A stand-in with ada's phone, which nobody steers."""
    async with imitated(tmp_path) as made:
        assert isinstance(made.world, StandIn)
        made.world.phone("ada").plan = always(IGNORE)
        yield made


@pytest.fixture
async def driver(bench: Bench) -> AsyncIterator[AsteriskDriver]:
    """A driver that does not run."""
    account = bench.account()
    client = AriClient(build_http(account, total_seconds=0.3), account)
    made = AsteriskDriver("acct", client, account, MemoryStates(), now=lambda: 1)
    yield made
    await made.close()


async def test_the_driver_implements_the_stream_port(driver: AsteriskDriver) -> None:
    """Without a log of events it says that it has none."""
    assert isinstance(driver, StreamDriver)
    assert not driver.capabilities.call_log
    assert not driver.capabilities.emergency
    with pytest.raises(Unsupported):
        await driver.list_cdrs("ada", 0, 5)


async def test_nothing_is_placed_while_nobody_steers(driver: AsteriskDriver) -> None:
    """Surely no call, in words for the agent."""
    with pytest.raises(Rejected) as caught:
        await driver.place("call_01h", "ada", "+1555123")
    assert caught.value.code == "not-served"


async def test_a_placement_without_an_answer_has_the_id_it_would_have(
    bench: Bench, driver: AsteriskDriver
) -> None:
    """So that it can be asked about."""
    assert isinstance(bench.world, StandIn)
    bench.world.unanswered |= {"/channels/create", "/channels/01h-d0"}
    with pytest.raises(Unknown) as caught:
        await driver.place("call_01h", "ada", "+1555123")
    assert caught.value.provider_call_id == "01h"


async def test_a_stored_update_is_read_again(driver: AsteriskDriver) -> None:
    """The same one has the same id; what was another's part waits for nobody."""
    update = CallUpdate(Moment.CONNECTED, "01h", "ada", Facts())
    delivery = driver._delivery_of(update)
    assert driver.read(delivery.body, 0) == update
    assert driver.read(b"{", 0) is None
    assert delivery == driver._delivery_of(update)
    assert delivery.parkable
    assert not driver._delivery_of(CallUpdate(Moment.CONNECTED, "01h", NOBODY, Facts())).parkable


async def test_its_users_are_its_endpoints(bench: Bench, driver: AsteriskDriver) -> None:
    """Without e-mail addresses, which it does not know."""
    users = await driver.users()
    assert {user.user_id for user in users} >= {"ada", "trunk"}
    assert {user.email for user in users} == {None}


async def test_a_call_of_the_exchange_can_only_be_hung_up(
    bench: Bench, driver: AsteriskDriver
) -> None:
    """And is known as long as its channel lives."""
    assert isinstance(bench.world, StandIn)
    bench.trunk.plan = always(IGNORE)
    await bench.world.phone("ada").dial("+1555123")
    (mine, _) = await bench.channels()
    call = str(mine["id"]).replace(".", "-")
    found = await driver.fetch_cdr(call)
    assert found is not None
    assert found.update.facts == Facts()
    with pytest.raises(Rejected):
        await driver.control(call, Action.HOLD)
    await driver.control(call, Action.HANG_UP)
    assert await bench.channels() == []
    assert await driver.fetch_cdr(call) is None
