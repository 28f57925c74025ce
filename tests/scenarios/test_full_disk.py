"""A disk that fills up under a running adapter: it is named, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.page import FakePage
from tests.scenarios.conftest import Scene, a_scene, environment_of

ROOT = Path(__file__).parents[2]
SMALL = 'mount -t tmpfs -o size=3m tmpfs "$0" && exec "$@"'
"""A disk of its own for one process, in a mount namespace of its own."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("unshare"), reason="only root may mount a small disk"
    ),
]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[tuple[Scene, Path, Path]]:
    """A scene, the adapter's disk as others see it, and its log."""
    disk, log = tmp_path / "disk", tmp_path / "log"
    disk.mkdir()
    async with a_scene() as (made, port):
        told = environment_of(made, port, disk) | {"SOFTPHONE_CONFIRM_REPEAT_SECONDS": "0"}
        with log.open("wb") as stream:
            process = await asyncio.create_subprocess_exec(
                *("unshare", "--mount", "sh", "-c", SMALL, str(disk)),
                *(sys.executable, "-m", "adapter", "serve"),
                cwd=ROOT,
                env=told,
                stderr=stream,
            )
        try:
            await until_ready(made.url, 200)
            yield made, Path(f"/proc/{process.pid}/root{disk}"), log
            await made.stack.aclose()
        finally:
            process.kill()
            await process.wait()


async def until_ready(url: str, status: int) -> str:
    """Wait for that answer of /readyz; what it says."""
    async with asyncio.timeout(60), httpx.AsyncClient(base_url=url, trust_env=False) as http:
        while True:
            try:
                answer = await http.get("/readyz")
                if answer.status_code == status:
                    return answer.text
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)


def fill(disk: Path) -> Path:
    """Take all that is left of it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return ballast
    raise AssertionError("it never fills")


async def test_a_full_disk_is_named_and_turns_readiness_red(
    scene: tuple[Scene, Path, Path],
) -> None:
    """The agent is told, the log says why, and once there is room the next click is a call."""
    made, disk, log = scene
    await made.scenario(outcome="answered", pick_up_seconds=0.1, ring_seconds=0.1, talk_seconds=0.3)
    page: FakePage = await made.page()
    ballast = fill(disk)
    assert "the disk is full" in await until_ready(made.url, 503)
    await page.dial("(202) 555-0100")
    await page.until_heard("error")
    async with asyncio.timeout(20):
        while "the disk is full" not in log.read_text():  # noqa: ASYNC110 - another program's
            await asyncio.sleep(0.02)
    ballast.unlink()
    await until_ready(made.url, 200)
    await page.dial("(202) 555-0101")
    await page.until(lambda view: view["state"] == "wrapup")
    await made.until_task()
    dialed = [post["body"]["dial_string"] for post in (await made.history())["posts"]]
    assert dialed == ["+12025550101"]
