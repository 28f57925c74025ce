"""The definition file that we write: as agreed, and by the rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.opencti.callcenter import CallCenter, Experience, sections, setup_xml
from adapter.opencti.callcenter_rules import problems
from adapter.xmltext import read

GOLDEN = Path(__file__).parent / "golden"
WEB = Path(__file__).resolve().parents[2] / "web"
PAGE = "https://softphone.example.com/softphone"
STANDBY = "https://status.example.com/standby.html"


def center(experience: Experience = "lightning") -> CallCenter:
    """A call center as the command line makes it."""
    return CallCenter(
        adapter_url=PAGE,
        experience=experience,
        standby_url=STANDBY,
        dispositions=("Reached", "No answer"),
        channel="SoftphoneCalls__c",
    )


@pytest.mark.parametrize("experience", ["lightning", "classic", "both"])
def test_the_file_is_the_golden_one(experience: Experience) -> None:
    """What Setup gets changes only when somebody means it to."""
    golden = (GOLDEN / f"callcenter-{experience}.xml").read_text(encoding="utf-8")
    assert setup_xml(center(experience)) == golden


@pytest.mark.parametrize("experience", ["lightning", "classic", "both"])
def test_the_file_breaks_no_rule(experience: Experience) -> None:
    """Our own file passes the validator that admins' files must pass."""
    assert problems(setup_xml(center(experience))) == ()


def test_without_a_standby_page_there_is_no_time_out_either() -> None:
    """Setup wants both or neither."""
    plain = setup_xml(CallCenter(adapter_url=PAGE))
    assert "reqStandbyUrl" not in plain
    assert "reqTimeout" not in plain
    assert problems(plain) == ()


def test_our_settings_have_the_keys_that_the_page_reads() -> None:
    """Each of them, and no other: an item that nobody reads would be a promise."""
    table = (WEB / "softphone" / "call-center.js").read_text().partition("const ITEMS = {")[2]
    read = set(re.findall(r"^  '(\w+)':", table.partition("\n};")[0], re.MULTILINE))
    assert len(read) > 10
    written = {(s.name, i.name) for s in sections(center()) for i in s.items}
    dialing = {("reqDialingOptions", name) for name in read if name.startswith("req")}
    ours = {("softphone", name) for name in read if not name.startswith("req")}
    assert {one for one in written if one[0] != "reqGeneralInfo"} == dialing | ours


@given(
    # XML has no way to write most control characters, and Setup none to take them.
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=60,
    )
)
def test_any_name_and_result_survive_a_round_trip(text: str) -> None:
    """Angle brackets, ampersands and quotes are somebody's words, not markup."""
    made = read(setup_xml(CallCenter(adapter_url=PAGE, display_name=text, dispositions=(text,))))
    assert made.findtext(".//item[@name='reqDisplayName']") == text
    assert made.findtext(".//item[@name='dispositions']") == text
