"""Rows: every value of the model comes back equal, old rows are upgraded, broken ones refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.draft import Record
from adapter.core.facts import Direction, Facts, Known, Source
from adapter.core.logs.model import Attempting, CallLog
from adapter.core.model import Agent, AgentKey, Bridged, Call, TelephonyUser
from adapter.storage.port import Session, Snapshot
from adapter.storage.rows import (
    AGENT,
    CALL_LOG,
    SESSION,
    Rows,
    Unreadable,
    read_snapshot,
    snapshot_text,
    to_text,
)
from tests import strategies

KEY = AgentKey("00D1", "0051")


@given(strategies.agents())
def test_any_agent_survives_a_round_trip(agent: Agent) -> None:
    """Whatever the types allow, NUL included, in UTF-8."""
    text = AGENT.dump(agent)
    assert text.encode()
    assert "\0" not in text
    assert AGENT.load(text) == agent


@given(strategies.call_logs())
def test_any_call_log_survives_a_round_trip(log: CallLog) -> None:
    """In every state of the go gate."""
    assert CALL_LOG.load(CALL_LOG.dump(log)) == log


@given(strategies.agents(), st.lists(strategies.call_logs(), max_size=3), st.integers(0, 2**53))
def test_any_snapshot_survives_a_round_trip(
    agent: Agent, logs: list[CallLog], version: int
) -> None:
    """As replicas tell it each other."""
    snapshot = Snapshot(agent, version, tuple(logs))
    assert read_snapshot(snapshot_text(snapshot), version) == snapshot


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"[1]", b'["x"]', b"[{}]", b"[\xff]"])
def test_an_invalid_snapshot_is_refused(text: bytes) -> None:
    """By the one error that says so."""
    with pytest.raises(Unreadable):
        read_snapshot(text, 1)


@given(strategies.sessions)
def test_any_session_survives_a_round_trip(session: Session) -> None:
    """A session is a row like any other."""
    assert SESSION.load(SESSION.dump(session)) == session


def test_an_agent_of_the_first_version_can_still_be_read() -> None:
    """This text was written by version 1; whoever changes the model must still read it.

    Also the other way round: as long as it is version 1, this is what the older code must read.
    """
    text = (
        '{"key":{"org_id":"00D1","user_id":"0051"},"line":{"account":"acct","user":"user_1"},'
        '"calls":[{"call_id":"c1","number":"+14155550100","opened_at":5,'
        '"stage":{"is":"Bridged","since":7,"due":9},'
        '"facts":{"direction":["outbound",2],"connected":[7,3]},"provider_call_id":"p1",'
        '"record":{"id":"003","object_type":"Contact"}}],"dials":[1,2],"v":1}'
    )
    facts = Facts(Known(Direction.OUTBOUND, Source.EVENT), connected=Known(7, Source.CDR))
    record = Record("003", object_type="Contact")
    call = Call("c1", "+14155550100", 5, Bridged(7, 9), facts, "p1", record=record)
    agent = Agent(KEY, TelephonyUser("acct", "user_1"), calls=(call,), dials=(1, 2))
    assert AGENT.load(text) == agent
    assert AGENT.dump(agent) == text


def test_a_log_of_the_first_version_can_still_be_read() -> None:
    """The same for a call log."""
    text = (
        '{"log_id":"c1","agent":{"org_id":"00D1","user_id":"0051"},"opened_at":5,"number":"112",'
        '"facts":{},"record":null,"time_zone":"UTC","state":{"is":"Attempting","due":9},"v":1}'
    )
    log = CallLog("c1", KEY, 5, "112", Facts(), None, "UTC", Attempting(9))
    assert CALL_LOG.load(text) == log
    assert CALL_LOG.dump(log) == text


def test_a_row_says_which_version_wrote_it() -> None:
    """The number of upgrades so far, plus one."""
    assert json.loads(AGENT.dump(Agent(KEY)))["v"] == AGENT.version == 1
    assert Rows(TelephonyUser, {1: lambda data: data}).version == 2


def test_an_old_row_is_upgraded_step_by_step() -> None:
    """From its version to ours, each step on plain JSON."""

    def rename(data: dict[str, Any]) -> dict[str, Any]:
        return {"account": data["site"], "user": data["user"]}

    def prefix(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "user": f"user_{data['user']}"}

    rows = Rows(TelephonyUser, {1: rename, 2: prefix})
    assert rows.load('{"site":"a","user":"7","v":1}') == TelephonyUser("a", "user_7")
    assert rows.load('{"account":"a","user":"7","v":2}') == TelephonyUser("a", "user_7")
    assert rows.load('{"account":"a","user":"7","v":3}') == TelephonyUser("a", "7")


def test_a_newer_row_is_read_as_well_as_it_can_be() -> None:
    """The version after ours may add fields, while a deploy rolls."""
    assert Rows(TelephonyUser).load('{"account":"a","user":"7","port":1,"v":2}') == TelephonyUser(
        "a", "7"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"account":"a","user":"secret"}',
        '{"user":"secret","v":1}',
        '{"account":"a","user":"secret","v":"x"}',
    ],
)
def test_a_broken_row_raises_an_error_without_its_values(text: str) -> None:
    """Damage is told by kind, never by content."""
    with pytest.raises(Unreadable) as caught:
        Rows(TelephonyUser).load(text)
    assert "TelephonyUser" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_an_enum_value_or_a_pair_that_is_not_known_is_unreadable() -> None:
    """A strange outcome, source or half a pair is damage, not a crash."""
    for facts in ({"direction": ["sideways", 2]}, {"ended": [1, 9]}, {"ended": [1]}):
        with pytest.raises(Unreadable):
            Rows(Facts).load(json.dumps({**facts, "v": 1}))


def test_half_a_surrogate_pair_in_an_old_row_is_repaired() -> None:
    """It was written as an escape, in a text of ASCII alone; the call goes on without the half."""
    text = r'{"account":"Zo\u00eb \ud83d","user":"\ud83d\ude00","v":1}'
    assert Rows(TelephonyUser).load(text) == TelephonyUser("Zoë \ufffd", "\N{GRINNING FACE}")


def test_an_unrepaired_text_fails_no_commit() -> None:
    """Every edge mends what it takes in; a row is written even if one of them forgot."""
    text = AGENT.dump(Agent(KEY, name="Zoe \ud83d"))
    assert AGENT.load(text).name == "Zoe \ufffd"
    assert to_text({"name": "\udc00", "at": 5}) == '{"name":"\ufffd","at":5}'


def test_the_version_stands_at_the_end_of_the_text() -> None:
    """Where the versions before looked for nothing else, and where it is found without reading."""
    assert AGENT.dump(Agent(KEY)).endswith(',"v":1}')


@given(strategies.call_logs())
def test_a_records_id_is_kept_under_the_name_that_older_versions_read(log: CallLog) -> None:
    """Both read each other's rows during a rolling deploy."""
    saved = json.loads(CALL_LOG.dump(log)).get("saved")
    assert (saved and saved["task_id"]) == (log.saved and log.saved.record_id)
