"""What every telephony provider must do, asked of each implementation over real HTTP.

An implementation joins with a `Case`: how to open it, and what its own world can be told
to do. The suite knows the port only.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from adapter.core.facts import Direction
from adapter.runtime.clock import SystemClock
from adapter.runtime.tasks import Tasks
from adapter.telephony.asterisk.cel import open_cel
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.driver import AsteriskDriver
from adapter.telephony.asterisk.rest import build_http as build_ari_http
from adapter.telephony.dialstack.driver import DialStackDriver, build_http
from adapter.telephony.port import (
    Action,
    Cdr,
    Driver,
    Rejected,
    Unknown,
    Unsupported,
    WebhookDriver,
)
from adapter.telephony.simulator.script import Outcome, Scenario
from qa.asterisk.bench import always, imitated
from qa.asterisk.handset import IGNORE
from qa.asterisk.standin import StandIn
from tests.fakes.states import MemorySink, MemoryStates
from tests.fakes.switch import THERE, USER, SwitchDriver, a_switch
from tests.telephony.running import BEGIN, Simulator, simulated

KNOWN, STRANGER = "user_ada", "user_nobody"
NUMBER = "+15551234567"


_OURS = itertools.count(1)


def ours() -> str:
    """A call id of ours, never used before."""
    return f"ours-{next(_OURS)}"


@dataclass
class Case:
    """A provider, and the hands that move the world behind it."""

    provider: Driver
    posts: Callable[[], Awaitable[int]]
    talk: Callable[[str], Awaitable[str]]
    """Let the call placed to this number be picked up and answered; its id at the provider."""
    hang_up: Callable[[str], Awaitable[None]]


async def _placed(simulator: Simulator, number: str) -> str:
    calls = (await simulator.history())["calls"]
    return str(next(call["id"] for call in calls if call["to_number"] == number))


@asynccontextmanager
async def dialstack() -> AsyncIterator[Case]:
    """The DialStack client in front of the simulator, whose people are moved by hand."""
    async with simulated(scenario=Scenario(outcome=Outcome.MANUAL)) as simulator:
        http = build_http(simulator.url, "sk_test_demo", "acct_demo")
        provider = DialStackDriver(http, sandbox=True)

        async def act(call_id: str, act: str) -> None:
            response = await simulator.post(f"/v1/test_helpers/calls/{call_id}/{act}")
            response.raise_for_status()

        async def talk(number: str) -> str:
            call_id = await _placed(simulator, number)
            await act(call_id, "pick_up")
            await act(call_id, "answer")
            return call_id

        async def posts() -> int:
            paths = [post["path"] for post in (await simulator.history())["posts"]]
            return paths.count("/v1/calls")

        async def hang_up(call_id: str) -> None:
            await act(call_id, "hang_up")

        yield Case(provider, posts, talk, hang_up)
        await provider.close()


@asynccontextmanager
async def switch() -> AsyncIterator[Case]:
    """A driver that steers legs by what a stream tells it."""
    ticks = itertools.count(BEGIN, 1_000)
    async with a_switch(lambda: next(ticks)) as world:
        states = MemoryStates()
        driver = SwitchDriver("acct_switch", world.port, states)
        tasks = Tasks()
        tasks.start("stream", driver.run(MemorySink(states)))
        await world.listened_to()

        async def posts() -> int:
            return world.placements

        async def talk(number: str) -> str:
            call_id = next(call for call, row in world.rows.items() if row["number"] == number)
            await world.pick_up(call_id, USER)
            await world.pick_up(call_id, THERE)
            return call_id

        async def hang_up(call_id: str) -> None:
            world.hang_up(call_id, THERE)
            await world.gone(call_id, USER)

        yield Case(driver, posts, talk, hang_up)
        await tasks.close()


@asynccontextmanager
async def asterisk() -> AsyncIterator[Case]:
    """The driver that steers an Asterisk, in front of its stand-in and phones moved by hand."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        bench = await stack.enter_async_context(imitated(folder))
        world = bench.world
        assert isinstance(world, StandIn)
        mine = {name: world.phone(name) for name in (KNOWN, "user_grace", "1002")}
        for phone in (*mine.values(), bench.trunk):
            phone.plan = always(IGNORE)
        account, states = bench.account(), MemoryStates()
        client = AriClient(build_ari_http(account), account)
        cel = open_cel(world.cel_url, utc=True)
        now = SystemClock().now
        driver = AsteriskDriver("acct_asterisk", client, account, states, now=now, cel=cel)
        tasks = Tasks()
        tasks.start("stream", driver.run(MemorySink(states)))
        while not driver.steering.connected:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)

        async def posts() -> int:
            return world.requests.count(("POST", "/channels/create"))

        async def talk(number: str) -> str:
            rings = [await phone.until_rings() for phone in mine.values() if phone.live]
            await rings[0].pick_up()
            theirs = await bench.trunk.until(lambda call: call.number == number)
            await theirs.pick_up()
            return theirs.target.removesuffix("-dst")

        async def hang_up(call_id: str) -> None:
            for call in (*bench.trunk.live, *(one for p in mine.values() for one in p.live)):
                if call.target.startswith(call_id):
                    await call.hang_up()
            ours = [f"{call_id}-d0", f"{call_id}-dst"]
            while any(one["id"] in ours for one in await bench.channels()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert world.cel_url  # it is written when it is asked for

        yield Case(driver, posts, talk, hang_up)
        await tasks.close()
        await driver.close()


IMPLEMENTATIONS: dict[str, Callable[[], AbstractAsyncContextManager[Case]]] = {
    "dialstack": dialstack,
    "switch": switch,
    "asterisk": asterisk,
}


@pytest.fixture(params=IMPLEMENTATIONS)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """Each implementation in turn."""
    async with IMPLEMENTATIONS[request.param]() as found:
        yield found


async def test_a_call_is_placed_with_one_request(case: Case) -> None:
    """Accepted is all that is known; the provider's number of the request is kept."""
    placed = await case.provider.place(ours(), KNOWN, NUMBER)
    assert placed.request_id
    assert await case.posts() == 1


async def test_an_unauthorized_request_is_refused(case: Case) -> None:
    """Surely no call, with the provider's reason, and not asked again."""
    with pytest.raises(Rejected) as caught:
        await case.provider.place(ours(), STRANGER, NUMBER)
    assert caught.value.text
    assert caught.value.request_id
    assert await case.posts() == 1


async def test_a_number_that_cannot_be_dialed_is_refused(case: Case) -> None:
    """The provider has the last word on numbers."""
    with pytest.raises(Rejected):
        await case.provider.place(ours(), KNOWN, "not a number")


async def test_a_server_error_leaves_the_outcome_unknown_and_is_not_repeated(case: Case) -> None:
    """There may be a call."""
    with pytest.raises(Unknown):
        await case.provider.place(ours(), KNOWN, "+15551239503")
    assert await case.posts() == 1


async def test_a_reset_leaves_the_outcome_unknown_and_is_not_repeated(case: Case) -> None:
    """A connection that breaks after the request says nothing."""
    with pytest.raises(Unknown):
        await case.provider.place(ours(), KNOWN, "+15551239555")
    assert await case.posts() == 1


async def test_too_many_requests_are_refused_with_a_wait(case: Case) -> None:
    """Surely no call, and when to come back."""
    with pytest.raises(Rejected) as caught:
        await case.provider.place(ours(), KNOWN, "+15551239429")
    assert caught.value.retry_after
    assert await case.posts() == 1


async def test_the_cdr_shows_a_live_call_and_its_end(case: Case) -> None:
    """Live first, closed at the end, with the moments in their order."""
    await case.provider.place(ours(), KNOWN, NUMBER)
    call_id = await case.talk(NUMBER)
    live = await case.provider.fetch_cdr(call_id)
    assert live is not None
    assert (live.update.facts.ended, live.update.user_id) == (None, KNOWN)
    await case.hang_up(call_id)
    over = await case.provider.fetch_cdr(call_id)
    assert over is not None
    facts = over.update.facts
    assert facts.direction is not None
    assert (facts.direction.value, over.dialed) == (Direction.OUTBOUND, NUMBER)
    told = [facts.started, facts.picked_up, facts.connected, facts.ended]
    times = [known.value for known in told if known is not None]
    assert len(times) == 4
    assert times == sorted(times)


async def test_an_unknown_call_has_no_cdr(case: Case) -> None:
    """None, not an error: that is an answer."""
    assert await case.provider.fetch_cdr("call_of_nobody") is None


async def test_a_users_cdrs_are_listed_newest_first(case: Case) -> None:
    """Only this user's calls, only since then, no more than asked for."""
    numbers = ["+15551230001", "+15551230002", "+15551230003"]
    for number in numbers:
        await case.provider.place(ours(), KNOWN, number)
        await case.hang_up(await case.talk(number))
    await case.provider.place(ours(), "user_grace", NUMBER)
    await case.talk(NUMBER)

    def dialed(cdrs: tuple[Cdr, ...]) -> list[str | None]:
        return [cdr.dialed for cdr in cdrs]

    found = await case.provider.list_cdrs(KNOWN, BEGIN, 10)
    assert dialed(found) == numbers[::-1]
    assert dialed(await case.provider.list_cdrs(KNOWN, BEGIN, 2)) == numbers[:0:-1]
    started = found[0].update.facts.started
    assert started is not None
    latest = started.value
    assert dialed(await case.provider.list_cdrs(KNOWN, latest, 10)) == numbers[2:]
    assert await case.provider.list_cdrs(KNOWN, latest + 60_000, 10) == ()


async def test_users_have_the_fields_that_agents_are_matched_by(case: Case) -> None:
    """Id and email; nobody twice."""
    users = {user.user_id: user for user in await case.provider.users()}
    if any(user.email for user in users.values()):
        assert users[KNOWN].email == "ada@example.com"
    else:
        assert isinstance(case.provider, AsteriskDriver), "the directory is a file there"
    assert len(users) == len(await case.provider.users())


async def test_a_promised_transfer_works(case: Case) -> None:
    """Of a call that is connected; of any other it is refused."""
    if not case.provider.capabilities.transfer:
        pytest.skip("no transfer")
    await case.provider.place(ours(), KNOWN, NUMBER)
    call_id = await case.talk(NUMBER)
    await case.provider.transfer(call_id, "1002")
    await case.hang_up(call_id)
    with pytest.raises(Rejected):
        await case.provider.transfer(call_id, "1002")


@pytest.mark.parametrize(
    ("action", "flag"),
    [
        (Action.HANG_UP, "hang_up"),
        (Action.HOLD, "hold"),
        (Action.MUTE, "mute"),
        (Action.DIGITS, "digits"),
        (Action.ANSWER, "answer"),
        (Action.CONSULT, "consult"),
        (Action.SWAP, "consult"),
        (Action.COMPLETE, "consult"),
        (Action.CANCEL, "consult"),
        (Action.MERGE, "conference"),
        (Action.RECORD, "record"),
        (Action.STOP_RECORDING, "record"),
    ],
)
async def test_a_capability_that_is_not_promised_is_unsupported(
    case: Case, action: Action, flag: str
) -> None:
    """The page hides by the flags; who asks all the same is told."""
    if getattr(case.provider.capabilities, flag):
        pytest.skip("it can do this")
    with pytest.raises(Unsupported):
        await case.provider.control("call_1", action, "1")


async def test_a_registered_webhook_has_a_secret(case: Case) -> None:
    """Told once, different each time."""
    if not isinstance(case.provider, WebhookDriver):
        pytest.skip("no webhooks")
    one = await case.provider.register_webhook("http://127.0.0.1:9/hook", ["call.end"])
    other = await case.provider.register_webhook("http://127.0.0.1:9/hook", ["call.end"])
    assert one.secret
    assert one.secret != other.secret
