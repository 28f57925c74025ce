"""One agent at work with browsers, tabs, calls, wrap-ups and a tray."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from random import Random
from typing import Any

import aiohttp

from qa.chaos.ledger import Ledger, now_ms
from qa.chaos.org import Org
from qa.chaos.paperwork import Paperwork
from qa.chaos.plan import CallPlan, Company, Kind
from qa.chaos.tab import Browser, Tab
from qa.chaos.voiceorg import VoiceOrg
from qa.checker.history import Step

PATIENCE = 60.0
TAB_SECONDS = 10.0
"""How many seconds an agent waits for a working page."""

"""How many seconds an agent waits for a call to end before starting the next one."""


@dataclass
class Shop:
    """What all agents of a run share: adapter, provider, org, ledger."""

    url: str
    provider_url: str
    http: aiohttp.ClientSession
    provider_headers: dict[str, str]
    org: Org
    ledger: Ledger
    plans: dict[str, CallPlan]
    names: list[str]
    api: VoiceOrg | None = None
    played: set[str] = field(default_factory=set)

    async def tell_provider(self, path: str, body: dict[str, Any]) -> None:
        """POST to the simulator's helper API. Raises aiohttp.ClientError."""
        async with self.http.post(
            self.provider_url + path, json=body, headers=self.provider_headers
        ) as answer:
            answer.raise_for_status()


class Seat:
    """One agent."""

    def __init__(self, name: str, shop: Shop, rng: Random) -> None:
        self.name = name
        self.shop = shop
        self.rng = rng
        self.url, self.org, self.ledger = shop.url, shop.org, shop.ledger
        self.tabs: list[Tab] = []
        self.view: dict[str, Any] = {}
        self.steps: dict[int, Step] = {}
        self.key = ""
        self.epochs: set[str] = set()
        self.went_back: list[str] = []
        self.closing = False
        self._lapsed: set[str] = set()
        self._changed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._opened = 0
        self._paperwork = Paperwork(self)

    @property
    def surface(self) -> str:
        """The surface of its pages."""
        return self.shop.org.surface if self.shop.api is None else "voice"

    @property
    def is_quiet(self) -> bool:
        """Whether the agent sees no activity and has nothing left to write."""
        here = any(tab.is_connected and tab.version >= 0 for tab in self.tabs)
        return here and self._paperwork.is_done and _is_idle(self.view) and not self.view["wrapups"]

    # --- browsers and tabs -----------------------------------------------------------------------

    def sit_down(self) -> None:
        """Open one to three tabs; half of the time, open a second browser too."""
        first = Browser("first")
        for _ in range(self.rng.choices((1, 2, 3), (6, 3, 1))[0]):
            self.open_tab(first)
        if self.rng.random() < 0.4:
            self.open_tab(Browser("second"))

    def open_tab(self, browser: Browser) -> Tab:
        """Load the page in a new tab."""
        self._opened += 1
        page_id = f"{self.name}-{self._opened}"
        tab = Tab(self, browser, page_id, Random(f"{page_id}:{self.rng.random()}"))
        self.tabs.append(tab)
        self.start(tab.run())
        return tab

    def replace(self, tab: Tab) -> None:
        """Open another tab after a crash, sooner or later, mostly in the same browser."""
        self.tabs.remove(tab)
        self.start(self._reopen(tab.browser))

    async def _reopen(self, browser: Browser) -> None:
        await asyncio.sleep(self.rng.uniform(0.2, 3.0))
        if not self.closing:
            self.open_tab(browser if self.rng.random() < 0.6 else Browser("new"))

    async def reload(self, tab: Tab) -> None:
        """Reload a tab: it gets another page id and keeps the journal."""
        if tab in self.tabs:
            self.tabs.remove(tab)
            self.open_tab(tab.browser)
        await tab.close()

    async def leave(self, seconds: float) -> None:
        """Close all pages for some time; the desk phone may still ring."""
        closed = list(self.tabs)
        self.tabs.clear()
        for tab in closed:
            await tab.close()
        await asyncio.sleep(seconds)
        if not self.closing:
            for tab in closed:
                self.open_tab(tab.browser)

    async def ticket(self, browser: Browser) -> str:
        """Get a ticket for the socket, and sign in first if needed."""
        headers = {"Origin": self.url, "Cookie": browser.cookie}
        if browser.cookie:
            async with self.shop.http.post(f"{self.url}/api/ws-ticket", headers=headers) as answer:
                if answer.status == 200:
                    ticket: str = (await answer.json())["ticket"]
                    return ticket
                if answer.status != 401:
                    answer.raise_for_status()
        async with self.shop.http.post(
            f"{self.url}/auth/dev", json={"name": self.name}, headers={"Origin": self.url}
        ) as answer:
            answer.raise_for_status()
            browser.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return await self.ticket(browser)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a task in the background; its failure is a bug in this program."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            asyncio.get_running_loop().call_exception_handler(
                {"message": f"agent {self.name}", "exception": error}
            )

    async def go_home(self) -> None:
        """Close everything."""
        self.closing = True
        for tab in list(self.tabs):
            await tab.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what the agent sees ---------------------------------------------------------------------

    def saw(self, tab: Tab, view: dict[str, Any]) -> None:
        """Take a page's view."""
        version = view["version"]
        self.epochs.add(view["epoch"])
        if version < tab.version:
            self.went_back.append(f"{tab.page_id}: {tab.version} was followed by {version}")
        tab.version = version
        self.stir()  # a tab that has just connected is usable, even if its view is old
        if version <= self.view.get("version", -1):
            return
        self.view = view
        self.key = f"{view['agent']['org_id']}/{view['agent']['user_id']}"
        self.steps[version] = self._step(version, view)
        self._paperwork.mind(view)
        self.stir()

    def _step(self, version: int, view: dict[str, Any]) -> Step:
        calls = {card["call_id"]: card["state"] for card in view["calls"]}
        calls |= {card["call_id"]: "wrapup" for card in view["wrapups"]}
        # A placement that is no longer shown has lapsed; a late pick-up may bring it back.
        last = self.steps[max(self.steps)].calls if self.steps else {}
        hidden = {c for c, p in last.items() if p == "ringing-user-devices" and c not in calls}
        self._lapsed = (self._lapsed | hidden) - calls.keys()
        return Step(version, view["state"], calls | dict.fromkeys(self._lapsed, "idle"))

    def stir(self) -> None:
        """Wake up the tasks that wait for a view."""
        self._changed.set()

    async def until(self, fits: Callable[[dict[str, Any]], bool], seconds: float) -> bool:
        """Whether a view meets the condition now or within the time."""
        try:
            async with asyncio.timeout(seconds):
                while not fits(self.view):
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def say(self, *, at: Tab | None = None, **message: Any) -> Tab | None:
        """Send a frame in a working tab, preferably `at`; waits for one and returns it."""
        try:
            async with asyncio.timeout(TAB_SECONDS):
                while True:
                    self._changed.clear()
                    usable = [tab for tab in self.tabs if tab.is_connected and tab.version >= 0]
                    for tab in sorted(usable, key=lambda tab: (tab is not at, self.rng.random())):
                        if await tab.send(**message):
                            return tab
                    await self._changed.wait()
        except TimeoutError:
            return None

    # --- calls -----------------------------------------------------------------------------------

    async def work(self, plans: list[CallPlan], done: Callable[[], None]) -> None:
        """Play one call after the other."""
        for plan in plans:
            if not await self.until(_is_idle, PATIENCE):
                self.ledger.count("impatient")
            await asyncio.sleep(self.rng.uniform(0.0, 0.5))
            await self._play(plan)
            done()
        await self.until(_is_idle, PATIENCE)

    async def _play(self, plan: CallPlan) -> None:
        self.shop.played.add(plan.number)
        for fault in plan.faults:
            self.ledger.fault(fault, plan.number)
        if plan.kind is Kind.DIAL:
            await self._dial(plan)
            return
        await self.shop.tell_provider("/v1/test_helpers/calls", self._sandbox(plan))
        wait = plan.scenario["ring_seconds"] + plan.scenario["talk_seconds"]
        # Sometimes the next call begins during this one.
        await asyncio.sleep(wait * self.rng.choice((0.2, 1.0, 1.2)))

    def _sandbox(self, plan: CallPlan) -> dict[str, Any]:
        inbound = plan.kind is Kind.INBOUND
        return {
            "user": f"user_{self.name}",
            "direction": "inbound" if inbound else "outbound",
            "from_number" if inbound else "to_number": plan.number,
            **plan.caller,
            **self._in_company(plan),
            "chaos": plan.knobs,
        }

    def _in_company(self, plan: CallPlan) -> dict[str, Any]:
        """The users whose phones ring, and the scenario with the user who takes the call."""
        mine = f"user_{self.name}"
        other = f"user_{self.rng.choice([name for name in self.shop.names if name != self.name])}"
        scenario = dict(plan.scenario)
        if plan.company is Company.COLLEAGUE:
            scenario["taken_by"] = other
        elif plan.company is Company.FETCHED:
            # If the times are close, it is the same talk, and it is still going on.
            scenario |= {"fetched_by": other, "talk_seconds": 9.0 + scenario["talk_seconds"]}
        elif plan.company:
            scenario["taken_by"] = other if plan.second_takes else mine
            scenario["unnamed"] = plan.company is Company.UNNAMED
            return {"users": [mine, other], "scenario": scenario}
        return {"scenario": scenario}

    async def _dial(self, plan: CallPlan) -> None:
        """Click; if no page reports the click's result, send the same click again."""
        body = {"number": plan.number, "scenario": plan.scenario, "chaos": plan.knobs}
        await self.shop.tell_provider("/v1/test_helpers/scenarios", body)
        request_id, clicked = f"dial-{plan.number}", now_ms()
        for _ in range(8):
            await self.say(
                type="dial",
                request_id=request_id,
                number=plan.number,
                clicked_at=clicked,
                sent_at=now_ms(),
                record={"id": plan.record, "name": f"Contact {plan.number}"},
            )
            if await self.until(lambda view: _answer(view, request_id) != "", 1.5):
                break
            self.ledger.count("repeated_clicks")
        code = _answer(self.view, request_id)
        self.ledger.count(f"dial_{code or 'unanswered'}")
        if code == "placed" and not await self.until(_is_idle, 12.0):
            await self._complain()

    async def _complain(self) -> None:
        """Declare the shown calls over, as an agent may."""
        for card in self.view["calls"]:
            request = f"check-{card['call_id']}-{now_ms()}"
            await self.say(
                type="control", request_id=request, call_id=card["call_id"], action="check"
            )
            self.ledger.count("checks")


def _is_idle(view: dict[str, Any]) -> bool:
    return bool(view) and view["state"] == "idle"


def _answer(view: dict[str, Any], request_id: str) -> str:
    codes = (a["code"] for a in view.get("answers", ()) if a["request_id"] == request_id)
    return next(codes, "")
