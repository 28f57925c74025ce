"""The page about Classic says what its driver does: methods, places, limits, what it has not."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "open-cti-classic.md").read_text(encoding="utf-8")
DRIVER = (ROOT / "web/softphone/classic.js").read_text(encoding="utf-8")
VALUES = (ROOT / "web/softphone/classicvalues.js").read_text(encoding="utf-8")


def methods() -> set[str]:
    """What the driver calls of Salesforce's library."""
    direct = re.findall(r"\b(?:interaction|cti)\.(\w+)\(", DRIVER)
    return {*direct, *re.findall(r"\b(?:asks|hear)\('(\w+)'", DRIVER)}


def rows() -> dict[str, str]:
    """The table of methods: their names, and where each is used."""
    table = PAGE.partition("| method | where it is used | test |")[2].partition("\n\n")[0]
    found = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE)
    return {name: use for names, use in found for name in re.findall(r"`(?:\w*\.)?(\w+)`", names)}


def test_each_method_that_the_driver_calls_has_its_row_and_no_other() -> None:
    """Beside what a Visualforce page of the feed calls, and what is not used."""
    told = {name for name, use in rows().items() if not re.match("not used|the sample page", use)}
    assert len(told) >= 17
    assert told == methods()


def test_a_method_documented_as_unused_is_unused() -> None:
    """Else the reason against it is none."""
    unused = {name for name, use in rows().items() if use.startswith("not used")}
    assert unused == {"searchAndScreenPop"}
    assert not unused & methods()


def test_each_place_of_a_screen_pop_is_listed_and_no_other() -> None:
    """With the address that the driver makes of it."""
    places = VALUES.partition("const places = {")[2].partition("};")[0]
    made = set(re.findall(r"^\s*([A-Z_]+): ", places, re.MULTILINE))
    section = PAGE.partition("## Where a screen pop leads\n")[2].partition("\n## ")[0]
    assert len(made) == 7
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", section, re.MULTILINE)) == made


def test_each_object_with_an_address_of_its_own_is_named() -> None:
    """And each whose form can be filled in."""
    prefixes = VALUES.partition("const PREFIXES = {")[2].partition("};")[0]
    prefills = VALUES.partition("const PREFILLS = {")[2].partition("};")[0]
    known = set(re.findall(r"(\w+): '\w{3}'", prefixes))
    filled = set(re.findall(r"^\s*(\w+): \{", prefills, re.MULTILINE))
    section = PAGE.partition("## Where a screen pop leads\n")[2].partition("\n## ")[0]
    (row,) = re.findall(r"^\| `NEW_RECORD_MODAL` \|.*$", section, re.MULTILINE)
    below = section.rpartition("|\n\n")[2]
    assert len(known) == 10
    assert [name for name in known if name not in below] == []
    assert [name for name in filled if name not in row] == []


def test_features_missing_in_classic_are_listed() -> None:
    """Each answer of the driver that is UNSUPPORTED."""
    lacking = set(re.findall(r"unsupported\('(\w+)'\)", DRIVER))
    assert len(lacking) == 4
    part = PAGE.partition("What Classic does not have")[2].partition("\n\n")[0]
    assert lacking <= set(re.findall(r"`(\w+)`", part))


def test_the_length_of_the_directory_is_the_drivers() -> None:
    """So many numbers are read, and no more."""
    (page,) = re.findall(r"DIRECTORY_PAGE = ([\d_]+);", DRIVER)
    (pages,) = re.findall(r"DIRECTORY_PAGES = ([\d_]+);", DRIVER)
    assert f"more than {int(page) * int(pages):,} numbers" in PAGE
