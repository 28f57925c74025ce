"""Hints as notifications: nothing is lost, and releases understand each other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.model import AgentKey
from adapter.fanout.notifications import MOST_VALUE_BYTES, hint_of, pack, unpack
from adapter.fanout.port import Topic

ADA = AgentKey("00D000000000001", "005000000000001")

KEYS = st.builds(AgentKey, st.text(max_size=40), st.text(max_size=40))
SECRET = b"of this store"
VALUES = st.none() | st.builds(lambda words: json.dumps([words]).encode(), st.text(max_size=9_000))


@given(st.lists(st.tuples(KEYS, st.integers(0, 2**62), VALUES), max_size=100))
def test_packing_loses_nothing_and_keeps_to_the_servers_limit(
    told: list[tuple[AgentKey, int, bytes | None]],
) -> None:
    """In order, in notifications of less than 8,000 bytes; only what is too long stays away."""
    hints = [hint_of(Topic.VERSION, *one, SECRET) for one in told]
    packed = pack("me", hints)
    assert [hint for payload in packed for hint in unpack(payload, "another")] == hints
    assert all(len(payload.encode()) < 8_000 for payload in packed)
    assert not any(unpack(payload, "me") for payload in packed)
    for (_, _, value), hint in zip(told, hints, strict=True):
        is_short = value is not None and len(value) <= MOST_VALUE_BYTES
        assert bytes(hint.value) == (value if is_short else b"null")


def test_what_does_not_fit_into_one_notification_goes_into_the_next() -> None:
    """Two agents' values fit into the server's limit, a third does not."""
    value = json.dumps(["x" * 3_000]).encode()
    hints = [hint_of(Topic.VERSION, ADA, version, value, SECRET) for version in (1, 2, 3)]
    packed = pack("me", hints)
    assert [len(unpack(payload, "another")) for payload in packed] == [2, 1]
    assert unpack(packed[0], "me") == unpack("[", "another") == []
    assert pack("me", []) == []
    assert all(hint.is_marked_with(SECRET) for hint in hints)


@pytest.mark.parametrize(
    ("topic", "version", "sent"),
    [
        (Topic.VERSION, 7, "005000000000001"),
        (Topic.SIGNED_OUT, 0, "005000000000001"),
        (Topic.PHONE_MOVED, 0, "005000000000001/phone"),
        (Topic.CALLS_PLACED, 3, "dials@005000000000001"),
        (Topic.REPLICA, 9, "replica@005000000000001"),
    ],
)
def test_each_topic_is_sent_as_releases_before_topics_sent_it(
    topic: Topic, version: int, sent: str
) -> None:
    """During a rolling deploy both releases hear each other."""
    hint = hint_of(topic, ADA, version, None, SECRET)
    assert (hint.org, hint.user, hint.version) == (ADA.org_id, sent, version)
    assert hint.subject == (topic, ADA)
