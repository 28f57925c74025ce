"""What an admin writes for the panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.orgfile import orgs_of
from adapter.panelfile import NoteTemplate, PanelFile, read_panel_file
from adapter.settings import WrongSetting
from adapter.settings.environment import load

WHOLE = """
away_reasons = ["Lunch", " Break "]
[[note]]
name = "Voicemail"
text = "Left a voicemail for {name}."
"""


def write_file(folder: Path, text: str) -> Path:
    """A file with that text."""
    path = folder / "panel.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_reasons_and_templates_are_read_in_the_admins_order(tmp_path: Path) -> None:
    """Blanks around a word are nobody's."""
    assert read_panel_file(write_file(tmp_path, WHOLE)) == PanelFile(
        ("Lunch", "Break"), (NoteTemplate("Voicemail", "Left a voicemail for {name}."),)
    )
    assert read_panel_file(write_file(tmp_path, "")) == PanelFile()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reasons = []", "has no reasons"),
        ("away_reasons = 'Lunch'", "must be a list"),
        ("note = 'x'", "must be a list"),
        ("away_reasons = [7]", "must be a text"),
        ("away_reasons = ['']", "must be a text"),
        ("away_reasons = ['Lunch', 'Lunch']", "each listed once"),
        ("[[note]]\nname = 'x'", "a name and a text"),
        ("note = [7]", "a name and a text"),
        (f"[[note]]\nname = 'x'\ntext = '{'x' * 4001}'", "the text of 'x'"),
        ("away_reasons = [", "Invalid"),
    ],
)
def test_an_error_in_the_file_is_reported_with_its_setting(
    tmp_path: Path, text: str, said: str
) -> None:
    """The start stops, as with any wrong setting."""
    path = write_file(tmp_path, text)
    with pytest.raises(WrongSetting, match=r"SOFTPHONE_PANEL_FILE: .*panel.toml: ") as error:
        orgs_of(load({}, panel_file=path))
    assert said in str(error.value)


def test_each_org_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    """Without one it has the deployment's."""
    assert orgs_of(load({}, panel_file=write_file(tmp_path, WHOLE))).all[0].panel.notes
