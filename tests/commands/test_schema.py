"""`python -m adapter schema`."""

from __future__ import annotations

import argparse
import json

import pytest

from adapter.commands.schema import run
from adapter.page import messages


def test_the_schema_is_the_models_own(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON document, which ends with its line."""
    assert run(argparse.Namespace()) == 0
    told = capsys.readouterr().out
    assert told.endswith("}\n")
    assert json.loads(told) == json.loads(json.dumps(messages.schema()))
