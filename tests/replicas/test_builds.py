"""Two releases side by side: a page gets all of its files from one of them."""

from __future__ import annotations

import re
import shutil
import signal
from pathlib import Path

import httpx
import pytest

from qa.replicas.fleet import Fleet, a_fleet
from tests.fakes.process import ROOT
from tests.storage.servers import Postgres

pytestmark = pytest.mark.slow

FILE = re.compile(r"""(?:src|href)="(softphone/[0-9a-f]{12}/[^"]+)\"""")
PAGES = 8


def another_release(folder: Path) -> Path:
    """Ours with a word more in one module and one text, so it is another build."""
    for name in ("adapter", "web"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in (("boot.js", "globalThis.another = true;"), ("panel.css", ".another {}")):
        with (folder / "web" / "softphone" / name).open("a", encoding="utf-8") as file:
            file.write(text)
    shutil.rmtree(folder / "web" / "dist", ignore_errors=True)
    return folder


async def get(url: str) -> httpx.Response:
    """Each request by a connection of its own, which the balancer sends to any replica."""
    async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
        return await http.get(url, headers={"Connection": "close"})


async def own_replica(fleet: Fleet, files: list[str]) -> str:
    """The address of the replica whose build these files are of."""
    pages = [(await get(f"{replica.url}/softphone")).text for replica in fleet.replicas]
    (number,) = (number for number, page in enumerate(pages) if files[0] in page)
    return fleet.replicas[number].url


async def test_a_page_gets_all_its_files_from_its_own_release(
    tmp_path: Path, postgres: Postgres
) -> None:
    """While a deploy goes on, the balancer sends each request to a replica of either."""
    async with a_fleet(tmp_path, postgres.database(), 2) as fleet:
        await fleet.replicas[1].end(signal.SIGTERM)
        fleet.replicas[1].root = another_release(tmp_path / "another")
        await fleet.replicas[1].start()
        seen = set()
        for _ in range(PAGES):
            files = FILE.findall((await get(f"{fleet.scene.url}/softphone")).text)
            own = await own_replica(fleet, files)
            seen.add(own)
            for file in files:
                answer = await get(f"{fleet.scene.url}/{file}")
                assert answer.status_code == 200
                assert answer.content == (await get(f"{own}/{file}")).content
        assert len(seen) == len(fleet.replicas)
