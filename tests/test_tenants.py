"""Who is whose: by the agent's org, by the account that is told of, and never by guessing."""

from __future__ import annotations

from adapter.core.model import AgentKey, TelephonyUser
from adapter.telephony.dialstack.driver import DialStackDriver, build_http
from adapter.tenants import Tenants
from tests.fakes.tenants import a_tenant

ADA, BOB = AgentKey("00D000000000001", "005A"), AgentKey("00D000000000002", "005B")


def driver(account: str) -> DialStackDriver:
    """One that is asked for nothing over the network."""
    return DialStackDriver(build_http("http://127.0.0.1:9", "sk", account), account=account)


def two() -> Tenants[object]:
    """Ada's org and Bob's."""
    orgs = ((ADA, "acct_a"), (BOB, "acct_b"))
    return Tenants([a_tenant(driver(a), a, org_id=key.org_id) for key, a in orgs])  # type: ignore[misc]


def test_an_agent_and_an_account_lead_to_the_same_tenant() -> None:
    """Each to its own."""
    tenants = two()
    for key, account in ((ADA, "acct_a"), (BOB, "acct_b")):
        tenant = tenants.of_agent(key)
        assert tenant is not None
        assert tenant is tenants.of_account(account) is tenants.of_org(key.org_id)
        assert tenant.telephony.account == account
        assert tenant.capabilities.transfer
        assert tenants.rules_of(key) is tenant.rules


def test_an_unknown_org_or_account_has_no_tenant() -> None:
    """Also where there is only one that could be meant."""
    tenants = Tenants(two().all[:1])
    assert tenants.of_agent(BOB) is None
    assert tenants.rules_of(BOB) is None
    assert tenants.of_account("acct_b") is None
    assert tenants.of_org(ADA.org_id + "AAA") is None


def test_a_stored_delivery_is_read_by_the_driver_of_its_account() -> None:
    """One of an account that is gone tells nothing."""
    body = b'{"id":"e","type":"call.end","data":{"call_id":"c1"}}'
    tenants = two()
    update = tenants.read("acct_a", body, 1_000)
    assert update is not None
    assert update.provider_call_id == "c1"
    assert tenants.read("acct_gone", body, 1_000) is None
    assert tenants.read("acct_a", b"[", 1_000) is None


async def test_an_agent_is_looked_up_only_in_their_own_org() -> None:
    """The same e-mail in another org is another person; an unknown org has nobody."""

    class Adas:
        async def line(self, key: AgentKey, email: str) -> TelephonyUser | None:
            return TelephonyUser("acct_a", "user_ada")

        def surface(self, key: AgentKey, email: str) -> str:
            return "voice"

        def ring_profiles(self, line: TelephonyUser) -> tuple[str, ...]:
            return ("mobile",)

    from dataclasses import replace

    one, other = two().all
    tenants = Tenants([replace(one, directory=Adas()), other])
    assert await tenants.line(ADA, "ada@example.com") == TelephonyUser("acct_a", "user_ada")
    assert tenants.surface(ADA, "ada@example.com") == "voice"
    assert tenants.ring_profiles(TelephonyUser("acct_a", "user_ada")) == ("mobile",)
    assert tenants.ring_profiles(TelephonyUser("acct_gone", "user_ada")) == ()
    assert tenants.surface(AgentKey("00D000000000003", "005A"), "ada@example.com") == ""
    assert await tenants.line(BOB, "ada@example.com") is None
    assert await tenants.line(AgentKey("00D000000000003", "005A"), "ada@example.com") is None
