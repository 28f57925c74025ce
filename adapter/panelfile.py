"""The admin's file for the panel: reasons for being away, and note templates.

away_reasons = ["Lunch", "Break", "Training"]

[[note]]
name = "Left a voicemail"
text = "Left a voicemail for {name}, asked to be called back."
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST, LONGEST_NAME, LONGEST_TEXT = 30, 80, 4_000


@dataclass(frozen=True, slots=True)
class NoteTemplate:
    """A text that an agent inserts into the notes with one click."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class PanelFile:
    """The contents of the file, in the admin's order."""

    away_reasons: tuple[str, ...] = ()
    notes: tuple[NoteTemplate, ...] = ()


def read_panel_file(path: Path) -> PanelFile:
    """Read the file. Raises ValueError or OSError, which say what is wrong and what is allowed."""
    table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    if strange := sorted(table.keys() - {"away_reasons", "note"}):
        raise ValueError(f"it has no {', '.join(strange)}; it accepts away_reasons and [[note]]")
    reasons, rows = table.get("away_reasons", []), table.get("note", [])
    if not isinstance(reasons, list) or not isinstance(rows, list):
        raise ValueError(
            "away_reasons must be a list of texts, and each note must begin with [[note]]"
        )
    names = tuple(_text(reason, LONGEST_NAME, "a reason of away_reasons") for reason in reasons)
    notes = tuple(_note(row) for row in rows)
    for label, many in (("away_reasons", names), ("[[note]]", tuple(n.name for n in notes))):
        if len(many) > MOST or len(set(many)) < len(many):
            raise ValueError(f"{label}: at most {MOST}, each listed once")
    return PanelFile(names, notes)


def _note(row: Any) -> NoteTemplate:
    if not isinstance(row, dict) or row.keys() != {"name", "text"}:
        raise ValueError("a [[note]] must have a name and a text, and nothing else")
    name = _text(row["name"], LONGEST_NAME, "a note's name")
    return NoteTemplate(name, _text(row["text"], LONGEST_TEXT, f"the text of {name!r}"))


def _text(value: Any, longest: int, label: str) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not 0 < len(text) <= longest:
        raise ValueError(f"{label} must be a text of 1 to {longest} characters")
    return text
