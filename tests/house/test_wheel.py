"""What is installed works as what is checked out: from any folder, and whole."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from adapter import __version__
from tests.browser.conftest import ARGUMENTS, HEADLESS, Tab
from tests.test_demo import four_free_ports

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, by way of the sdist, as `make release` makes it."""
    folder = tmp_path_factory.mktemp("dist")
    uv = Path(sys.executable).with_name("uv")
    subprocess.run(
        [uv, "build", "--offline", "--no-build-isolation", "--quiet", "--out-dir", folder],
        cwd=ROOT,
        env={**os.environ, "VIRTUAL_ENV": sys.prefix},
        check=True,
    )
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel; what it needs is lent by the one that tests run in.

    (`make release` installs that from the lock.)
    """
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = str(venv / "bin" / "python")
    installing = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*installing, "--no-index", "--no-deps", wheel], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return venv / "bin" / "softphone-adapter"


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The console script in that folder, with next to no environment."""
    return subprocess.run(
        [installed, *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "SOFTPHONE_PUBLIC_URL": "https://phone.example.com"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_wheel_has_all_that_the_program_reads(wheel: Path) -> None:
    """Each file of web/ and salesforce/ that git tracks, and of adapter/; nothing else of ours."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "adapter", "web", "salesforce"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    wanted = {"adapter/assets/env.example"} | {
        name if name.startswith("adapter/") else f"adapter/assets/{name}"
        for name in listed
        if (ROOT / name).is_file()
    }
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert wanted - found == set()
    assert all(name.startswith("adapter/") for name in found)


def test_the_installed_program_prints_its_version_from_any_folder(
    installed: Path, tmp_path: Path
) -> None:
    """By the name that it is installed under."""
    ended = run(installed, tmp_path, "--version")
    assert ended.stdout == f"softphone-adapter {__version__}\n", ended.stderr


def test_the_installed_program_writes_a_whole_salesforce_project(
    installed: Path, tmp_path: Path
) -> None:
    """The Apex included, which is no Python and lies in the wheel."""
    ended = run(installed, tmp_path, "metadata", "--out", "project", "--contact", "it@example.com")
    assert ended.returncode == 0, ended.stderr
    written = [path for path in (tmp_path / "project").rglob("*") if path.is_file()]
    assert len(written) >= 17
    assert {path.suffix for path in written} >= {".cls", ".xml", ".json"}


def test_the_installed_program_prints_its_settings_and_completes_commands(
    installed: Path, tmp_path: Path
) -> None:
    """A .env to begin with; a shell finds the word by which it may ask for completions."""
    ended = run(installed, tmp_path, "settings")
    assert "SOFTPHONE_PUBLIC_URL=" in ended.stdout, ended.stderr
    checked = subprocess.run(
        [installed.with_name("python"), "-m", "argcomplete._check_console_script", installed],
        cwd=tmp_path,
        check=False,
    )
    assert checked.returncode == 0


def test_an_incomplete_installation_writes_no_project(installed: Path, tmp_path: Path) -> None:
    """Complete or an error: the folder of Apex classes is gone."""
    (packages,) = installed.parents[1].glob("lib/python*/site-packages")
    classes = packages / "adapter/assets/salesforce/force-app/main/default/classes"
    shutil.move(classes, tmp_path / "away")
    try:
        ended = run(installed, tmp_path, "metadata", "--out", "x", "--contact", "it@example.com")
    finally:
        shutil.move(tmp_path / "away", classes)
    assert ended.returncode == 2
    assert "the Salesforce files are missing: reinstall the adapter" in ended.stderr
    assert not (tmp_path / "x").exists()


@asynccontextmanager
async def a_demo(installed: Path, folder: Path) -> AsyncIterator[int]:
    """`softphone-adapter demo`, installed, in that folder; its first port."""
    port = four_free_ports()
    demo = await asyncio.create_subprocess_exec(
        *(installed, "demo", "--port", str(port)),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert demo.stdout is not None
        async with asyncio.timeout(60):
            await demo.stdout.readuntil(b"Ctrl-C")
        yield port
    finally:
        demo.terminate()
        assert await demo.wait() == 0


@pytest.mark.browser
async def test_the_installed_demo_does_the_main_job(installed: Path, tmp_path: Path) -> None:
    """In an empty folder: a click in Chromium becomes a call, and the call one Task."""
    async with a_demo(installed, tmp_path) as port, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=HEADLESS, args=ARGUMENTS)
        tab = Tab(await browser.new_page())
        await tab.page.goto(f"http://127.0.0.1:{port + 1}/")
        await tab.until_dialable()
        await tab.click("Grace Okafor", "+1 202-555-9000")
        await tab.until("wrapup", "off")
        (task,) = await tab.until_tasks(1)
        await browser.close()
    assert task["Subject"] == "Call to Grace Okafor"
    assert os.listdir(tmp_path) == ["var"]
