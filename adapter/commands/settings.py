"""Print every setting with its purpose and default, as a template for .env."""

from __future__ import annotations

import argparse
import re

from adapter import assets, console

_ENTRY = re.compile(r"# (SOFTPHONE_[A-Z0-9_]+)=(.*)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the output options."""
    console.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Write it to standard output. Raises OSError if the file is missing."""
    text = assets.example().read_text(encoding="utf-8")
    console.answer(options, {"settings": entries(text)}, text)
    return 0


def entries(text: str) -> list[dict[str, str]]:
    """Name, default and purpose of each; the lines above a setting are its purpose."""
    found, above = [], list[str]()
    for line in text.splitlines():
        entry = _ENTRY.fullmatch(line)
        if entry:
            name, default = entry.groups()
            found.append({"name": name, "default": default, "purpose": " ".join(above)})
        is_purpose = entry is None and line.startswith("# ") and not line.startswith("# ---")
        above = [*above, line.removeprefix("# ")] if is_purpose else []
    return found
