"""The port's values and errors."""

import pytest

from adapter.telephony.port import ProviderError, Rejected, Unknown, Unsupported
from adapter.telephony.updates import Webhook


def test_a_refusal_contains_the_providers_full_answer() -> None:
    """Code, text, the wait it asks for, and its own number of the request."""
    error = Rejected("http-429", "Slow down", retry_after=2.0, request_id="req_1")
    told = (error.code, error.text, error.retry_after, error.request_id)
    assert told == ("http-429", "Slow down", 2.0, "req_1")
    assert str(error) == "Slow down"


@pytest.mark.parametrize("kind", [Rejected, Unknown, Unsupported])
def test_every_failure_is_a_provider_error(kind: type) -> None:
    """Whoever cares only that it failed catches one kind."""
    assert issubclass(kind, ProviderError)


def test_every_failure_is_distinct() -> None:
    """Surely no call and perhaps a call can never be caught for one another."""
    assert not issubclass(Rejected, Unknown)
    assert not issubclass(Unknown, Rejected)


def test_a_webhook_secret_does_not_show_in_a_log() -> None:
    """The value's text leaves the secret out."""
    assert "whsec" not in repr(Webhook("we_1", "whsec_x"))
