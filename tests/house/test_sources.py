"""Comments cite what a reader can open: a vendor's page or one of ours, never a paper elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
KINDS = (".py", ".js", ".mjs", ".css", ".html", ".sh", ".yml", ".yaml", ".toml", ".md", ".cls", "")
ELSEWHERE = re.compile(
    r"\((?:facts|design|research)(?:: [a-z]|, section)|\b(?:facts|design): section|the design's "
)
ADDRESS = re.compile(r"https?://\S+")


def texts() -> dict[str, str]:
    """What git tracks and people read, by its path."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    names = [name for name in listed if (ROOT / name).is_file() and Path(name).suffix in KINDS]
    return {
        name: (ROOT / name).read_text(encoding="utf-8", errors="ignore") for name in names if name
    }


def test_nothing_cites_a_document_that_is_not_here() -> None:
    """Whoever reads the code has the repository and the network, and nothing else."""
    found = [
        f"{name}: {match.group()}"
        for name, text in texts().items()
        for match in ELSEWHERE.finditer(text)
        if name != "tests/house/test_sources.py"
    ]
    assert found == []


def test_each_package_that_talks_to_a_vendor_cites_its_documentation() -> None:
    """Salesforce's, the providers', the databases': at least one address in each."""
    rooms = {
        "adapter/opencti/": "developer.salesforce.com",
        "adapter/telephony/dialstack/": "docs.dialstack.ai",
        "adapter/telephony/asterisk/": "docs.asterisk.org",
        "adapter/storage/": "postgresql.org",
    }
    silent = [
        room
        for room, vendor in rooms.items()
        if not any(
            vendor in address
            for name, text in texts().items()
            if name.startswith(room)
            for address in ADDRESS.findall(text)
        )
    ]
    assert silent == []
