"""The database: there, of this version, writable, with room; and left as it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from adapter.doctor.database import database_findings
from adapter.doctor.findings import Grade
from adapter.storage.migrate import upgrade
from tests.doctor.conftest import texts_of
from tests.storage.servers import Postgres

Usage = namedtuple("Usage", "total used free")


def grades(url: str, check: str = "database") -> list[tuple[Grade, str]]:
    """What is found of the database."""
    return texts_of(tuple(database_findings(url)), check)


def test_a_migrated_file_passes(tmp_path: Path) -> None:
    """With the tables of this version, also while an adapter holds it."""
    url = f"sqlite:///{tmp_path}/test.db"
    upgrade(url)
    assert [grade for grade, _ in grades(url)] == [Grade.OK]


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """The first start makes it; a doctor who did would hide that nobody has started."""
    ((grade, text),) = grades(f"sqlite:///{tmp_path}/new/test.db")
    assert grade is Grade.WARN
    assert "does not exist yet" in text
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_tables_fails(tmp_path: Path) -> None:
    """Somebody else's file, or an empty one."""
    sqlite3.connect(tmp_path / "test.db").execute("CREATE TABLE theirs (x)").connection.close()
    ((grade, text),) = grades(f"sqlite:///{tmp_path}/test.db")
    assert grade is Grade.FAIL
    assert "does not have the adapter's tables" in text


def test_tables_of_another_version_cause_a_warning(tmp_path: Path) -> None:
    """It names both revisions."""
    url = f"sqlite:///{tmp_path}/test.db"
    upgrade(url)
    connection = sqlite3.connect(tmp_path / "test.db")
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.commit()
    connection.close()
    ((grade, text),) = grades(url)
    assert grade is Grade.WARN
    assert "0000" in text


def test_a_file_that_is_not_a_database_fails(tmp_path: Path) -> None:
    """As after a copy that went wrong."""
    (tmp_path / "test.db").write_bytes(b"not a database, but long enough to look like one" * 50)
    ((grade, text),) = grades(f"sqlite:///{tmp_path}/test.db")
    assert grade is Grade.FAIL
    assert "the file is no SQLite database" in text


@pytest.mark.parametrize("what", ["folder", "file"])
def test_an_unwritable_place_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Folder or file; asked of the system, as root may write anything."""
    file = tmp_path / "test.db"
    upgrade(f"sqlite:///{file}")
    locked = tmp_path if what == "folder" else file
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != locked)
    ((grade, text),) = grades(f"sqlite:///{file}")
    assert grade is Grade.FAIL
    assert f"cannot write to {locked}" in text


@pytest.mark.parametrize(
    ("free", "grade"),
    [(99_999_999, Grade.FAIL), (999_999_999, Grade.WARN), (1_000_000_000, Grade.OK)],
)
def test_the_free_space_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, grade: Grade
) -> None:
    """Below 1 GB somebody should look, below 0.1 GB calls get lost."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(10**12, 0, free))
    ((found, _),) = grades(f"sqlite:///{tmp_path}/test.db", "disk")
    assert found is grade


def test_postgresql_is_judged_by_its_tables(postgres: Postgres) -> None:
    """Empty, then migrated."""
    url = postgres.database()
    assert [grade for grade, _ in grades(url)] == [Grade.FAIL]
    upgrade(url)
    assert [grade for grade, _ in grades(url)] == [Grade.OK]


def test_a_postgresql_that_does_not_answer_fails_without_its_password() -> None:
    """The address holds a secret: only the kind of error is told."""
    ((grade, text),) = grades("postgresql://ada:hunter2@127.0.0.1:1/x?connect_timeout=2")
    assert grade is Grade.FAIL
    assert "hunter2" not in text
