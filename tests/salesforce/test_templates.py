"""What an admin may write into a field, and what becomes of it."""

import pytest
from msgspec.structs import replace

from adapter.core.details import CallDetails
from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import LogFields
from adapter.salesforce.templates import fill, values_of

CALL = LogFields(
    call_id="call_1",
    direction=Direction.INBOUND,
    number="+12025550143",
    name="Ada",
    started_at=1_760_000_000_000,
    time_zone="UTC",
    outcome=Outcome.ANSWERED,
    talk_ms=61_400,
    record=Record("500000000000001", "Lamp", account_id="001000000000001"),
    draft=Draft(),
    own_number="+12025550100",
    provider_call_id="cal_9",
    details=CallDetails("sourceId=Q4, vip; rank:7&b=1=2", "204"),
    recording="cal_9",
    summary="Wants a lamp.",
)

FILLED = {
    "{number}": "+12025550143",
    "{called_number}": "+12025550100",
    "{calling_number}": "+12025550143",
    "{own_number}": "+12025550100",
    "{extension}": "204",
    "{name}": "Ada",
    "{record_id}": "500000000000001",
    "{record_name}": "Lamp",
    "{account_id}": "001000000000001",
    "{call_id}": "call_1",
    "{provider_call_id}": "cal_9",
    "{direction}": "inbound",
    "{outcome}": "Connected",
    "{talk_seconds}": "61",
    "{started_at}": "2025-10-09T08:53:20Z",
    "{recording}": "cal_9",
    "{summary}": "Wants a lamp.",
    "{params}": "sourceId=Q4, vip; rank:7&b=1=2",
}


def test_every_template_name_is_filled_from_the_call() -> None:
    """And each of them is tried here."""
    assert {text.strip("{}") for text in FILLED} == set(values_of(CALL, ""))
    for template, value in FILLED.items():
        assert fill(template, CALL, "Connected") == value


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{params.sourceId}", "Q4"),
        ("{params.2}", "vip"),
        ("{params.rank}", "7"),
        ("{params.b}", "1=2"),
        ("{params.none}", ""),
        ("from {number} to {called_number}", "from +12025550143 to +12025550100"),
        ("https://x.example/?a=b&n={number}", "https://x.example/?a=b&n=+12025550143"),
        ("{nobody} {name.first} {", "{nobody} {name.first} {"),
    ],
)
def test_parameters_and_texts_are_filled_in_and_other_braces_stay(
    template: str, value: str
) -> None:
    """So that an admin sees what was misspelled."""
    assert fill(template, CALL, "Connected") == value


def test_in_an_outbound_call_the_called_number_is_the_other_party_s() -> None:
    """And without a record or a talk there is less to say."""
    call = replace(CALL, direction=Direction.OUTBOUND, record=None, talk_ms=None)
    told = fill("{called_number} {calling_number} {record_id}{talk_seconds}", call, "")
    assert told == "+12025550143 +12025550100 0"


def test_without_a_recording_there_is_no_recording_url() -> None:
    """The whole field stays empty until there is one: half an address leads nowhere."""
    link = "https://recordings.example.com/{recording}.wav"
    assert fill(link, CALL, "Connected") == "https://recordings.example.com/cal_9.wav"
    assert fill(link, replace(CALL, recording=""), "Connected") == ""
    assert fill("{name}: {summary}", replace(CALL, summary=""), "Connected") == ""
