"""What a simulator is by default."""

from adapter.telephony.simulator.config import DEFAULT_USERS, Endpoint
from tests.telephony.running import config


def test_the_default_users_are_distinct() -> None:
    """Ids, emails and extensions are each unique, and Ada is there."""
    for name in ("user_id", "email", "extension"):
        values = [getattr(user, name) for user in DEFAULT_USERS]
        assert len(set(values)) == len(values)
    assert DEFAULT_USERS[0].email == "ada@example.com"


def test_the_simulator_listens_only_on_loopback() -> None:
    """A simulator is not for the network."""
    assert config().host == "127.0.0.1"


def test_redelivery_outlasts_a_restart() -> None:
    """An adapter that is away for minutes still gets its events."""
    assert sum(config().backoff_seconds) > 300


def test_an_endpoint_gets_the_events_it_subscribed_to() -> None:
    """Some types, or all of them; its secret shows nowhere."""
    some = Endpoint("we_1", "http://x", frozenset({"call.end"}), "whsec_x")
    assert (some.wants("call.end"), some.wants("call.ringing")) == (True, False)
    assert Endpoint("we_2", "http://x", frozenset({"*"}), "s").wants("anything")
    assert "whsec" not in repr(some)
