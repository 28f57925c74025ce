"""Replicas behind the proxies that are deployed: the main job, who leaves, who floods, reloads."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import async_playwright
from websockets.asyncio.client import ClientConnection, connect

from adapter.frontends import UNSIGNED_PER_MINUTE
from adapter.telephony.dialstack import signing
from qa.replicas.fleet import Fleet, a_fleet
from qa.replicas.proxies import QUIET_SECONDS, Proxy, Start, caddy, haproxy, is_there, nginx
from tests.browser.conftest import ARGUMENTS, HEADLESS
from tests.fakes.page import FakePage
from tests.scenarios.conftest import ACCOUNT, SECRET, free_port
from tests.storage.servers import Postgres

CONTACT = {"id": "003000000000001AAA", "name": "Ann Able", "object_type": "Contact"}
NAMES = ("ada", "grace", "linus", "radia", "alan", "ada")
FAST = {"pick_up_seconds": 0.1, "ring_seconds": 0.1, "talk_seconds": 0.5}


def debians(name: str, start: Start) -> Any:
    """A proxy that may not be there."""
    reason = f"{name} is not installed here: scripts/proxies does it, as root"
    left_out = pytest.mark.skipif(not is_there(name), reason=reason)
    return pytest.param((start, 2), id=name, marks=left_out)


RELOADABLE = [debians("nginx", nginx), debians("haproxy", haproxy)]
ALL = [pytest.param((caddy, 3), id="caddy"), *RELOADABLE]

pytestmark = pytest.mark.slow


@pytest.fixture
async def fleet(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: Postgres
) -> AsyncIterator[Fleet]:
    """Two or three replicas; every page and every webhook goes through the proxy."""
    start, count = request.param
    async with a_fleet(tmp_path, postgres.database(), count, front=start) as made:
        yield made


behind_each = pytest.mark.parametrize("fleet", ALL, indirect=True)


async def sockets(fleet: Fleet) -> list[int]:
    """How many pages each replica has; a replica that is gone has none."""
    found = []
    async with httpx.AsyncClient(trust_env=False) as http:
        for replica in fleet.replicas:
            try:
                text = (await http.get(f"{replica.url}/metrics")).text
            except httpx.TransportError:
                found.append(0)
                continue
            (line,) = (one for one in text.splitlines() if one.startswith("softphone_sockets "))
            found.append(int(float(line.split()[1])))
    return found


async def until_sockets(fleet: Fleet, total: int, elsewhere_than: int) -> None:
    """All these pages are connected, none of them to that replica."""
    async with asyncio.timeout(30):
        while True:
            found = await sockets(fleet)
            if sum(found) == total and found[elsewhere_than] == 0:
                return
            await asyncio.sleep(0.05)


async def call(fleet: Fleet, page: FakePage, number: str) -> None:
    """A whole call, to its Task."""
    before = len(fleet.scene.salesforce.tasks)
    await page.dial(number, CONTACT)
    view = await page.until(lambda v: v["state"] == "wrapup")
    call_id = view["wrapups"][0]["call_id"]
    await page.send(type="wrapup", call_id=call_id, done=True)
    await page.until(lambda v: v["click_to_dial"] and not v["wrapups"])
    await fleet.scene.until_tasks(before + 1)


async def sign_out_everywhere(fleet: Fleet, page: FakePage) -> int:
    """The status of the answer."""
    async with httpx.AsyncClient(base_url=page.url, trust_env=False) as http:
        headers = {"Origin": fleet.scene.url, "Cookie": page.cookie}
        answer = await http.post("/auth/sign-out", json={"everywhere": True}, headers=headers)
        return answer.status_code


@behind_each
async def test_calls_work_through_the_proxy_and_a_sign_out_reaches_every_replica(
    fleet: Fleet,
) -> None:
    """Sockets are spread; click, webhooks and views pass wherever they land."""
    await fleet.scene.scenario(outcome="answered", **FAST)
    pages = [await fleet.scene.page(name) for name in NAMES]
    found = await sockets(fleet)
    assert sum(found) == len(pages)
    assert min(found) >= 1
    for number, page in enumerate(pages[:3]):
        await call(fleet, page, f"(202) 555-010{number}")
    assert len((await fleet.scene.history())["posts"]) == 3
    first, last = pages[0], pages[-1]
    assert await sign_out_everywhere(fleet, first) == 204
    assert [await first.until_closed(), await last.until_closed()] == [4003, 4003]
    assert pages[1].close_codes == []


@behind_each
async def test_a_draining_replica_gets_nothing_and_its_pages_move(
    fleet: Fleet,
) -> None:
    """SIGTERM, then SIGKILL for another one: nobody is refused, and it is used again afterwards."""
    await fleet.scene.scenario(outcome="answered", **FAST)
    pages = [await fleet.scene.page(name) for name in NAMES[:5]]
    for page in pages:
        await page.stay()
    leaving, dying = fleet.replicas[0], fleet.replicas[1]
    assert await leaving.end(signal.SIGTERM) == 0
    await until_sockets(fleet, len(pages), elsewhere_than=0)
    await call(fleet, pages[0], "(202) 555-0100")
    await leaving.start()
    await dying.kill()
    await until_sockets(fleet, len(pages), elsewhere_than=1)
    assert (await sockets(fleet))[0] >= 1
    await call(fleet, pages[1], "(202) 555-0101")
    assert len((await fleet.scene.history())["posts"]) == 2


@behind_each
async def test_the_public_address_is_encrypted_and_hides_the_metrics(fleet: Fleet) -> None:
    """Page and socket over TLS by the proxy's certificate; /metrics is not there from outside."""
    assert isinstance(fleet.front, Proxy)
    trust, url = fleet.front.trust(), f"https://localhost:{fleet.front.tls_port}"
    async with httpx.AsyncClient(base_url=url, verify=trust, trust_env=False) as http:
        assert (await http.get("/softphone")).status_code == 200
        assert (await http.get("/readyz")).status_code == 200
        for spelled in ("/metrics", "/%6Detrics", "/metrics?", "//metrics", "/a/../metrics"):
            assert (await http.get(spelled)).status_code == 404
    async with connect(
        f"{url.replace('https', 'wss', 1)}/ws",
        ssl=trust,
        origin=fleet.scene.url,  # type: ignore[arg-type]
        subprotocols=["softphone.v1"],  # type: ignore[list-item]
        proxy=None,
    ) as socket:
        assert socket.subprotocol == "softphone.v1"
        await socket.send('{"type":"nothing we know"}')
        await socket.wait_closed()
    assert socket.close_code == 4002


@pytest.mark.browser
@pytest.mark.parametrize("proxy", ALL)
async def test_chromium_gets_its_page_and_its_socket_over_one_encrypted_port(
    proxy: tuple[Callable[..., Any], int], tmp_path: Path, postgres: Postgres
) -> None:
    """The page over HTTP/2, and beside it a socket, which a proxy must pass on as HTTP/1.1."""
    start, count = proxy
    tls_port = free_port()
    url = f"https://localhost:{tls_port}"
    front = partial(start, tls_port=tls_port)
    async with (
        a_fleet(tmp_path, postgres.database(), count, front=front, SOFTPHONE_PUBLIC_URL=url),
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=HEADLESS, args=ARGUMENTS)
        page = await browser.new_page(ignore_https_errors=True)
        answer = await page.goto(f"{url}/softphone")
        assert answer is not None
        assert answer.status == 200
        assert await page.evaluate(PROTOCOL) == "h2"
        assert await page.evaluate(SOCKET) == [4002, "softphone.v1"]
        await browser.close()


PROTOCOL = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
SOCKET = """() => new Promise((done) => {
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/ws', 'softphone.v1');
  socket.onopen = () => socket.send('{"type":"nothing we know"}');
  socket.onclose = (event) => done([event.code, socket.protocol]);
})"""


async def deliver(fleet: Fleet, address: str, secret: str, count: int) -> Counter[int]:
    """So many deliveries from that address of this machine; how many got which status.

    Each claims to be somebody else's, as whoever floods would.
    """
    port = fleet.front.port if isinstance(fleet.front, Proxy) else 0
    transport = httpx.AsyncHTTPTransport(local_address=address)
    statuses: Counter[int] = Counter()
    async with httpx.AsyncClient(transport=transport, trust_env=False) as http:
        for number in range(count):
            event = {"id": f"evt-{address}-{number}", "type": "call.end", "account_id": ACCOUNT}
            body = json.dumps({**event, "data": {"call_id": f"call_{number}"}}).encode()
            headers = {
                "Host": f"localhost:{port}",
                "X-Forwarded-For": f"203.0.{number // 250}.{number % 250}",
                signing.HEADER: signing.header([secret], int(time.time()), body),
            }
            url = f"http://127.0.0.1:{port}/webhooks/dialstack"
            statuses[(await http.post(url, content=body, headers=headers)).status_code] += 1
    return statuses


@behind_each
async def test_a_flooding_client_is_shed_and_the_provider_is_not(fleet: Fleet) -> None:
    """Unsigned ones from one address, a new X-Forwarded-For each; signed ones from another."""
    flood, signed = await asyncio.gather(
        deliver(fleet, "127.0.0.2", "whsec_guess", len(fleet.replicas) * UNSIGNED_PER_MINUTE + 200),
        deliver(fleet, "127.0.0.3", SECRET, 100),
    )
    assert set(flood) == {401, 429}
    assert flood[429] >= 100
    assert signed == {200: 100}


@pytest.mark.parametrize("fleet", RELOADABLE, indirect=True)
async def test_a_quiet_socket_survives_the_proxys_timeout_and_a_reload(fleet: Fleet) -> None:
    """Longer than a socket may be quiet, for the adapter pings it; then the file is read again."""
    assert isinstance(fleet.front, Proxy)
    await fleet.scene.scenario(outcome="answered", **FAST)
    page = await fleet.scene.page()
    async with connect(
        f"{page.url.replace('http', 'ws', 1)}/ws",
        origin=fleet.scene.url,  # type: ignore[arg-type]
        subprotocols=["softphone.v1"],  # type: ignore[list-item]
        ping_interval=None,
        proxy=None,
    ) as quiet:
        hello = {"type": "hello", "ticket": await page.ticket(), "page_id": "page-quiet-1"}
        more = {"time_zone": "UTC", "visible": True, "focused": False, "journal": []}
        await quiet.send(json.dumps({**hello, **more}))
        await until_a_view(quiet)
        await hears_only_pings(quiet, QUIET_SECONDS + 5)
        fleet.front.reload()
        # Whoever comes now is served by the new processes.
        await fleet.scene.page("grace")
        await call(fleet, page, "(202) 555-0100")
        await until_a_view(quiet)
    assert page.close_codes == []


async def hears_only_pings(socket: ClientConnection, seconds: float) -> None:
    """Nothing else arrives for so long, and the socket stays open."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                assert json.loads(await socket.recv())["type"] == "ping"


async def until_a_view(socket: ClientConnection) -> None:
    """The next view that comes."""
    async with asyncio.timeout(20):
        while json.loads(await socket.recv())["type"] != "view":
            pass
