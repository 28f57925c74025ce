"""`python -m adapter settings`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.settings import PREFIX, Settings


def test_the_output_is_a_dotenv_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it is, it changes nothing: every line of it is a comment."""
    assert main(["settings"]) == 0
    said = capsys.readouterr().out
    assert all(line.startswith("#") for line in said.splitlines() if line)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(said)
    assert main(["settings"]) == 0


def test_programs_get_each_setting_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    """All that there are, each with a sentence."""
    assert main(["settings", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["settings"]
    assert {one["name"] for one in told} == {
        PREFIX + name.upper() for name in Settings.model_fields
    }
    assert [one["name"] for one in told if len(one["purpose"].split()) < 2] == []
    defaults = {one["name"]: one["default"] for one in told}
    assert defaults["SOFTPHONE_PORT"] == "8080"
