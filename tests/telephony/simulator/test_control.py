"""The control page: hands on the phones."""

import pytest

from adapter.telephony.simulator.script import Outcome, Scenario
from tests.telephony.running import simulated

MANUAL = Scenario(outcome=Outcome.MANUAL)


async def test_the_page_needs_no_key_and_loads_nothing_from_elsewhere() -> None:
    """It is for whoever sits at this machine."""
    async with simulated() as simulator:
        del simulator.http.headers["Authorization"]
        response = await simulator.http.get("/control")
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/html")
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert "//" not in response.text.replace("  // else", "")


async def test_someone_calls_and_the_user_answers() -> None:
    """Rung from the page, answered and hung up on the page."""
    async with simulated() as simulator:
        made = await simulator.post(
            "/control/incoming", user="user_ada", from_number="+15557654321", from_name="Ann"
        )
        assert made.status_code == 201
        await simulator.hook.until("call.incoming", "call.ringing")
        shown = await simulator.get("/control/state")
        assert shown["calls"][0]["phase"] == "ringing"
        assert shown["users"][0]["name"] == "Ada Lovelace"
        call_id = made.json()["id"]
        for act in ("answer", "hang_up"):
            response = await simulator.post(f"/control/calls/{call_id}/{act}")
            assert response.status_code == 200
        await simulator.hook.until("call.answered", "call.end")
        assert simulator.hook.received[0]["data"]["from_label"] == "Ann"


@pytest.mark.parametrize("body", [{}, {"user": "user_ada"}, {"from_number": "+1"}])
async def test_a_caller_needs_a_number_and_somebody_to_call(body: dict[str, str]) -> None:
    """Else nothing rings."""
    async with simulated() as simulator:
        assert (await simulator.post("/control/incoming", **body)).status_code == 400
        assert simulator.state.switch.calls == {}


async def test_another_sites_page_cannot_control_the_phones() -> None:
    """Requests without a key are taken from the page itself only."""
    async with simulated(scenario=MANUAL) as simulator:
        await simulator.dial("+15551234567")
        call_id = next(iter(simulator.state.switch.calls))
        paths = ["/control/incoming", f"/control/calls/{call_id}/pick_up"]
        for path in paths:
            for origin in ("https://evil.test", "null"):
                response = await simulator.http.post(path, json={}, headers={"Origin": origin})
                assert response.status_code == 403
        own = {"Origin": simulator.url}
        assert (await simulator.http.post(paths[1], json={}, headers=own)).status_code == 200
