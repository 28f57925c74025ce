"""What a VoiceCall record is told."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from msgspec.structs import replace

from adapter.core.draft import Draft, Record
from adapter.core.facts import Direction, Facts, Known, Outcome, Source
from adapter.core.logs.model import Attempt
from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.page.port import IncomingCall, Written
from adapter.voice.client import VoiceClient, build_http
from adapter.voice.record import (
    RecordRules,
    Times,
    VoiceWriter,
    attributes,
    complete_body,
    create_body,
    instant,
)
from adapter.voice.token import Issuer, read_key
from tests.core.gate import new_log
from tests.core.people import KEY, T0
from tests.fakes.voicecalls import CENTER, ORG, key_pair, voice_calls

RULES = RecordRules("SoftphoneVoice", Policy().disposition)
FIELDS = replace(new_log().wanted, outcome=Outcome.ANSWERED, talk_ms=64_600)


def test_a_ringing_call_is_created_with_all_that_is_required() -> None:
    """Salesforce refuses it without any of these; a withheld number is somebody all the same."""
    body = create_body("c1", caller="+12025550143", called="+12", started=T0, rules=RULES)
    assert body == {
        "callCenterApiName": "SoftphoneVoice",
        "vendorCallKey": "c1",
        "from": "+12025550143",
        "to": "+12",
        "initiationMethod": "Inbound",
        "startTime": instant(T0),
        "participants": [{"participantKey": "+12025550143", "type": "END_USER"}],
    }
    withheld = create_body("c1", caller="", called="", started=T0, rules=RULES)
    assert withheld["participants"][0]["participantKey"] == "anonymous"
    assert (withheld["from"], withheld["to"]) == ("anonymous", "unknown")


def test_a_completion_names_the_caller_for_the_record_that_it_may_have_to_make() -> None:
    """An outbound call's number is known to Salesforce, whose page dialed it."""
    fields = replace(FIELDS, number="+12025550143", name="Ada")
    times = Times(T0, None, None)
    inbound = complete_body(replace(fields, direction=Direction.INBOUND), times, RULES)
    assert inbound["fromNumber"] == "+12025550143"
    assert json.loads(inbound["callAttributes"])["softphoneName"] == "Ada"
    outbound = complete_body(replace(fields, direction=Direction.OUTBOUND), times, RULES)
    withheld = replace(fields, direction=Direction.INBOUND, number="")
    assert "fromNumber" not in outbound
    assert "fromNumber" not in complete_body(withheld, times, RULES)


def test_times_are_utc_with_milliseconds() -> None:
    """As Salesforce writes them."""
    assert instant(1_760_000_000_123) == "2025-10-09T08:53:20.123Z"


def test_a_talk_is_completed_with_its_times_and_words() -> None:
    """A duration needs both ends."""
    fields = replace(FIELDS, draft=Draft(notes="n", disposition="Sold", follow_up=True))
    body = complete_body(fields, Times(T0, T0 + 10_000, T0 + 75_400), RULES)
    said = json.loads(body.pop("callAttributes"))
    assert body == {
        "startTime": instant(T0),
        "acceptTime": instant(T0 + 10_000),
        "endTime": instant(T0 + 75_400),
        "isActiveCall": False,
        "disconnectReason": {"value": "Connected", "isError": False},
    }
    assert said["softphoneNotes"] == "n"
    assert said["softphoneDisposition"] == "Sold"
    assert said["softphoneTalkSeconds"] == 65
    assert said["softphoneFollowUp"] is True
    assert "softphoneSubject" not in said


@pytest.mark.parametrize(
    ("times", "ended"),
    [
        (Times(T0, None, T0 + 5), T0 + 5),
        (Times(T0, None, None), T0),
        (Times(T0, T0 + 3, None), T0 + 3),
        (Times(T0, None, T0 - 9), T0),
    ],
)
def test_an_unanswered_call_is_an_error_with_an_end_time(times: Times, ended: int) -> None:
    """Even where nobody told when it ended; never before its start."""
    body = complete_body(replace(FIELDS, outcome=Outcome.BUSY, talk_ms=None), times, RULES)
    assert body["endTime"] == instant(ended)
    assert body["disconnectReason"] == {"value": "Busy", "isError": True}


def test_links_are_sent_by_id_and_reserved_names_never() -> None:
    """CallerContactInfo and SourceType are Salesforce's own."""
    who = Draft(who=Record("003000000000001"), what=Record("001000000000001"))
    said = attributes(replace(FIELDS, draft=who, record=Record("500000000000001")), RULES)
    assert said["softphoneWhoId"] == "003000000000001"
    assert said["softphoneWhatId"] == "001000000000001"
    assert said["softphoneRecordId"] == "500000000000001"
    assert all(name.startswith("softphone") for name in said)
    bare = attributes(replace(FIELDS, record=None, talk_ms=None), RULES)
    assert bare["softphoneTalkSeconds"] == 0


SAID = Source.EVENT


async def test_a_log_is_completed_by_our_call_id_with_the_calls_own_times() -> None:
    """The key that the page told Salesforce when the call began."""
    facts = Facts(
        started=Known(T0, SAID), connected=Known(T0 + 4_000, SAID), ended=Known(T0 + 9_000, SAID)
    )
    log = replace(new_log(), route=Route.BACKEND, facts=facts)
    numbers = itertools.count()
    async with voice_calls() as api:
        client = VoiceClient(
            build_http(api.url),
            Issuer(ORG, CENTER),
            read_key(key_pair()[0]),
            provider_name="Softphone",
            now_ms=lambda: time.time_ns() // 1_000_000,
            token_id=lambda: f"n{next(numbers)}",
        )
        writer = VoiceWriter(client, RecordRules(CENTER))
        call = IncomingCall("c1", KEY, "+12025550143", "", T0)
        assert await writer.open(call) == Written("0LQ000000000001AAA")
        attempt = Attempt(1, "", "", T0, log.wanted)
        assert await writer.write(log, attempt) == Written("")
        unended = replace(log, facts=Facts())
        assert await writer.write(unended, Attempt(2, "", "", T0, unended.wanted)) == Written("")
        await client.close()
    first = api.asked[1][2]
    assert (first["startTime"], first["acceptTime"], first["endTime"]) == (
        instant(T0),
        instant(T0 + 4_000),
        instant(T0 + 9_000),
    )
    assert set(api.records) == {"c1"}
