"""Whose data is meant, in which org."""

from __future__ import annotations

import argparse

import pytest

from adapter.commands import CommandFailed
from adapter.commands.person import add_arguments, scope_of, sought_by
from adapter.orgs import DEV_ORG
from adapter.runtime.privacy import EVERYTHING, Scope
from adapter.settings.environment import load


def options(*arguments: str) -> argparse.Namespace:
    """As the command line reads them."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args(arguments)


def test_a_number_is_read_with_the_deployments_region() -> None:
    """With SOFTPHONE_DEFAULT_REGION first, and further regions beside it, each once."""
    german = load({}, default_region="DE")
    found = sought_by(options("030 901820145", "--region", "AT", "--region", "DE"), german)
    assert (found.number, found.regions) == ("+4930901820145", ("DE", "AT"))


@pytest.mark.parametrize("arguments", [("911",), ("Ada",), ("+4930901820145", "--region", "XX")])
def test_a_number_that_cannot_be_searched_is_reported(arguments: tuple[str, ...]) -> None:
    """No number, or no region; what was typed is not repeated."""
    with pytest.raises(CommandFailed) as failed:
        sought_by(options(*arguments), load({}))
    assert arguments[0] not in str(failed.value)


def test_an_org_limits_the_command_to_its_own_account() -> None:
    """By either form of its id; without one it is everything, and a stranger is told."""
    settings = load({}, dialstack_account="acct_1")
    assert scope_of(options("+1"), settings) is EVERYTHING
    scope = Scope(DEV_ORG, frozenset({"acct_1"}))
    assert scope_of(options("+1", "--org", DEV_ORG + "AAA"), settings) == scope
    with pytest.raises(CommandFailed, match="00D000000000009"):
        scope_of(options("+1", "--org", "00D000000000009"), settings)
