"""What Asterisk sends is read; what it does not send is refused without quoting it."""

import json

import pytest

from adapter.core.facts import Facts, Known, Source
from adapter.telephony.asterisk import wire
from adapter.telephony.updates import CallUpdate, Moment
from tests.telephony.asterisk.traced import NAMES, trace


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_event_is_read_with_its_time(name: str) -> None:
    """All recordings, all events."""
    for event in trace(name):
        assert event.type
        assert event.at > 1_790_000_000_000


def test_an_event_knows_its_channel_and_its_copy() -> None:
    """A Dial is about its peer; both copies of an event have the same mark."""
    raw = (
        '{"type":"Dial","timestamp":"2026-11-29T15:42:36.376+0000","dialstatus":"ANSWER",'
        '"peer":{"id":"c1-dst","name":"PJSIP/trunk-01","state":"Up",'
        '"dialplan":{"app_data":"cti,dest,c1,ada,+1"}},"more":[1,{}]}'
    )
    event = wire.read_event(raw)
    assert event.subject is not None
    assert (event.subject.id, event.subject.endpoint) == ("c1-dst", "PJSIP/trunk")
    assert event.subject.arguments == ("dest", "c1", "ada", "+1")
    assert event.at == 1_795_966_956_376
    assert event.fingerprint == wire.read_event(raw.encode()).fingerprint
    assert wire.read_event('{"type":"ApplicationReplaced"}').fingerprint == (
        "ApplicationReplaced",
        "",
        "",
    )
    ringing = raw.replace('"state":"Up"', '"state":"Ringing"')
    assert wire.read_event(ringing).fingerprint != event.fingerprint


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"type":1}', b"\xff", b'{"channel":{"id":1}}'])
def test_what_cannot_be_read_is_malformed(raw: bytes) -> None:
    """Whichever reader meets it."""
    lists = (wire.read_channels, wire.read_bridges)
    for reader in (wire.read_event, wire.read_update, *(() if raw == b"[]" else lists)):
        with pytest.raises(wire.Malformed):
            reader(raw)


def test_lists_of_channels_and_bridges_are_read() -> None:
    """With what they hold."""
    channels = wire.read_channels(b'[{"id":"a-d0","state":"Up","caller":{"name":"A"}}]')
    bridges = wire.read_bridges(b'[{"id":"a-b","channels":["a-d0"]}]')
    assert (channels[0].state, channels[0].caller.name) == ("Up", "A")
    assert bridges[0].channels == ("a-d0",)


def test_a_number_is_no_name() -> None:
    """Some networks repeat the number where the name should be."""
    assert wire.Party("Grace", "+1").label == "Grace"
    assert wire.Party("+1", "+1").label == ""


def test_an_update_survives_being_stored() -> None:
    """Word for word, under an id that only the same update has."""
    facts = Facts(connected=Known(5, Source.EVENT))
    update = CallUpdate(Moment.CONNECTED, "01h", "ada", facts)
    raw = wire.write_update(update)
    assert wire.read_update(raw) == update
    assert wire.update_id(raw, update.moment) == wire.update_id(raw, update.moment)
    assert wire.update_id(raw + b" ", update.moment) != wire.update_id(raw, update.moment)
    assert json.loads(raw)["call"] == "01h"


def test_an_end_that_was_not_told_has_its_time() -> None:
    """To the millisecond."""
    event = wire.ended("a-d0", 1_795_966_956_376, 16)
    assert (event.type, event.at, event.cause) == ("ChannelDestroyed", 1_795_966_956_376, 16)
    assert wire.milliseconds("yesterday") == 0
