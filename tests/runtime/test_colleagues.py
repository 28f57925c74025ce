"""Colleagues by name or number, and what keeps them from a call."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from msgspec import structs

from adapter.core.availability import Availability, Status
from adapter.core.model import Agent, AgentKey, Bridged, Call, TelephonyUser
from adapter.runtime.colleagues import MOST, Colleagues, Match, fits, state_of
from adapter.runtime.directory import Colleague
from adapter.storage.port import Snapshot, Store
from adapter.tenants import Tenants
from tests.fakes.tenants import a_tenant
from tests.runtime.conftest import ADA, BOB, LINE, HandProvider

BOBS_LINE = TelephonyUser(LINE.account, "user_bob")
LUNCH = Availability(Status.AWAY, "Lunch")
PEOPLE = (
    Colleague("Ada Lovelace", "1001", LINE.user),
    Colleague("Bob van Dyke", "1002", BOBS_LINE.user),
    Colleague("Lovell Bobson", "2002", "user_lovell"),
)


@dataclass
class House:
    """Who is there, by name; and the agents among them."""

    people: tuple[Colleague, ...] = PEOPLE
    agents: dict[AgentKey, Agent] = field(
        default_factory=lambda: {ADA: Agent(ADA, LINE), BOB: Agent(BOB, BOBS_LINE)}
    )

    async def colleagues(self) -> tuple[Colleague, ...]:
        """All."""
        return self.people

    async def agents_of(self, line: TelephonyUser) -> tuple[AgentKey, ...]:
        """Who has it."""
        return tuple(key for key, agent in self.agents.items() if agent.line == line)

    async def load(self, key: AgentKey) -> Snapshot | None:
        """As it was put there."""
        agent = self.agents.get(key)
        return Snapshot(agent, 1, ()) if agent else None

    async def search(self, words: str) -> list[Match]:
        """As Ada looks for somebody."""
        tenant = replace(a_tenant(HandProvider(), LINE.account), people=self)
        store: Store = self  # type: ignore[assignment]  # only these two are asked for
        return await Colleagues(store, Tenants([tenant])).search(ADA, words)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bob", ["1002", "2002"]),
        ("dy bo", ["1002"]),
        ("1002", ["1002"]),
        ("love", ["2002"]),
        ("b", []),
        ("ob", []),
        ("  ", []),
    ],
)
async def test_words_begin_a_name_or_a_number(words: str, found: list[str]) -> None:
    """In any order; nobody finds themselves, and one letter finds nobody."""
    assert [one.number for one in await House().search(words)] == found


async def test_a_colleagues_unavailability_is_shown() -> None:
    """In a call, away with the reason; nothing of who is no agent of ours."""
    house = House()
    house.agents[BOB] = structs.replace(house.agents[BOB], availability=LUNCH)
    assert await house.search("bob") == [
        Match("Bob van Dyke", "1002", "away", "Lunch"),
        Match("Lovell Bobson", "2002", "", ""),
    ]


async def test_a_state_is_shown_only_within_its_org() -> None:
    """Another org's agent may have the same line, and is none of theirs."""
    house = House()
    stranger = AgentKey("00D000000000002", BOB.user_id)
    house.agents = {stranger: Agent(stranger, BOBS_LINE, availability=LUNCH)}
    assert [one.state for one in await house.search("bob")] == ["", ""]


def test_a_call_outweighs_what_was_chosen() -> None:
    """Whoever talks is busy."""
    talk = Call("c1", "+12125550123", 1, Bridged(1, 2))
    assert state_of(Agent(BOB, calls=(talk,), availability=LUNCH)) == ("busy", "")
    assert state_of(Agent(BOB)) == ("", "")


async def test_the_number_of_matches_is_limited() -> None:
    """And an org that nobody set up has no house."""
    house = House(tuple(Colleague(f"Bob {n}", str(n), f"u{n}") for n in range(99)))
    assert len(await house.search("bob")) == MOST
    store: Store = house  # type: ignore[assignment]  # only these two are asked for
    assert await Colleagues(store, Tenants([])).search(ADA, "bob") == []


def test_each_word_counts() -> None:
    """And a number is one from its beginning."""
    assert fits("Bob van Dyke", "1002", "dyke van")
    assert not fits("Bob van Dyke", "1002", "dyke max")
    assert not fits("Bob van Dyke", "1002", "002")
