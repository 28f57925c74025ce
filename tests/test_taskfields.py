"""Which fields of a Task an admin may fill."""

from __future__ import annotations

import pytest

from adapter.taskfields import is_field


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("Phone__c", True),
        ("Type", True),
        ("WhoId", False),
        ("whoid", False),
        ("1a", False),
        ("", False),
    ],
)
def test_a_field_of_the_adapter_s_own_is_not_the_admin_s(name: str, may: bool) -> None:
    """And a name is a name."""
    assert is_field(name) is may
