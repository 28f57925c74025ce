"""What the Makefile installs is what the locks name, whatever is released meanwhile."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.wheels import Wheel

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    "runtime": (),
    "postgres": ("postgres",),
    "speed": ("speed",),
    "dev": ("dev", "postgres", "speed"),
}
"""The extras of ours that each lock holds, as scripts/lock makes them."""

PINNED = (
    Wheel("alpha", "1.0", needs=("beta[more]>=1",)),
    Wheel("beta", "1.0", needs=('gamma>=1; extra == "more"',), extras=("more",)),
    Wheel("gamma", "1.0"),
)
NEWER = tuple(Wheel(one.name, "2.0", one.needs, one.extras) for one in PINNED)


def command(variable: str, python: Path) -> list[str]:
    """The Makefile's own command of that name, with another Python for that of .venv."""
    asked = f"told: ; @echo $({variable})"
    said = subprocess.run(
        ["make", "--eval", asked, "told", f"PY={python}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return said.stdout.split()


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A fresh environment with the oldest pip that this Python may come with."""
    folder = tmp_path / "venv"
    made = folder / "bin" / "python"
    # Older pips than its own do not run on Python 3.12.
    if sys.version_info >= (3, 12):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        return made
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (pip,) = (ROOT / ".venv" / "oldest-pip").glob("pip-22.3-*.whl")
    installing = [sys.executable, "-m", "pip", "--python", str(made), "install", "--no-deps"]
    subprocess.run([*installing, "--quiet", "--no-index", pip], check=True)
    return made


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A folder of wheels, the pinned ones and newer ones, and a lock of the pinned ones."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    lock = "".join(wheel.build(folder) for wheel in PINNED)
    for wheel in NEWER:
        wheel.build(folder)
    (folder / "lock.txt").write_text(lock, encoding="utf-8")
    return folder


def run(command: list[str], shelf: Path) -> subprocess.CompletedProcess[str]:
    """With that folder for an index, and no other."""
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shelf), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=offline, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_lock_installs_with_the_oldest_pip_while_newer_releases_are_on_offer(
    python: Path, shelf: Path
) -> None:
    """An extra of a pinned package included; what is installed is what is pinned, and whole."""
    installed = run([*command("PIP_INSTALL", python), "-r", str(shelf / "lock.txt")], shelf)
    assert installed.returncode == 0, installed.stderr
    assert run(command("PIP_CHECK", python), shelf).returncode == 0
    listed = run([str(python), "-m", "pip", "freeze", "--disable-pip-version-check"], shelf).stdout
    assert {f"{one.name}=={one.version}" for one in PINNED} <= set(listed.split())


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="later pips resolve it")
def test_resolving_the_lock_would_have_failed(python: Path, shelf: Path) -> None:
    """Else the test above would show nothing: that pip's resolver wants the newer release."""
    resolving = [word for word in command("PIP_INSTALL", python) if word != "--no-deps"]
    ended = run([*resolving, "-r", str(shelf / "lock.txt")], shelf)
    assert ended.returncode != 0
    assert "beta" in ended.stderr


@pytest.mark.slow
def test_a_package_that_a_lock_forgot_is_found_at_once(python: Path, shelf: Path) -> None:
    """Nothing is resolved, so that somebody else must look: pip check does."""
    lock = (shelf / "lock.txt").read_text(encoding="utf-8")
    short = "".join(line for line in lock.splitlines(keepends=True) if "beta" not in line)
    (shelf / "short.txt").write_text(short, encoding="utf-8")
    installed = run([*command("PIP_INSTALL", python), "-r", str(shelf / "short.txt")], shelf)
    assert installed.returncode == 0, installed.stderr
    checked = run(command("PIP_CHECK", python), shelf)
    assert checked.returncode == 1
    assert "beta" in checked.stdout


# --- the locks themselves -----------------------------------------------------------------------


def pins(lock: str) -> dict[str, str]:
    """The versions by package, those for other systems and Pythons left out."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for line in re.findall(r"^([a-z0-9][^\\\n]*==[^\\\n]*?) *\\$", text, re.MULTILINE):
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate():
            found[canonicalize_name(pin.name)] = next(iter(pin.specifier)).version
    return found


def needs(requirements: Iterator[Requirement], extras: set[str]) -> Iterator[Requirement]:
    """Those that hold here, with those extras."""
    for one in requirements:
        if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in ("", *extras)):
            yield one


@pytest.mark.parametrize("lock", EXTRAS)
def test_every_requirement_of_every_pinned_package_is_pinned(lock: str) -> None:
    """From pyproject.toml down, extras of extras included: so nothing need be resolved."""
    pinned = pins(lock)
    optional = PROJECT["optional-dependencies"]
    asked = [*PROJECT["dependencies"], *(text for e in EXTRAS[lock] for text in optional[e])]
    waiting = list(needs(map(Requirement, asked), set()))
    seen: set[tuple[str, frozenset[str]]] = set()
    wrong = []
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        if name not in pinned or not need.specifier.contains(pinned[name], prereleases=True):
            wrong.append(f"{need}: {pinned.get(name, 'not pinned')}")
            continue
        key = (name, frozenset(need.extras))
        if key not in seen:
            seen.add(key)
            waiting += needs(map(Requirement, required_by(name, pinned[name])), need.extras)
    assert wrong == []
    assert {name for name, _ in seen} == set(pinned), "a pin that nobody needs"


def required_by(name: str, version: str) -> list[str]:
    """What the pinned release says that it needs; it is installed here, as are all pins."""
    try:
        found = distribution(name)
    except PackageNotFoundError:
        pytest.fail(f"{name} is pinned and not installed here: make .venv/.dev")
    assert found.version == version, f"{name} {found.version} is installed, {version} pinned"
    return found.requires or []
