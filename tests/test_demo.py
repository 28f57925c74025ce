"""`make demo` as a process: five addresses, one agent, all ended by one signal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from adapter.demo import demo_settings
from tests.fakes.page import FakePage
from tests.fakes.salesforce import FakeSalesforce

ROOT = Path(__file__).parents[1]


def four_free_ports() -> int:
    """The first of four in a row that nobody listens on."""
    for port in range(24_000 + os.getpid() * 4 % 16_000, 60_000, 4):
        if all(is_free(port + more) for more in range(4)):
            return port
    raise AssertionError("no ports left")


def is_free(port: int) -> bool:
    """Whether one can listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_the_demo_uses_nothing_of_yours(tmp_path: Path) -> None:
    """Loopback only, the org on another site, its own database and provider."""
    settings = demo_settings(18080, tmp_path)
    assert settings.public_url == "http://localhost:18080"
    assert settings.org_origins == ("http://127.0.0.1:18081", "http://127.0.0.1:18083")
    assert settings.voice_url == "http://127.0.0.1:18083"
    assert settings.is_voice_configured
    assert settings.dialstack_url == "http://127.0.0.1:18082"
    assert settings.host == "127.0.0.1"
    assert str(tmp_path) in settings.database_url
    assert settings.is_provider_configured


def test_the_demos_numbers_are_redialed_without_confirmation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There are a dozen of them; whoever wants to see the question says so."""
    assert demo_settings(18080, tmp_path).policy().repeat_ms == 0
    monkeypatch.setenv("SOFTPHONE_CONFIRM_REPEAT_SECONDS", "10")
    assert demo_settings(18080, tmp_path).policy().repeat_ms == 10_000


@pytest.mark.slow
async def test_a_killed_demo_leaves_no_provider_behind(tmp_path: Path) -> None:
    """SIGKILL asks nobody: the provider sees the end of its pipe, and frees its port."""
    port = four_free_ports()
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", "demo", "--port", str(port), "--data", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(90):
            await demo.stdout.readuntil(b"Ctrl-C")
            assert not is_free(port + 2)
            demo.kill()
            await demo.wait()
            while not is_free(port + 2):  # noqa: ASYNC110 - another program's
                await asyncio.sleep(0.02)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGKILL)


@pytest.mark.slow
async def test_the_demo_plays_a_call_and_ends_on_a_signal(tmp_path: Path) -> None:
    """Its addresses are told and answer; a call rings; SIGINT ends all of them within seconds."""
    port = four_free_ports()
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "adapter", "demo", "--port", str(port), "--data", str(tmp_path)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(90):
            told = b""
            while b"Ctrl-C" not in told:
                line = await demo.stdout.readline()
                assert line, "it ended"
                told += line
        async with httpx.AsyncClient(trust_env=False) as http:
            for address in (
                f"http://localhost:{port}/softphone",
                f"http://127.0.0.1:{port + 1}",
                f"http://127.0.0.1:{port + 2}/control",
                f"http://127.0.0.1:{port + 3}",
                f"http://127.0.0.1:{port + 3}/both",
            ):
                assert address.encode() in told
                assert (await http.get(address)).status_code == 200
        page = FakePage(f"http://localhost:{port}", "ada", FakeSalesforce())
        await page.open()
        await page.dial("+12025559000")
        await page.until(lambda v: v["state"] == "dialing-destination")
        demo.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            assert await demo.wait() == 0
        await page.close()
        assert all(is_free(port + more) for more in range(4))
        assert "Traceback" not in (tmp_path / f"demo-{port}.log").read_text()
    finally:
        if demo.returncode is None:
            os.killpg(demo.pid, signal.SIGKILL)  # its provider too
            await demo.wait()
