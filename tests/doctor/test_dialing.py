"""What the doctor says of the dial policy."""

from __future__ import annotations

from adapter.doctor.dialing import dialing_findings
from adapter.doctor.findings import Grade
from adapter.refusals import SETTINGS, variables
from adapter.settings.environment import load

LIMITED = {
    "SOFTPHONE_REGIONS": "DE,AT",
    "SOFTPHONE_DIALS_PER_MINUTE_PER_ORG": "60",
    "SOFTPHONE_CONFIRM_REPEAT_SECONDS": "2.5",
    "SOFTPHONE_PREMIUM_NUMBERS": "true",
}


def texts_for(**said: str) -> str:
    """Everything that is found, in one text."""
    return "\n".join(finding.text for finding in dialing_findings(load(said)))


def test_an_open_dialing_rule_causes_a_warning() -> None:
    """A fresh deployment leaves nothing wide open; each thing that is opened has its line."""
    assert {f.grade for f in dialing_findings(load({}))} == {Grade.OK}
    for name, value in (
        ("REGIONS", "all"),
        ("PREMIUM_NUMBERS", "true"),
        ("SATELLITE_NUMBERS", "true"),
        ("DIALS_PER_MINUTE_PER_ORG", "0"),
    ):
        found = list(dialing_findings(load({f"SOFTPHONE_{name}": value})))
        warned = [f.text for f in found if f.grade is Grade.WARN]
        assert len(warned) == 1
        assert name in warned[0]


def test_each_dialing_rule_is_shown() -> None:
    """Values, not only names."""
    text = texts_for(**LIMITED)
    for words in ("DE, AT", "numbers are allowed", "an org 60 a minute", "within 2.5 seconds"):
        assert words in text
    assert "Calls may go only to US" in texts_for()
    assert "an org any number of a minute" in texts_for(SOFTPHONE_DIALS_PER_MINUTE_PER_ORG="0")
    assert "never needs a confirmation" in texts_for(SOFTPHONE_CONFIRM_REPEAT_SECONDS="0")
    assert "the prefixes 9/1/011" in texts_for(SOFTPHONE_DIAL_PLANS="9/1/011")


def test_every_setting_of_a_refused_number_or_rate_is_named() -> None:
    """An admin who looks for it finds it here."""
    codes = [code for code in SETTINGS if code.startswith(("refused-", "too-many", "confirm-"))]
    named = {variable for code in codes for variable in variables(code)}
    elsewhere = {"SOFTPHONE_DEFAULT_REGION", "SOFTPHONE_EXTENSION_DIGITS"}
    assert [variable for variable in sorted(named - elsewhere) if variable not in texts_for()] == []
