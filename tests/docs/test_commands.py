"""What operators type and look for: each command, option and line of the log is there."""

from __future__ import annotations

import argparse
import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from adapter import cli
from adapter.telephony.simulator.cli import add_arguments

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", ".env.example")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file()),
    *sorted(ROOT.glob("compose*.yaml")),
]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
CODE = re.compile(r"`([^`\n]+)`|^```sh\n(.*?)^```|^ {4,}(\S.*)$", re.M | re.S)
"""In backticks, in a block of a shell, or indented as one."""


def code_of(page: Path) -> str:
    """What of the page somebody would type; of other files than pages, all of it."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    if page.suffix != ".md":
        return text
    return "\n".join(part for found in CODE.findall(text) for part in found if part)


def options_of(command: str) -> set[str]:
    """The options that a command of ours takes."""
    parser = argparse.ArgumentParser()
    if command == "simulate":
        add_arguments(parser)
    elif command:
        import_module(f"adapter.commands.{command.replace('-', '_')}").add_arguments(parser)
    return {option for action in parser._actions for option in action.option_strings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_is_one_of_ours_with_options_of_its_own(page: Path) -> None:
    """Whoever copies it gets what the page promises."""
    program = r"(?:python -m adapter|bin/softphone-adapter|^softphone-adapter)"
    for command, rest in re.findall(rf"{program} +([a-z][a-z-]*)([^\n#]*)", code_of(page), re.M):
        assert command in cli.COMMANDS, command
        shown = set(re.findall(r"(?<!\S)\[?(--[a-z-]+)", rest))
        assert shown <= options_of(command), f"{command} {rest}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_target_of_make_and_every_program_of_qa_is_there(page: Path) -> None:
    """By its name alone: their options have their own help."""
    code = code_of(page)
    if page.suffix == ".md":
        named = re.findall(r"(?:^|&& |; )(?:[A-Z]+=\S+ )*make ([a-z]+)", code, re.M)
        assert set(named) <= TARGETS
    programs = set(re.findall(r"python -m (qa(?:\.[a-z_]+)+)", code))
    assert [name for name in sorted(programs) if find_spec(name) is None] == []


EVENTS = {
    event
    for path in (ROOT / "adapter").rglob("*.py")
    for event in re.findall(
        r'log\.(?:debug|info|warning|error)\(\s*"([a-z_.]+)"', path.read_text(encoding="utf-8")
    )
}


@pytest.mark.parametrize("name", ["operations", "salesforce-setup", "salesforce-voice", "asterisk"])
def test_every_line_of_the_log_that_an_operator_is_to_look_for_is_written(name: str) -> None:
    """At night nobody searches for a word that the program no longer says."""
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    rooms = {event.partition(".")[0] for event in EVENTS}
    files = ("py", "md", "js", "yaml", "yml", "toml", "conf", "db", "xml", "json")
    named = {(room, rest) for room, rest in re.findall(r"`([a-z_]+)\.([a-z_]+)`", text)}
    told = {f"{room}.{rest}" for room, rest in named if room in rooms and rest not in files}
    assert told <= EVENTS


def test_the_pages_mention_commands() -> None:
    """Else the tests above would show nothing."""
    code = "\n".join(map(code_of, PAGES))
    assert len(set(re.findall(r"python -m adapter ([a-z-]+)", code))) > 10
    assert len(set(re.findall(r"\bmake ([a-z]+)", code)) & TARGETS) > 10
    assert {"page.blocked", "call.rejected", "log.result"} <= EVENTS
