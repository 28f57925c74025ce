"""`python -m adapter surface`: one agent, one surface, by an admin's word."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapter.cli import main
from adapter.core.model import Agent, AgentKey
from adapter.core.route import Route
from adapter.runtime.clock import SystemClock
from adapter.storage.open import open_store
from adapter.storage.port import AgentChange, Commit
from tests.core.gate import new_log
from tests.core.people import IDLE, after, click
from tests.fakes.voicecalls import CENTER, key_pair

KEY = AgentKey("00D000000000001", "005000000000001")
SIGN_IN = {
    "SIGN_IN": "salesforce",
    "PUBLIC_URL": "https://phone.example.com",
    "SALESFORCE_URL": "https://acme.my.salesforce.com",
    "SIGN_IN_CLIENT_ID": "client",
}


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A deployment with Salesforce Voice."""
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{tmp_path}/test.db"
    told = {
        "DATABASE_URL": url,
        "ORG_ID": KEY.org_id,
        "VOICE_URL": "https://acme.my.salesforce-scrt.com",
        "VOICE_CONTACT_CENTER": CENTER,
        "VOICE_KEY": key_pair()[0],
    }
    for name, value in told.items():
        monkeypatch.setenv(f"SOFTPHONE_{name}", value)
    return url


async def _stored_agent(url: str, change: AgentChange | None = None, key: AgentKey = KEY) -> Agent:
    store = await open_store(url, clock_ms=SystemClock().now)
    if change is not None:
        await store.commit(Commit((change,)))
    snapshot = await store.load(key)
    await store.close()
    assert snapshot is not None
    return snapshot.agent


def test_moving_an_agent_reports_the_waiting_logs(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """There and back by the same command."""
    log = replace(new_log(), agent=KEY)
    asyncio.run(_stored_agent(database, AgentChange(0, replace(IDLE, key=KEY), None, (log,))))
    assert main(["surface", KEY.user_id, "voice", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"agent": str(KEY), "surface": "voice", "unfinished": ["c1"], "known": True}
    agent = asyncio.run(_stored_agent(database))
    assert (agent.surface, agent.route, agent.pinned) == ("voice", Route.BACKEND, True)
    assert main(["surface", KEY.user_id, "open-cti"]) == 0
    assert "works with open-cti" in capsys.readouterr().out
    assert main(["surface", KEY.user_id, "any"]) == 0
    assert not asyncio.run(_stored_agent(database)).pinned


@pytest.mark.parametrize("user", ["005Hp00000gxyZq", "005Hp00000gxyZqIAI"])
def test_an_id_of_15_or_18_characters_names_the_agent_who_signed_in(
    database: str, capsys: pytest.CaptureFixture[str], user: str
) -> None:
    """Setup's addresses have the short form; a sign-in tells the long one."""
    key = AgentKey(KEY.org_id, "005Hp00000gxyZqIAI")
    asyncio.run(_stored_agent(database, AgentChange(0, replace(IDLE, key=key), None, ()), key))
    assert main(["surface", user, "lwc"]) == 0
    assert capsys.readouterr().out == f"{key} works with lwc.\n"
    assert asyncio.run(_stored_agent(database, key=key)).surface == "lwc"


def test_an_agent_may_be_moved_before_the_first_sign_in(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the id that the sign-in will tell; a mistyped id is noticed."""
    for name, value in SIGN_IN.items():
        monkeypatch.setenv(f"SOFTPHONE_{name}", value)
    assert main(["surface", "005Hp00000gxyZq", "lwc"]) == 0
    assert "has not signed in" in capsys.readouterr().out
    key = AgentKey(KEY.org_id, "005Hp00000gxyZqIAI")
    assert asyncio.run(_stored_agent(database, key=key)).surface == "lwc"


def test_an_agent_moves_to_our_own_component_and_back(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left behind: whichever page is there may save what has nothing under way."""
    log = replace(new_log(), agent=KEY)
    asyncio.run(_stored_agent(database, AgentChange(0, replace(IDLE, key=KEY), None, (log,))))
    for surface, route in (("lwc", Route.KEYED), ("open-cti", Route.PAGE)):
        assert main(["surface", KEY.user_id, surface, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert told == {"agent": str(KEY), "surface": surface, "unfinished": [], "known": True}
        agent = asyncio.run(_stored_agent(database))
        assert (agent.surface, agent.route) == (surface, route)


def test_no_agent_is_moved_during_a_call(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The call would lose its page."""
    busy = replace(after(replace(IDLE, key=KEY), [click()]).agent)
    asyncio.run(_stored_agent(database, AgentChange(0, busy, None, ())))
    assert main(["surface", KEY.user_id, "voice"]) == 2
    assert "is on a call" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ada", "voice"], "not a user id"),
        ([KEY.user_id, "voice", "--org", "00D000000000009"], "--org"),
    ],
)
def test_a_wrong_option_is_named(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2."""
    assert main(["surface", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_voice_must_be_set_up_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else the agent's calls would be logged nowhere."""
    monkeypatch.delenv("SOFTPHONE_VOICE_KEY")
    assert main(["surface", KEY.user_id, "voice"]) == 2
    assert "SOFTPHONE_VOICE_URL" in capsys.readouterr().err
