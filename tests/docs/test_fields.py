"""Every field that comes in has a row: where it is read, or why it is not."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import get_args

import pytest

from adapter.opencti.callcenter_rules import DIALING, GENERAL, KNOWN
from adapter.page.messages import PageMessage
from adapter.salesforce.metadata_parts import CHANNEL_FIELDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
NAMES = re.compile(r"`([\w.]+)`")
FILES = re.compile(r"`((?:adapter|web|tests)/[\w./-]+)`")


def rows(heading: str) -> list[list[str]]:
    """The rows of the table under that heading, cell by cell."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def fields_of(cell: str) -> list[str]:
    """The names in a cell."""
    return NAMES.findall(cell)


def is_read(field: str, files: list[str], pattern: str) -> bool:
    """Whether one of the files reads the field."""
    sought = re.compile(pattern.format(re.escape(field)))
    return any(sought.search((ROOT / file).read_text(encoding="utf-8")) for file in files)


def unread(heading: str, names: int, pattern: str) -> list[str]:
    """The fields of a table whose files do not read them; `names` is their column."""
    missing = []
    for row in rows(heading):
        if row[names + 1].startswith("not used"):
            assert row[names + 1].partition(": ")[2], row
            continue
        files = FILES.findall(row[names + 1])
        assert files, row
        missing += [f for f in fields_of(row[names]) if not is_read(f, files, pattern)]
    return missing


@pytest.mark.parametrize(
    ("heading", "names", "pattern"),
    [
        ("Open CTI", 1, r"\b{}\b"),
        ("The call center definition file", 0, r"\b{}\b"),
        ("The page protocol", 1, r"(?:\.{0}\b|\b{0}=)"),
        ("DialStack's events and records", 0, r"(?:\(|get\()\"{}\""),
    ],
)
def test_each_field_is_read_where_its_row_says(heading: str, names: int, pattern: str) -> None:
    """A place that no longer reads it has to say so."""
    assert len(rows(heading)) >= 4
    assert unread(heading, names, pattern) == []


def test_each_field_of_the_page_protocol_has_its_row() -> None:
    """Of every message, whatever is added to it."""
    told: dict[str, set[str]] = {}
    for message, names, _ in rows("The page protocol"):
        told.setdefault(fields_of(message)[0], set()).update(fields_of(names))
    models = {get_args(m.model_fields["type"].annotation)[0]: m for m in get_args(PageMessage)}
    assert told == {name: set(m.model_fields) - {"type"} for name, m in models.items()}


def test_each_item_that_salesforce_reads_of_a_definition_file_has_its_row() -> None:
    """Whether we write it or not."""
    table = rows("The call center definition file")
    told = set(chain.from_iterable(fields_of(row[0]) for row in table))
    assert told == KNOWN[GENERAL] | KNOWN[DIALING]


def test_each_field_of_the_message_channel_has_its_row() -> None:
    """A component that is written by the channel finds what it is for."""
    (names,) = [row[1] for row in rows("Open CTI") if "publish" in row[0]]
    assert set(fields_of(names)) == set(CHANNEL_FIELDS)


def test_each_field_that_the_provider_sends_has_its_row() -> None:
    """The simulator speaks as the provider's documents do."""
    rendered = (ROOT / "adapter/telephony/simulator/render.py").read_text(encoding="utf-8")
    spoken, _, after = rendered.partition("def truth(")
    fields = after.partition("def _fields(")[2].partition("def _duration")[0]
    sent = set(re.findall(r'"(\w+)": ', spoken + fields)) | {"transfer_target"}
    table = rows("DialStack's events and records")
    told = set(chain.from_iterable(fields_of(row[0]) for row in table))
    assert sent - told == set()


def test_each_test_that_is_named_exists() -> None:
    """In every table."""
    named = re.findall(r"`(tests/[\w./-]+)`", PAGE)
    assert [name for name in named if not (ROOT / name).is_file()] == []
