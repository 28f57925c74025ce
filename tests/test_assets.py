"""The files that are no Python are found in a checkout and in an installation, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.assets import example, folder

ROOT = Path(__file__).parents[1]


@pytest.mark.interpreted
@pytest.mark.parametrize("name", ["web", "salesforce"])
def test_a_checkout_has_the_assets_beside_the_package(name: str) -> None:
    """Where people edit them."""
    assert folder(name) == ROOT / name


def test_an_installation_has_the_assets_inside_the_package(tmp_path: Path) -> None:
    """Whatever lies beside it in site-packages: `web` is a name that others use too."""
    package = tmp_path / "adapter"
    (package / "assets" / "web").mkdir(parents=True)
    (tmp_path / "web").mkdir()
    assert folder("web", package) == package / "assets" / "web"


def test_a_missing_asset_is_named(tmp_path: Path) -> None:
    """Never an empty answer: half a program would say something else, later."""
    with pytest.raises(FileNotFoundError, match="install it again") as refused:
        folder("salesforce", tmp_path / "adapter")
    assert refused.value.filename == str(tmp_path / "adapter" / "salesforce")


@pytest.mark.interpreted
def test_the_example_settings_are_found_alike(tmp_path: Path) -> None:
    """In a checkout, in an installation, or named."""
    assert example() == ROOT / ".env.example"
    package = tmp_path / "adapter"
    with pytest.raises(FileNotFoundError, match="install it again"):
        example(package)
    (package / "assets").mkdir(parents=True)
    (package / "assets" / "env.example").write_text("")
    assert example(package) == package / "assets" / "env.example"
