from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from qa.load import install, programs
from qa.load.parts import flow
from qa.load.parts.flow import Flow


async def test_every_peer_is_installed_before_the_first_program_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Installing takes a minute, in which nobody would answer the pings of the floor's pages."""
    steps: list[str] = []

    def not_there() -> None:
        steps.append("install fastapi")
        raise install.NotInstalled("no network")

    async def begin(self: Flow, program: str) -> None:
        steps.append(f"start {program}")

    async def ours(*_: object, **__: object) -> str:
        return "ours"

    async def nothing(self: Flow) -> None:
        return None

    monkeypatch.setattr(Flow, "_begin", begin)
    monkeypatch.setattr(Flow, "_plain_loops", nothing)
    monkeypatch.setattr(Flow, "_postgres", nothing)
    monkeypatch.setattr(programs, "floor", lambda folder: "floor")
    monkeypatch.setattr(programs, "ours", ours)
    peers = (
        ("express", lambda: steps.append("install express"), lambda folder: "express"),
        ("fastapi", not_there, lambda folder: "fastapi"),
    )
    monkeypatch.setattr(flow, "PEERS", peers)

    with ExitStack() as stack:
        part = Flow(tmp_path, stack, agents=1)
        await part.start(everybody=True)

    assert steps == [
        "install express",
        "install fastapi",
        "start floor",
        "start ours",
        "start express",
    ]
