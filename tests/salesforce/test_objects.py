"""Which records a Task may be about."""

import pytest

from adapter.salesforce.objects import Link, link_of


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
