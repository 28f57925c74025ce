"""An agent's paperwork: drafts, wrap-ups, and the tray of unsaved calls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from qa.chaos.plan import Writing
from qa.chaos.tab import Tab

if TYPE_CHECKING:
    from qa.chaos.seat import Seat


class Paperwork:
    """One agent's paperwork."""

    def __init__(self, seat: Seat) -> None:
        self._seat = seat
        self._minded: set[str] = set()
        self._writing = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is being written."""
        return not self._writing

    def mind(self, view: dict[str, Any]) -> None:
        """Start the paperwork for new calls in the view."""
        for card in view["wrapups"]:
            if card["call_id"] not in self._minded:
                self._minded.add(card["call_id"])
                self._seat.start(self._wrap_up(card["call_id"], card["number"]))
        for item in view["tray"]:
            name = f"tray-{item['log_id']}"
            if name not in self._minded:
                self._minded.add(name)
                self._seat.start(self._clear_tray(item["log_id"], item["reason"]))

    async def _wrap_up(self, call_id: str, number: str) -> None:
        """Write and end the wrap-up; repeat until the card is gone."""
        plan = self._seat.shop.plans.get(number)
        writing = plan.writing if plan else Writing()
        self._writing += 1
        # All in one tab, as people write: the order of two tabs' messages is undefined.
        tab: Tab | None = None
        if writing.first:
            tab = await self._seat.say(type="wrapup", call_id=call_id, notes=writing.first)
        await asyncio.sleep(writing.seconds)

        def is_gone(view: dict[str, Any]) -> bool:
            return not _has(view, "wrapups", "call_id", call_id)

        while True:
            message = {"type": "wrapup", "call_id": call_id, "done": True, **writing.last_word}
            tab = await self._seat.say(at=tab, **message)
            if await self._seat.until(is_gone, 2.0):
                break
        if writing.late:
            await self._add(tab, call_id, writing.late)
        self._writing -= 1

    async def _add(self, tab: Tab | None, call_id: str, notes: str) -> None:
        """Change the draft after the end of the wrap-up.

        No view confirms it, so it is repeated for longer than any kill, lock or full disk lasts.
        """
        await asyncio.sleep(self._seat.rng.uniform(0.5, 2.0))
        for _ in range(4):
            tab = await self._seat.say(
                at=tab, type="wrapup", call_id=call_id, notes=notes, done=True
            )
            await asyncio.sleep(5.0)

    async def _clear_tray(self, log_id: str, reason: str) -> None:
        """Decide about half of the items, once each."""
        await asyncio.sleep(self._seat.rng.uniform(0.2, 1.5))
        choice: dict[str, Any] = {}
        task_id = self._seat.org.task_of(log_id)
        if reason == "not-confirmed" and self._seat.org.under_way[log_id]:
            return
        if self._seat.rng.random() < 0.35:
            choice = {"action": "save_again"}
            if reason == "not-confirmed" and task_id:
                choice = {"action": "already_there", "task_id": task_id}
        elif self._seat.rng.random() < 0.1:
            choice = {"action": "dismiss"}
        if not choice or not _has(self._seat.view, "tray", "log_id", log_id):
            return
        self._seat.ledger.word("tray", log_id=log_id, outcome=choice["action"])
        self._seat.ledger.count(f"tray_{choice['action']}")
        await self._seat.say(type="tray", log_id=log_id, **choice)


def _has(view: dict[str, Any], group: str, field_name: str, value: str) -> bool:
    return any(item[field_name] == value for item in view[group])
