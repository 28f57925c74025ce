"""Installs the peers' packages once into var/bench; the adapter needs none of them.

All are pinned by hash in qa/load/peers (`make lock`). The machine's configuration says where the
registry is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from qa.load.programs import BENCH, NODE, PEERS, ROOT
from qa.load.rounds import tell

SECONDS = 400
VENV = ROOT / ".venv" / "bin"


class NotInstalled(Exception):
    """A peer cannot be measured here; the text says what failed."""


def express() -> None:
    """Install Express, ws and better-sqlite3 (compiled for our node). Raises NotInstalled."""
    folder, pins = BENCH / "express", PEERS / "express" / "package-lock.json"
    if _is_there(folder, pins):
        return
    tell("installing Express, ws and better-sqlite3 (once; a minute or two)")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PEERS / "express" / name, folder)
    wheel = NODE.parents[1]
    gyp = wheel / "lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js"
    npm = shutil.which("npm") or str(VENV / "npm")
    # The packages' own scripts would download a binary, so compile this one package.
    _run(folder, npm, "ci", "--ignore-scripts", "--loglevel=error")
    build = (str(VENV / "node"), str(gyp), "rebuild", "--release", f"--nodedir={wheel}")
    _run(folder / "node_modules" / "better-sqlite3", *build)
    _done(folder, pins)


def fastapi() -> None:
    """Install FastAPI, SQLAlchemy and aiosqlite into a virtual environment. Raises NotInstalled."""
    folder, pins = BENCH / "fastapi", PEERS / "fastapi" / "requirements.txt"
    if _is_there(folder, pins):
        return
    tell("installing FastAPI, SQLAlchemy and aiosqlite (once)")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run(ROOT, sys.executable, "-m", "venv", str(folder))
    pip = (str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check")
    _run(ROOT, *pip, "--require-hashes", "--no-deps", "-r", str(pins))
    _run(ROOT, str(folder / "bin" / "pip"), "check")
    _done(folder, pins)


INSTALLERS = {"express": express, "fastapi": fastapi}


@cache
def why_absent(kind: str) -> str:
    """Install that peer if needed; returns "", or why it cannot be measured here."""
    try:
        INSTALLERS[kind]()
    except NotInstalled as error:
        tell(f"{kind} could not be installed: {error}")
        return f"{kind} could not be installed: {error}"
    return ""


def _stamp(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest() + "\n"


def _is_there(folder: Path, pins: Path) -> bool:
    """Whether exactly these versions have been installed completely."""
    stamp = folder / "installed"
    return stamp.exists() and stamp.read_text(encoding="ascii") == _stamp(pins)


def _done(folder: Path, pins: Path) -> None:
    (folder / "installed").write_text(_stamp(pins), encoding="ascii")


def _run(folder: Path, *command: str) -> None:
    ours = command[0].startswith(str(VENV))
    # The machine's npm needs the machine's node; a build for our node needs ours.
    places = (str(VENV), os.environ["PATH"]) if ours else (os.environ["PATH"], str(VENV))
    variables = {**os.environ, "PATH": os.pathsep.join(places)}
    if ours:
        # Our node must be told to use the machine's certificate authorities.
        variables["NODE_OPTIONS"] = "--use-system-ca"
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=variables,
            timeout=SECONDS,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"{Path(command[0]).name}: {error}") from error
    if done.returncode:
        output = (done.stderr or done.stdout).strip().splitlines()
        lines = [line for line in output if "rror" in line][:6] or output[-4:]
        raise NotInstalled(f"{Path(command[0]).name} failed: {' | '.join(lines)}")
