"""The house keeps its own rules: where tests lie, and what is tracked by git."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Text that only a package registry's address has; split, so that this file has none.
REGISTRY_HOSTS = [
    "registry.npmjs" + ".org",
    "registry.yarnpkg" + ".com",
    "pypi" + ".org",
    "files.pythonhosted" + ".org",
    " --index" + "-url",
    " --find" + "-links",
]


def tracked() -> list[Path]:
    """Return the files under git's eye, relative to the top; skipping those just deleted."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = [Path(name) for name in listing.stdout.split("\0") if name]
    return [name for name in names if (ROOT / name).is_file()]


def sources() -> list[Path]:
    """Return the modules that must have a test file; a port has its suite in contracts/."""
    return [
        path.relative_to(ROOT)
        for path in sorted((ROOT / "adapter").rglob("*.py"))
        if path.name not in {"__init__.py", "__main__.py", "port.py"}
        and "migrations" not in path.parts
    ]


@pytest.mark.parametrize("source", sources(), ids=str)
def test_each_source_file_has_a_test_file_of_the_same_name(source: Path) -> None:
    """adapter/x/y.py is tested by tests/x/test_y.py."""
    inner = source.relative_to("adapter")
    expected = Path("tests", *inner.parts[:-1], f"test_{inner.name}")
    assert (ROOT / expected).is_file(), f"{source} has no {expected}"


def test_every_package_says_in_its_first_line_what_it_holds() -> None:
    """Each folder of modules has an __init__.py that starts with a docstring."""
    packages = {path.parent for path in (ROOT / "adapter").rglob("*.py")}
    packages = {path for path in packages if "migrations" not in path.parts}
    silent = [
        str(package.relative_to(ROOT))
        for package in sorted(packages)
        if not (package / "__init__.py").is_file()
        or not (package / "__init__.py").read_text().startswith('"""')
    ]
    assert silent == []


def example_variables() -> list[str]:
    """Return the variables that .env.example names, those in comments included."""
    text = (ROOT / ".env.example").read_text()
    return re.findall(r"^#? ?(SOFTPHONE_[A-Z0-9_]+)=", text, re.MULTILINE)


def test_the_example_environment_lists_exactly_the_settings() -> None:
    """.env.example names each setting of adapter.settings once, and nothing else."""
    from adapter.settings import PREFIX, Settings

    wanted = sorted(f"{PREFIX}{name}".upper() for name in Settings.model_fields)
    assert sorted(example_variables()) == wanted


@pytest.mark.parametrize("name", ["runtime", "postgres", "speed", "compiled", "dev"])
def test_every_pinned_package_has_a_hash_and_no_address(name: str) -> None:
    """A requirements file is made of exact versions with sha256 hashes, and of no URL."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    # A package's own line ends the continuation of the one before it.
    entries = re.split(r"\n(?=[a-z0-9])", text.replace("\\\n", " "))
    pins = [entry for entry in entries if not entry.startswith("#")]
    loose = [pin for pin in pins if not re.match(r"[\w.\-\[\]]+==\S+.*--hash=sha256:", pin, re.S)]
    assert pins
    assert loose == []


def test_the_requirements_agree_with_each_other() -> None:
    """A package has the same versions in every requirements file that holds it."""
    versions: dict[str, dict[str, set[str]]] = {}
    for path in (ROOT / "requirements").glob("*.txt"):
        for package, version in re.findall(r"^([\w.\-\[\]]+)==(\S+)", path.read_text(), re.M):
            versions.setdefault(package, {}).setdefault(path.name, set()).add(version)
    torn = {
        package: by_file
        for package, by_file in versions.items()
        if len({frozenset(found) for found in by_file.values()}) > 1
    }
    assert torn == {}


def test_git_tracks_no_registry_address() -> None:
    """No tracked text names a package registry: any mirror may serve the pins."""
    found = [
        f"{name}: {host}"
        for name in tracked()
        for host in REGISTRY_HOSTS
        if host in (ROOT / name).read_bytes().decode("utf-8", "ignore")
    ]
    assert found == []


def test_git_tracks_no_other_lock_file_and_no_secrets() -> None:
    """uv.lock (it names registries), .env, keys and data stay out of the repository."""
    unwanted = {"uv.lock", "poetry.lock", "Pipfile.lock", "yarn.lock", ".env"}
    found = [
        str(name)
        for name in tracked()
        if name.name in unwanted
        or name.suffix in {".pem", ".key", ".sqlite", ".db"}
        or name.parts[0] in {"var", "node_modules", ".venv"}
    ]
    assert found == []


def test_the_page_lock_pins_every_package_by_hash() -> None:
    """package-lock.json has an integrity hash for each package and no address at all."""
    import json

    text = (ROOT / "package-lock.json").read_text()
    packages = {path: entry for path, entry in json.loads(text)["packages"].items() if path}
    assert "://" not in text
    assert packages
    # What a package brings in its own archive is under that archive's hash.
    alone = {path: entry for path, entry in packages.items() if not entry.get("inBundle")}
    assert [path for path, entry in alone.items() if "integrity" not in entry] == []
