"""How the rooms meet: what is configured decides what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.app import running
from adapter.core.model import AgentKey
from adapter.runtime.agents import Agents
from adapter.runtime.peers import MARK, Peers
from adapter.wiring import _learner
from tests.scenarios.conftest import settings_for


async def test_the_rooms_share_one_store_and_one_policy(tmp_path: Path) -> None:
    """What a setting says of calls is what agents, pages and the sweeper go by."""
    settings = settings_for(tmp_path, "http://localhost:1", "http://127.0.0.1:9", ring_seconds=7)
    async with running(settings) as app:
        assert app.agents.policy.ring_ms == 7_000
        assert app.pages.epoch != ""


@pytest.mark.interpreted
def test_what_other_replicas_tell_is_an_address_or_an_agents_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its name; a replica that links to nobody drops addresses alone."""
    agents, peers = Agents.__new__(Agents), Peers.__new__(Peers)
    learned: list[object] = []
    monkeypatch.setattr(agents, "learn", lambda *told: learned.append(told))
    monkeypatch.setattr(peers, "receive", learned.append)
    ada, replica = AgentKey("00D000000000001", "005000000000001"), AgentKey("", MARK + "r1")
    for learn in (_learner(agents, peers), _learner(agents, None)):
        learn(ada, 7, b"value")
        learn(replica, 1, b"address")
    assert learned == [(ada, 7, b"value"), b"address", (ada, 7, b"value")]
