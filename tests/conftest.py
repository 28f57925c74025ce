"""What every test may lean on: hypothesis' patience, and PostgreSQL."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.storage.servers import Postgres, running_postgres

# Deadlines per example would be assertions on the wall clock of a shared machine.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deep", settings.get_profile("house"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL server, one a test process; `database()` makes databases in it."""
    with running_postgres() as server:
        yield server
