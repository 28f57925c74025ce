"""Which CDR is the answer to a question about a call."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapter.core.effects import FetchCdr, FindCdr
from adapter.core.events import CdrFound, CdrMissing, CdrUnavailable
from adapter.core.facts import Direction
from adapter.core.model import TelephonyUser
from adapter.runtime.cdrlookup import CdrLookup, driver_of
from adapter.telephony.dialstack.cdr import CdrRow
from adapter.telephony.port import Unsupported
from adapter.telephony.updates import Moment
from adapter.tenants import Tenants
from tests.fakes.tenants import OneTenant, a_tenant
from tests.runtime.conftest import ADA, LINE, Bench, incoming, news

SINCE = 1_000_000
OURS = CdrRow(
    "pc9",
    LINE.user,
    Direction.OUTBOUND,
    "100",
    "+12025550143",
    started_at=SINCE,
    ended_at=SINCE + 9,
)
PLACED = FindCdr("ours", LINE, "+12025550143", SINCE)


def lookup(bench: Bench) -> CdrLookup:
    """Asks that bench's provider."""
    tenants = OneTenant(a_tenant(bench.provider, LINE.account))
    return CdrLookup(bench.store, tenants, bench.clock, bench.intake.take)


async def test_a_placement_is_found_by_its_user_number_and_time(bench: Bench) -> None:
    """The oldest that fits; the provider's clock may run a little behind ours."""
    later = replace(OURS, provider_call_id="pc10", started_at=SINCE + 60_000)
    bench.provider.rows = [later, replace(OURS, started_at=SINCE - 4_000)]
    found = await lookup(bench).find(ADA, PLACED)
    assert isinstance(found, CdrFound)
    assert found.provider_call_id == "pc9"


@pytest.mark.parametrize(
    "other",
    [
        replace(OURS, user_id="somebody"),
        replace(OURS, direction=Direction.INBOUND),
        replace(OURS, started_at=SINCE - 6_000),
        replace(OURS, to_number="+12025550999"),
    ],
    ids=["another user's", "came in", "earlier", "another number"],
)
async def test_another_call_is_not_matched(bench: Bench, other: CdrRow) -> None:
    """A provider ignores a filter that it does not know."""
    bench.provider.rows = [other]
    assert isinstance(await lookup(bench).find(ADA, PLACED), CdrMissing)


async def test_a_call_of_another_agent_is_not_matched(bench: Bench) -> None:
    """It was placed before, and told of by its own events."""
    await bench.greet()
    await bench.intake.take(incoming(news(Moment.DIALED, "pc9")))
    bench.provider.rows = [OURS]
    assert isinstance(await lookup(bench).find(ADA, PLACED), CdrMissing)


async def test_a_user_of_a_removed_account_has_no_cdr_to_read(bench: Bench) -> None:
    """It is no answer: the call may be there."""
    gone = CdrLookup(bench.store, Tenants([]), bench.clock, bench.intake.take)
    for told in (
        await gone.ask(ADA, FetchCdr("ours", LINE, "pc9")),
        await gone.find(ADA, PLACED),
    ):
        assert isinstance(told, CdrUnavailable)
    with pytest.raises(Unsupported, match="no longer set up"):
        driver_of(Tenants([]), TelephonyUser("nobody's", "u"))
