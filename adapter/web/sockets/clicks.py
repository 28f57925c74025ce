"""Passes clicks to the machine: counts them per org, times them, and logs refusals.

Law of this file: a refusal is never silent. The agent reads the reason; the log has the code and
the settings that an admin would change.
"""

from __future__ import annotations

import structlog
from msgspec.structs import replace

from adapter.core.controlling import CALLS_SOMEBODY
from adapter.core.effects import ControlCall, PlaceCall
from adapter.core.events import ControlRequested, DialRequested
from adapter.core.model import AgentKey
from adapter.metrics import Metrics
from adapter.refusals import SETTINGS, variables
from adapter.runtime.agents import Agents
from adapter.runtime.orgrate import OrgRate
from adapter.runtime.turn import Turn

log = structlog.get_logger(__name__)


class Clicks:
    """All clicks of this process."""

    def __init__(self, agents: Agents, rate: OrgRate, metrics: Metrics) -> None:
        self._agents = agents
        self._rate = rate
        self._metrics = metrics

    async def dial(self, key: AgentKey, event: DialRequested | ControlRequested) -> Turn:
        """Decide and count a click. Raises StorageError; then nobody was called."""
        self._metrics.clicked()
        before, placed = self._rate.take(key.org_id), False
        try:
            turn = await self._agents.handle(key, replace(event, org_dials=before))
            placed = any(isinstance(effect, PlaceCall | ControlCall) for effect in turn.effects)
        finally:
            self._rate.settle(key.org_id, placed=placed)
        if not placed and not turn.ignored:
            log_refusal(key, event.request_id, turn)
        return turn

    async def control(self, key: AgentKey, event: ControlRequested) -> None:
        """The same for a request within a call, which may call somebody. Raises StorageError."""
        if event.action in CALLS_SOMEBODY:
            await self.dial(key, event)
            return
        log_refusal(key, event.request_id, await self._agents.handle(key, event))


def log_refusal(key: AgentKey, request_id: str, turn: Turn) -> None:
    """Log one line, without the number, if this request (also a transfer) was refused."""
    answers = (answer for answer in turn.agent.answers if answer.request_id == request_id)
    code = next((answer.code for answer in answers if answer.code in SETTINGS), "")
    if code:
        about = {"agent": str(key), "request": request_id}
        log.info("dial.refused", **about, code=code, settings=list(variables(code)))
