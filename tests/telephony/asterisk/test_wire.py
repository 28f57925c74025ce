"""What Asterisk sends is read; what it does not send is refused without quoting it."""

import functools
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

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
    lists = (partial(wire.read_list, wire.Channel), partial(wire.read_list, wire.Bridge))
    for reader in (wire.read_event, wire.read_update, *(() if raw == b"[]" else lists)):
        with pytest.raises(wire.Malformed):
            reader(raw)


ODD = ("null", "7", "true", "[]", "[null]", "{}", '"\\ud83d"', "1e999", '"\\u0000"')


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_value_costs_the_field_in_which_it_stands(odd: str) -> None:
    """In any field of each kind of event: its type and its channel's id are there all the same."""
    kinds = {event.type: event for name in NAMES for event in trace(name)}
    for event in kinds.values():
        told = json.loads(msgspec.json.encode(event))
        for path in [path for path in _paths(told) if path[-1] not in ("type", "id")]:
            inner = functools.reduce(dict.__getitem__, path[:-1], told)
            value, inner[path[-1]] = inner[path[-1]], "\0"
            found = wire.read_event(json.dumps(told).replace('"\\u0000"', odd))
            inner[path[-1]] = value
            assert found.type == event.type
            if path != ("channel",) and event.channel is not None:
                assert found.channel is not None
                assert found.channel.id == event.channel.id


def _paths(told: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, value in told.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from _paths(value, (*above, key))


def test_one_odd_channel_does_not_affect_the_others() -> None:
    """Nor does a letter that is none: others' channels are in that list, too."""
    raw = b'[{"id":"a","caller":{"name":null,"number":"7"}},{"id":5},7,{"id":"b","name":"Zo\xeb"}]'
    found = wire.read_list(wire.Channel, raw)
    assert [(one.id, one.caller.number) for one in found] == [("a", "7"), ("b", "")]
    bridges = wire.read_list(
        wire.Bridge, b'[{"id":"a","channels":["x",null]},{"channels":[]},null]'
    )
    assert bridges == (wire.Bridge("a", ("x",)),)
    with pytest.raises(wire.Malformed):
        wire.read_list(wire.Channel, b'{"message":"no list"}')


@pytest.mark.parametrize("odd", ["", "yesterday", "1970-01-01T00:00:09.000+0000", "0001-01-01"])
def test_a_wrong_clock_is_ignored(odd: str) -> None:
    """Neither is one ten minutes behind: then it happened when we heard of it."""
    heard = 1_795_966_956_376
    assert wire.Event("Dial", odd, heard_at=heard).at == heard
    behind = wire.ended("a-d0", heard - 600_000, 16)
    assert replace(behind, heard_at=heard).at == heard
    assert replace(behind, heard_at=heard - 599_000).at == heard - 600_000


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 30 Nov 99999 15:05:00 GMT"])
def test_a_missing_clock_counts_as_right(date: str) -> None:
    """One that is minutes off does not, in either direction."""
    assert wire.behind_ms(date, 1_796_051_100_000) == 0
    told = "Mon, 30 Nov 2026 15:05:00 GMT"
    assert wire.behind_ms(told, 1_796_051_100_000 + 300_000) == 0
    assert wire.behind_ms(told, 1_796_051_100_000 - 300_001) == -300_001


def test_lists_of_channels_and_bridges_are_read() -> None:
    """With what they hold."""
    channels = wire.read_list(wire.Channel, b'[{"id":"a-d0","state":"Up","caller":{"name":"A"}}]')
    bridges = wire.read_list(wire.Bridge, b'[{"id":"a-b","channels":["a-d0"]}]')
    assert (channels[0].state, channels[0].caller.name) == ("Up", "A")
    assert bridges[0].channels == ("a-d0",)


def test_a_number_is_not_a_name() -> None:
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


def test_an_unreported_end_has_its_time() -> None:
    """To the millisecond."""
    event = wire.ended("a-d0", 1_795_966_956_376, 16)
    assert (event.type, event.at, event.cause) == ("ChannelDestroyed", 1_795_966_956_376, 16)
    assert wire.milliseconds("yesterday") == 0
