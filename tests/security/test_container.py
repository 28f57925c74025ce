"""The container's settings hold: nobody in particular, a read-only root, one folder to write to.

As `deploy/Dockerfile` and `compose.yaml` have it, without their images: a mount namespace in which
everything is read-only but the data folder, a user id without a name, no capability.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.scenarios.conftest import free_port

ROOT = Path(__file__).parents[2]
USER = 10001
LOCKED = """
set -e
mount --make-rprivate /
mount --bind "$0" "$0"
cut -d' ' -f2 /proc/self/mounts | sort -ru | while read -r place; do
    case "$place" in
        "$0"|/proc|/proc/*|/sys|/sys/*|/dev|/dev/*) ;;
        *) mount -o remount,bind,ro "$place" ;;
    esac
done
exec setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs \
    --bounding-set=-all --inh-caps=-all "$@"
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("setpriv"),
        reason="only root may make a mount namespace",
    ),
]


@pytest.fixture
def data() -> Iterator[Path]:
    """The one folder that the program owns; pytest's own are closed to other users."""
    folder = Path(tempfile.mkdtemp(prefix="softphone-data-", dir="/tmp"))
    os.chown(folder, USER, USER)
    yield folder
    shutil.rmtree(folder)


async def locked(data: Path, *command: str, **environment: str) -> asyncio.subprocess.Process:
    """A process as the container would have it."""
    return await asyncio.create_subprocess_exec(
        *("unshare", "--mount", "sh", "-c", LOCKED, str(data), *command),
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def test_the_container_runs_unprivileged_on_a_read_only_root(data: Path) -> None:
    """Ready, signed in, ended in peace; all that it has written lies in its data folder."""
    port = free_port()
    process = await locked(
        data,
        *(sys.executable, "-m", "adapter", "serve"),
        SOFTPHONE_PORT=str(port),
        SOFTPHONE_PUBLIC_URL=f"http://localhost:{port}",
        SOFTPHONE_DATABASE_URL=f"sqlite:///{data}/softphone.db",
        SOFTPHONE_ORG_ORIGINS="http://127.0.0.1:1",
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
            while not await is_ready(http, port):
                assert process.returncode is None, await output_of(process)
                await asyncio.sleep(0.1)
            status = status_of(process.pid)
            headers = {"Origin": f"http://localhost:{port}"}
            url = f"http://127.0.0.1:{port}/auth/dev"
            answer = await http.post(url, json={"name": "ada"}, headers=headers)
        assert answer.status_code == 200
        assert f"Uid:\t{USER}\t{USER}\t{USER}\t{USER}" in status
        assert "CapEff:\t0000000000000000" in status
        assert "NoNewPrivs:\t1" in status
    finally:
        if process.returncode is None:
            process.terminate()
    text = await output_of(process)
    assert process.returncode == 0, text
    assert "Read-only file system" not in text
    owners = owners_in(data)
    assert owners["softphone.db"] == USER
    assert set(owners.values()) == {USER}


PLACES = [f"{folder}/nothing-is-written-here" for folder in ("/tmp", "/var/tmp", ROOT, "/etc")]


@pytest.mark.parametrize("place", PLACES)
async def test_the_images_lock_matches_the_repositorys(data: Path, place: str) -> None:
    """Else the test above would show nothing: there is no writing anywhere else."""
    process = await locked(data, "sh", "-c", f"echo x > {place}")
    text = await output_of(process)
    assert process.returncode != 0
    assert "Read-only file system" in text or "Permission denied" in text
    assert not os.path.lexists(place)  # noqa: ASYNC240 - a look, once


async def is_ready(http: httpx.AsyncClient, port: int) -> bool:
    """Whether it may have traffic."""
    try:
        return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def output_of(process: asyncio.subprocess.Process) -> str:
    """All that it wrote, once it has ended."""
    output, _ = await process.communicate()
    return output.decode()


def status_of(pid: int) -> str:
    """What the kernel knows of a process."""
    return Path(f"/proc/{pid}/status").read_text()


def owners_in(folder: Path) -> dict[str, int]:
    """User ids by file name."""
    return {path.name: path.stat().st_uid for path in folder.iterdir()}
