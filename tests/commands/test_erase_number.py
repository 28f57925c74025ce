"""`python -m adapter erase-number`."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from adapter import cli
from adapter.commands.erase_number import _text
from adapter.runtime.privacy import Erased
from adapter.storage.filelock import FileLock
from adapter.storage.open import open_store
from adapter.storage.port import Commit
from tests.contracts.stores import NOW, delivery, log, logged
from tests.storage.traces import leave_traces

NUMBER = "+4930901820145"
LOGGED = "+14155550100"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the database lies: a delivery about one number, an unsaved log about another."""
    url = f"sqlite:///{tmp_path}/test.db"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_DATABASE_URL", url)

    async def fill() -> None:
        store = await open_store(url, clock_ms=lambda: NOW)
        body = json.dumps({"to_number": NUMBER}).encode()
        await store.commit(Commit(delivery=delivery("e1", body)))
        await store.commit(logged(0, log("a")))
        await store.close()

    asyncio.run(fill())
    leave_traces(tmp_path / "test.db", NUMBER)
    return tmp_path


def holds(folder: Path, number: str) -> bool:
    """Whether any file in there has these digits, in use or not."""
    return any(number[1:].encode() in path.read_bytes() for path in folder.iterdir())


def test_without_yes_the_command_only_counts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What there is, also while the adapter runs; nothing is changed."""
    with FileLock(folder / "test.db"):
        assert cli.main(["erase-number", NUMBER, "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["found"]["deliveries"] == 1
    assert "Nothing was erased" in err
    assert holds(folder, NUMBER)


def test_with_yes_nothing_of_the_number_remains(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not in unused pages either; the report does not repeat the number."""
    assert cli.main(["erase-number", NUMBER, "--yes", "--json"]) == 0
    out = capsys.readouterr().out
    assert json.loads(out) == {"erased": {"deliveries": 1}, "tasks": [], "remaining": []}
    assert not holds(folder, NUMBER)
    assert cli.main(["erase-number", NUMBER, "--yes"]) == 0
    assert capsys.readouterr().out == "There was nothing to erase.\n"


def test_data_not_yet_in_salesforce_exits_with_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It stays, and the reason is told."""
    assert cli.main(["erase-number", LOGGED, "--yes", "--json"]) == 1
    remaining = json.loads(capsys.readouterr().out)["remaining"]
    assert {one["why"] for one in remaining} == {
        "it is not over, or is in wrap-up",
        "not settled yet: pending",
    }
    assert holds(folder, LOGGED)


def test_the_output_lists_what_was_erased_and_what_stays() -> None:
    """Counts that are not nothing, the Tasks that Salesforce has, and a reason a line."""
    remaining = [{"kind": "call_log", "id": "log_1", "agent": "00D1/0051", "why": "not done yet"}]
    text = _text(Erased({"recent": 2, "notices": 0}, ["00T1", "00T2"], remaining))
    assert text.splitlines() == [
        "Erased:",
        "recent  2",
        "Tasks in Salesforce, not changed: 00T1, 00T2",
        "Not erased:",
        "call_log  log_1  not done yet",
    ]


def test_erasing_does_not_disturb_a_running_adapter(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With SQLite it has the file to itself: the message names the process."""
    with FileLock(folder / "test.db"):
        assert cli.main(["erase-number", NUMBER, "--yes"]) == 2
    assert "in use by process" in capsys.readouterr().err
    assert holds(folder, NUMBER)
