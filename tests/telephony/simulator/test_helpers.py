"""What only tests and demos ask."""

from typing import Any

import pytest

from adapter.telephony.simulator.script import Outcome, Scenario
from tests.telephony.running import simulated

MANUAL = Scenario(outcome=Outcome.MANUAL)
NUMBER = "+15551234567"


async def test_a_sandbox_call_comes_from_outside() -> None:
    """It comes in, rings, is answered and ends; the answer tells its id and scenario."""
    async with simulated() as simulator:
        response = await simulator.post(
            "/v1/test_helpers/calls",
            user="user_ada",
            direction="inbound",
            from_number="+15557654321",
            to_number="+12025550100",
            scenario={"outcome": "answered", "ring_seconds": 1, "talk_seconds": 2},
        )
        assert response.status_code == 201
        assert response.json()["scenario"]["talk_seconds"] == 2
        await simulator.hook.until("call.incoming", "call.ringing", "call.answered", "call.end")
        data = simulator.hook.received[0]["data"]
        assert data["call_id"] == response.json()["id"]
        assert (data["direction"], data["from_number"]) == ("inbound", "+15557654321")


async def test_a_sandbox_call_may_ring_at_a_group_and_be_fetched() -> None:
    """One takes it, another takes it over; the call log names who has had it last."""
    async with simulated() as simulator:
        made = await simulator.post(
            "/v1/test_helpers/calls",
            user="user_ada",
            users=["user_ada", "user_grace"],
            scenario={"taken_by": "user_grace", "fetched_by": "user_linus", "talk_seconds": 4},
        )
        await simulator.hook.until(*["call.ringing"] * 2, *["call.answered"] * 2, "call.end")
        named = [(body["type"], body["data"].get("user_id")) for body in simulator.hook.received]
        assert [user for kind, user in named if kind == "call.answered"] == [
            "user_grace",
            "user_linus",
        ]
        row = await simulator.get(f"/v1/calls/{made.json()['id']}")
        assert row["user"] == "user_linus"
        (truth,) = (await simulator.history())["calls"]
        assert (truth["rings"], truth["rang_at"]) == (["user_ada", "user_grace"], "user_ada")
        assert [talk["user_id"] for talk in truth["talks"]] == ["user_grace"]


async def test_an_unanswered_group_call_has_no_user_in_its_cdr() -> None:
    """It rang at several."""
    async with simulated() as simulator:
        made = await simulator.post(
            "/v1/test_helpers/calls",
            user="user_ada",
            users=["user_ada", "user_grace"],
            scenario={"outcome": "no-answer"},
        )
        await simulator.hook.until("call.end")
        assert (await simulator.get(f"/v1/calls/{made.json()['id']}"))["user"] is None


@pytest.mark.parametrize(
    ("direction", "number", "expected"),
    [("outbound", NUMBER, "outbound"), ("internal", "1002", "internal")],
)
async def test_a_sandbox_call_may_be_dialed_on_a_desk_phone(
    direction: str, number: str, expected: str
) -> None:
    """It begins picked up, and no request of ours has started it."""
    async with simulated() as simulator:
        await simulator.post(
            "/v1/test_helpers/calls",
            user="user_ada",
            direction=direction,
            to_number=number,
            from_name="Ada",
            scenario={"outcome": "manual"},
        )
        await simulator.hook.until("call.initiated")
        assert simulator.hook.received[0]["data"]["direction"] == expected
        assert "/v1/calls" not in [post["path"] for post in (await simulator.history())["posts"]]


@pytest.mark.parametrize(
    "body",
    [
        {"user": "user_nobody"},
        {},
        {"user": "user_ada", "direction": "up"},
        {"user": "user_ada", "from_number": 7},
        {"user": "user_ada", "scenario": {"outcome": "wonderful"}},
        {"user": "user_ada", "scenario": []},
        {"user": "user_ada", "chaos": {"nonsense": 1}},
        {"user": "user_ada", "chaos": 1},
        {"user": "user_ada", "users": "user_grace"},
        {"user": "user_ada", "users": ["user_nobody"]},
        {"user": "user_ada", "users": ["user_ada"] * 51},
        {"user": "user_ada", "users": ["user_grace"], "direction": "outbound"},
        {"user": "user_ada", "scenario": {"taken_by": "user_nobody"}},
    ],
)
async def test_a_wrong_sandbox_call_is_refused(body: dict[str, Any]) -> None:
    """And is not made."""
    async with simulated() as simulator:
        response = await simulator.post("/v1/test_helpers/calls", **body)
        assert response.status_code in {400, 404}
        assert simulator.state.switch.calls == {}


async def test_a_call_can_be_controlled_manually() -> None:
    """Each act answers with the truth; what is impossible is a 409."""
    async with simulated(scenario=MANUAL) as simulator:
        await simulator.dial(NUMBER)
        call_id = (await simulator.get("/v1/test_helpers/calls"))["data"][0]["id"]

        async def act(name: str) -> tuple[int, str | None]:
            response = await simulator.post(f"/v1/test_helpers/calls/{call_id}/{name}")
            return response.status_code, response.json().get("phase")

        assert await act("answer") == (409, None)
        assert await act("pick_up") == (200, "ringing")
        assert await act("answer") == (200, "talking")
        assert await act("hang_up") == (200, "over")
        assert await act("dance") == (404, None)
        missing = await simulator.post("/v1/test_helpers/calls/call_x/answer")
        assert missing.status_code == 404
        await simulator.hook.until("call.initiated", "call.answered", "call.end")


@pytest.mark.parametrize(
    "whom", [{"number": "555-123-4567"}, {"user": "user_ada"}, {"default": True}]
)
async def test_a_scenario_is_set_for_calls_to_come(whom: dict[str, Any]) -> None:
    """For a number, a user, or all."""
    async with simulated() as simulator:
        response = await simulator.post(
            "/v1/test_helpers/scenarios", scenario={"outcome": "busy"}, **whom
        )
        assert response.status_code == 200
        await simulator.dial(NUMBER)
        await simulator.hook.until("call.end")
        assert simulator.hook.received[-1]["data"]["status"] == "busy"


async def test_a_scenario_must_be_for_somebody() -> None:
    """Else it is refused."""
    async with simulated() as simulator:
        response = await simulator.post("/v1/test_helpers/scenarios", scenario={})
        assert response.status_code == 400


async def test_a_number_may_have_faults_of_its_own() -> None:
    """Its events are lost, another number's are not."""
    async with simulated(scenario=MANUAL) as simulator:
        await simulator.post(
            "/v1/test_helpers/scenarios",
            number=NUMBER,
            scenario={"outcome": "busy"},
            chaos={"drop": 1},
        )
        await simulator.post(
            "/v1/test_helpers/scenarios", number="+15550000000", scenario={"outcome": "busy"}
        )
        await simulator.dial(NUMBER)
        await simulator.dial("+15550000000")
        await simulator.hook.until("call.end")
        numbers = {body["data"]["to_number"] for body in simulator.hook.received}
        assert numbers == {"+15550000000"}


async def test_fault_rates_can_be_changed() -> None:
    """What is not named stays; the seed can be set with it; an empty wish only asks."""
    async with simulated() as simulator:
        path = "/v1/test_helpers/chaos"
        await simulator.post(path, seed=7, drop=0.25, delay_ms=[1, 2])
        found = (await simulator.post(path)).json()
        assert (found["seed"], found["knobs"]["drop"], found["knobs"]["delay_ms"]) == (
            7,
            0.25,
            [1, 2],
        )
        for wrong in ({"drop": 2}, {"seed": "x"}, {"seed": True}):
            assert (await simulator.post(path, **wrong)).status_code == 400


async def test_a_user_may_be_set_to_do_not_disturb() -> None:
    """The setting shows in the list of users."""
    async with simulated() as simulator:
        path = "/v1/test_helpers/users/user_ada"
        assert (await simulator.post(path, do_not_disturb=True)).json()["do_not_disturb"] is True
        users = (await simulator.get("/v1/users"))["data"]
        assert [user["do_not_disturb"] for user in users].count(True) == 1


async def test_the_history_is_complete() -> None:
    """What was asked, what was true, what was sent and answered, what went wrong."""
    async with simulated() as simulator:
        wanted = {"outcome": "no-answer", "hung_up_by": "agent"}
        await simulator.post("/v1/test_helpers/scenarios", default=True, scenario=wanted)
        await simulator.dial("+15551230000")
        await simulator.hook.until("call.initiated", "call.end")
        history = await simulator.history()
        post = history["posts"][0]
        assert post["body"]["dial_string"] == "+15551230000"
        assert post["call_id"] == history["calls"][0]["id"]
        truth = history["calls"][0]
        assert (truth["status"], truth["connected"]) == ("completed", None)
        assert truth["hung_up_by"] == "agent"
        assert truth["picked_up"] < truth["ended"]
        assert [row["type"] for row in history["deliveries"]] == ["call.initiated", "call.end"]
        assert all(row["attempts"] for row in history["deliveries"])
        assert history["faults"] == {}
