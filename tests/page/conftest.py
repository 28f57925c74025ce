"""What tests of pages share with those of the runtime."""

from __future__ import annotations

from tests.runtime.conftest import bench, pair

__all__ = ["bench", "pair"]
