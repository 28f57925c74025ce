"""The port: its errors, and that nothing of it is without a contract."""

from __future__ import annotations

from inspect import getmembers, isfunction
from pathlib import Path

import pytest

from adapter.storage.port import Conflict, Duplicate, StorageError, Store

METHODS = [name for name, _ in getmembers(Store, isfunction) if not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_the_port_is_in_its_contract_suite(name: str) -> None:
    """The contract suite calls each of them."""
    suite = (Path(__file__).parents[1] / "contracts" / "test_store.py").read_text()
    assert f"store.{name}(" in suite


@pytest.mark.parametrize("kind", [Conflict, Duplicate])
def test_every_special_error_is_a_storage_error(kind: type[Exception]) -> None:
    """Conflict and Duplicate both say that nothing of the commit is in."""
    assert issubclass(kind, StorageError)
