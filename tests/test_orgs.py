"""The orgs of a deployment, and which of them somebody means."""

from __future__ import annotations

from adapter.orgs import Org, Orgs

A, B = (
    Org(f"00D00000000000{letter}", (f"https://{letter}.lightning.force.com",)) for letter in "ab"
)


def test_a_request_without_an_org_means_the_only_one() -> None:
    """Where there are two, nobody is guessed; of 18 letters the last three say nothing."""
    two = Orgs((A, B))
    assert two.named("") is None
    assert two.named("00D00000000000c") is None
    assert two.named("00D00000000000bAAA") is B
    assert Orgs((A,)).named("") is A
    assert Orgs((A,)).named("00D00000000000b") is None


def test_an_org_is_found_by_its_exact_origin() -> None:
    """No other spelling is anybody's."""
    orgs = Orgs((A, B))
    assert orgs.of_origin("https://b.lightning.force.com") is B
    assert orgs.of_origin("https://b.lightning.force.com/") is None
    assert orgs.origins == ("https://a.lightning.force.com", "https://b.lightning.force.com")
