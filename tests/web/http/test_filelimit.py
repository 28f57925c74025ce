"""How many connections fit into what this process may open."""

from __future__ import annotations

import resource

import pytest
from structlog.testing import capture_logs

from adapter.web.http.filelimit import FEW, RESERVE, raise_limit, room_for_connections


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What the system would say, last; this process keeps its own."""
    said = [(1024, 524_288)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: said[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: said.append(pair))
    return said


def test_the_soft_limit_goes_up_to_the_hard_one(limits: list[tuple[int, int]]) -> None:
    """1,024 files are 1,024 connections less than an office needs."""
    with capture_logs() as lines:
        raise_limit()
    assert limits[-1] == (524_288, 524_288)
    assert lines == []
    assert room_for_connections() == 524_288 - RESERVE


def test_without_a_hard_limit_there_is_enough(limits: list[tuple[int, int]]) -> None:
    """Tables for billions of files help nobody."""
    limits.append((1024, resource.RLIM_INFINITY))
    raise_limit()
    assert limits[-1] == (1_048_576, resource.RLIM_INFINITY)
    limits.append((resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert room_for_connections() == 1_048_576 - RESERVE


def test_a_low_file_limit_is_reported(limits: list[tuple[int, int]]) -> None:
    """With what to change."""
    limits.append((FEW - 1, FEW - 1))
    with capture_logs() as lines:
        raise_limit()
    assert [(line["event"], line["limit"]) for line in lines] == [("files.few", FEW - 1)]
    limits.append((100, 100))
    assert room_for_connections() == 50
