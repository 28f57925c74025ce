"""Where webhooks go."""

from adapter.telephony.simulator.endpoints import Endpoint


def test_an_endpoint_gets_the_events_it_subscribed_to() -> None:
    """Some types, or all of them; its secret shows nowhere."""
    some = Endpoint("we_1", "http://x", frozenset({"call.end"}), "whsec_x")
    assert (some.wants("call.end"), some.wants("call.ringing")) == (True, False)
    assert Endpoint("we_2", "http://x", frozenset({"*"}), "s").wants("anything")
    assert "whsec" not in repr(some)
