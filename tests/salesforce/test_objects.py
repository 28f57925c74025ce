"""Which records a Task may be about."""

import re
from pathlib import Path

import pytest

from adapter.salesforce.objects import _WHAT, Link, link_of


@pytest.mark.parametrize(
    ("record_id", "link"),
    [
        ("003000000000001", Link.WHO),
        ("00Q000000000001AAA", Link.WHO),
        ("00q000000000001", Link.PERHAPS),
        ("500000000000001", Link.WHAT),
        ("0Q0000000000001", Link.WHAT),
        ("a00000000000001", Link.WHAT),
        ("A00000000000001", Link.PERHAPS),
        ("005000000000001", Link.NONE),
        ("00T000000000001", Link.NONE),
        ("", Link.NONE),
        ("003", Link.NONE),
    ],
)
def test_an_id_says_by_its_beginning_what_it_is_of(record_id: str, link: Link) -> None:
    """Case counts; what no table knows is tried."""
    assert link_of(record_id) is link


def test_the_panel_knows_the_same_objects() -> None:
    """Otherwise it would show no link of a Task that has one."""
    links = Path(__file__).parents[2] / "web" / "softphone" / "links.js"
    (listed,) = re.findall(r"^const THINGS = /\^\(\?:(.*)\)/;$", links.read_text("utf-8"), re.M)
    assert all(link_of(f"{start:0<15}") is Link.WHAT for start in listed.split("|"))
    assert sorted(listed.split("|")) == sorted(_WHAT)
