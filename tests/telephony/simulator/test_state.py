"""The parts of a simulator, wired together."""

from adapter.telephony.simulator.state import State
from tests.telephony.running import config


def test_configured_webhooks_are_registered_with_the_configured_secret() -> None:
    """Each of them, for all types."""
    state = State(config(webhooks=("http://a.test/", "http://b.test/"), secret="whsec_x"))
    assert [endpoint.url for endpoint in state.sender.endpoints.values()] == [
        "http://a.test/",
        "http://b.test/",
    ]
    assert all(endpoint.secret == "whsec_x" for endpoint in state.sender.endpoints.values())
    assert all(endpoint.wants("anything") for endpoint in state.sender.endpoints.values())
