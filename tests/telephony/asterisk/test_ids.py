"""The names of channels: short enough, ours to recognize, and nobody else's."""

import pytest

from adapter.telephony.asterisk import ids

CALL = "call_01h455vb4pex5vsknk084sn02q"


def test_a_call_lends_its_name_to_its_channels_within_32_characters() -> None:
    """FreePBX keeps ids in columns of that width."""
    root = ids.root_of(CALL)
    names = [ids.device(root, 9), ids.destination(root), ids.transfer(root), ids.bridge(root)]
    assert root == "01h455vb4pex5vsknk084sn02q"
    assert max(map(len, names)) <= 32
    assert ids.root_of("a.long-id of another_kind:with/marks" * 3).isalnum()


def test_a_channel_name_contains_its_call_and_role() -> None:
    """Phones of the agent, the destination, who takes over; in calls that came in as well."""
    assert ids.leg_name("01h-d3") == ("01h", "d", 3)
    assert ids.leg_name("01h-dst") == ("01h", "dst", 0)
    assert ids.leg_name("1795967475-362-t0") == ("1795967475-362", "t", 0)
    for other in ("1795967475.362", "1795967475-362", "x-y", "", "a;b-d0"):
        assert ids.leg_name(other) is None


@pytest.mark.parametrize("channel", ["1795967475.362", "pbx-1-1795967475.362"])
def test_a_call_that_began_at_the_exchange_is_named_by_its_channel_and_back(channel: str) -> None:
    """Also where the exchange puts its own name before."""
    assert ids.channel_of_call(ids.call_of_channel(channel)) == channel
    assert ids.channel_of_call(ids.root_of(CALL)) is None


def test_what_could_split_the_arguments_is_refused() -> None:
    """A comma would shift them all."""
    assert ids.arguments("user", "01h", "PJSIP/ada&PJSIP/99", "+1555*#") == (
        "user,01h,PJSIP/ada&PJSIP/99,+1555*#"
    )
    for bad in ("a,b", 'a"b', "a\nb"):
        with pytest.raises(ValueError, match="would not pass on"):
            ids.arguments("user", bad)


def test_a_bridge_name_contains_its_call() -> None:
    """One of another's making is no call's."""
    assert ids.call_of_bridge(ids.bridge("c1")) == "c1"
    assert ids.call_of_bridge("a/bridge-b") == ""
    assert ids.call_of_bridge("c1") == ""


def test_whom_the_agent_calls_in_is_a_leg_of_the_call() -> None:
    """Within 32 characters, too."""
    assert ids.leg_name(ids.consulted("c1")) == ids.LegName("c1", "c", 0)
    assert len(ids.consulted("x" * ids.ROOT_LENGTH)) <= 32
