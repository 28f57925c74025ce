"""The tables as code, and the same as the migrations make them."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from adapter.storage.migrate import upgrade
from adapter.storage.schema import METADATA, is_sqlite, sqlalchemy_url
from tests.storage.servers import Postgres


def differences(url: str) -> list[object]:
    """What alembic would change to get from the database to the tables as code."""
    engine = sa.create_engine(sqlalchemy_url(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def test_the_migrations_make_the_tables_of_the_schema_on_sqlite(tmp_path: Path) -> None:
    """Columns and indexes agree."""
    url = f"sqlite:///{tmp_path}/softphone.db"
    upgrade(url)
    assert differences(url) == []


def test_the_migrations_make_the_tables_of_the_schema_on_postgresql(postgres: Postgres) -> None:
    """Columns and indexes agree there as well."""
    url = postgres.database()
    upgrade(url)
    assert differences(url) == []


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:////var/x.db", "sqlite:////var/x.db"),
        ("postgresql://u:p%40@h/d", "postgresql+psycopg://u:p%40@h/d"),
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
    ],
)
def test_an_address_gets_the_driver_that_we_use(given: str, used: str) -> None:
    """Psycopg 3 for PostgreSQL, also by its old name; passwords stay as they are."""
    assert sqlalchemy_url(given) == used


def test_only_sqlite_is_sqlite() -> None:
    """What migrations ask of a dialect."""
    assert is_sqlite(sa.create_engine("sqlite://").dialect)
    assert not is_sqlite(sa.create_engine("postgresql+psycopg://h/d").dialect)
