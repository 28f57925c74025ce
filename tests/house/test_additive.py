"""While a deploy rolls, the release before works on the new tables: migrations only add."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.additive import breaches

VERSIONS = Path(__file__).parents[2] / "adapter" / "storage" / "migrations" / "versions"


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.stem)
def test_every_migration_only_adds(path: Path) -> None:
    """What is dropped was unused in a release that is named."""
    assert breaches(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "step",
    [
        'op.create_table("notes", sa.Column("id", sa.Text, nullable=False))',
        'op.add_column("calls", sa.Column("tag", sa.Text))',
        'op.add_column("calls", sa.Column("tag", sa.Text, nullable=False, server_default=""))',
        'op.create_index("calls_tag", "calls", ["tag"])',
        'UNUSED_SINCE = "0.2.0"\nop.drop_column("calls", "tag")',
    ],
)
def test_changes_that_the_previous_release_does_not_notice_are_permitted(step: str) -> None:
    """It leaves the new column out of what it writes, and names those that it reads."""
    assert breaches(step) == []


@pytest.mark.parametrize(
    "step",
    [
        'op.drop_column("calls", "value")',
        'op.drop_table("parked")',
        'op.alter_column("calls", "value", new_column_name="told")',
        'op.rename_table("calls", "phone_calls")',
        'op.add_column("calls", sa.Column("tag", sa.Text, nullable=False))',
        'UNUSED_SINCE = "0.2.0"\nop.rename_table("calls", "phone_calls")',
        'with op.batch_alter_table("calls") as batch:\n    pass',
    ],
)
def test_changes_that_would_break_the_previous_release_are_found(step: str) -> None:
    """With the line it stands on."""
    (sentence,) = breaches(step)
    assert sentence.startswith("line ")
