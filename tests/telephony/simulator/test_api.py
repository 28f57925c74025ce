"""The documented requests and their answers."""

from typing import Any

import httpx
import pytest

from adapter.telephony.simulator.call import Phase
from adapter.telephony.simulator.chaos import Knobs
from adapter.telephony.simulator.config import DEFAULT_USERS, User
from adapter.telephony.simulator.script import Outcome, Scenario
from tests.telephony.running import Simulator, simulated

MANUAL = Scenario(outcome=Outcome.MANUAL)
NUMBER = "+15551234567"


async def drive(simulator: Simulator, *acts: str) -> str:
    """Dial, do these things by hand, and return the call's id."""
    await simulator.dial(NUMBER)
    call_id = str((await simulator.get("/v1/test_helpers/calls"))["data"][0]["id"])
    for act in acts:
        response = await simulator.post(f"/v1/test_helpers/calls/{call_id}/{act}")
        response.raise_for_status()
    return call_id


async def test_a_call_is_accepted_without_a_body() -> None:
    """202, no body, no webhook, and nothing in the call log while the devices ring."""
    async with simulated(scenario=MANUAL) as simulator:
        response = await simulator.dial(NUMBER)
        assert (response.status_code, response.content) == (202, b"")
        assert (await simulator.get("/v1/calls"))["data"] == []
        assert simulator.hook.received == []


@pytest.mark.parametrize("field", ["user", "user_id"])
async def test_the_user_has_two_names(field: str) -> None:
    """The guide's and the server SDK's."""
    async with simulated(scenario=MANUAL, answers_with_id=True) as simulator:
        body = {field: "user_ada", "dial_string": NUMBER, "find_me_follow_me_key": "mobile"}
        response = await simulator.post("/v1/calls", **body)
        assert response.status_code == 202
        assert response.json()["id"] in simulator.state.switch.calls


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({}, 400, "user_id is required"),
        ({"user_id": "user_ada"}, 400, "dial_string is required"),
        ({"user_id": "x", "dial_string": NUMBER}, 400, "Invalid user_id format"),
        ({"user_id": ["user_ada"], "dial_string": NUMBER}, 400, "Invalid user_id format"),
        ({"user_id": "user_nobody", "dial_string": NUMBER}, 404, "User not found"),
        ({"user_id": "user_ada", "dial_string": "+1 555"}, 422, "Invalid dial_string"),
        ({"user_id": "user_ada", "dial_string": 911}, 422, "Invalid dial_string"),
        (
            {"user_id": "user_ada", "dial_string": NUMBER, "find_me_follow_me_key": "moon"},
            400,
            "Unknown find_me_follow_me_key",
        ),
    ],
)
async def test_a_wrong_request_is_refused_in_the_documented_words(
    body: dict[str, Any], status: int, error: str
) -> None:
    """And makes no call."""
    async with simulated() as simulator:
        response = await simulator.post("/v1/calls", **body)
        assert (response.status_code, response.json()["error"]) == (status, error)
        assert simulator.state.switch.calls == {}


@pytest.mark.parametrize(
    ("number", "status", "calls"),
    [("9429", 429, 0), ("9500", 500, 0), ("9503", 503, 1), ("9504", 202, 1)],
)
async def test_a_magic_number_makes_the_request_fail(number: str, status: int, calls: int) -> None:
    """With a call or without one, as the table says."""
    async with simulated() as simulator:
        response = await simulator.dial(f"+1555123{number}")
        assert response.status_code == status
        assert len(simulator.state.switch.calls) == calls
        assert ("Retry-After" in response.headers) == (status == 429)
        posts = (await simulator.history())["posts"]
        assert [post["call_id"] is not None for post in posts] == [calls == 1]


async def test_a_magic_number_breaks_the_connection_off() -> None:
    """After the call has begun."""
    async with simulated() as simulator:
        with pytest.raises(httpx.RemoteProtocolError):
            await simulator.dial("+15551239555")
        assert len(simulator.state.switch.calls) == 1


@pytest.mark.parametrize("kind", ["status_429", "status_5xx", "hang"])
async def test_dice_make_requests_fail(kind: str) -> None:
    """Counted, written down with the request; half of the vague ones have a call."""
    knobs = Knobs().changed({kind: 1})
    async with simulated(scenario=MANUAL, knobs=knobs) as simulator:
        for _ in range(12):
            await simulator.dial(NUMBER)
        history = await simulator.history()
        assert history["faults"] == {kind: 12}
        assert {post["fault"] for post in history["posts"]} == {kind}
        calls = len(simulator.state.switch.calls)
        assert calls == 0 if kind == "status_429" else 0 < calls < 12


async def test_dice_break_connections() -> None:
    """Each time there is a call."""
    async with simulated(scenario=MANUAL, knobs=Knobs(accept_then_reset=1)) as simulator:
        with pytest.raises(httpx.RemoteProtocolError):
            await simulator.dial(NUMBER)
        assert len(simulator.state.switch.calls) == 1


async def test_a_call_has_a_cdr_once_it_is_picked_up() -> None:
    """Who answered, and when, is told when it is over."""
    async with simulated(scenario=MANUAL) as simulator:
        call_id = await drive(simulator)
        assert (await simulator.http.get(f"/v1/calls/{call_id}")).status_code == 404
        await simulator.post(f"/v1/test_helpers/calls/{call_id}/pick_up")
        live = await simulator.get(f"/v1/calls/{call_id}")
        assert live["status"] is None
        assert (live["answered_at"], live["connected_at"], live["ended_at"]) == (None, None, None)
        await simulator.post(f"/v1/test_helpers/calls/{call_id}/hang_up")
        over = await simulator.get(f"/v1/calls/{call_id}")
        assert (over["status"], over["hangup_cause"], over["connected_at"]) == (
            "completed",
            16,
            None,
        )


async def test_cdrs_are_filtered_and_paged() -> None:
    """Newest first; the next page's address leads on to the end."""
    async with simulated(scenario=MANUAL) as simulator:
        ids = [await drive(simulator, "pick_up", "hang_up") for _ in range(5)]
        seen: list[str] = []
        path = "/v1/calls?user_id=user_ada&limit=2"
        while path:
            page = await simulator.get(path)
            assert (page["object"], page["url"]) == ("list", "/v1/calls")
            seen += [row["id"] for row in page["data"]]
            path = page["next_page_url"]
        assert seen == ids[::-1]
        assert (await simulator.get("/v1/calls", user_id="user_grace"))["data"] == []
        since = (await simulator.get(f"/v1/calls/{ids[3]}"))["started_at"]
        assert len((await simulator.get("/v1/calls", from_date=since))["data"]) == 2
        assert len((await simulator.get("/v1/calls", from_date="2020-01-01"))["data"]) == 5
        assert len((await simulator.get("/v1/calls", unknown="filter"))["data"]) == 5


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"from_date": "yesterday"}]
)
async def test_a_wrong_query_is_refused(query: dict[str, str]) -> None:
    """With 400."""
    async with simulated() as simulator:
        response = await simulator.http.get("/v1/calls", params=query)
        assert response.status_code == 400


async def test_users_are_listed_in_pages() -> None:
    """Everyone is there once."""
    async with simulated() as simulator:
        first = await simulator.get("/v1/users", limit="3")
        second = await simulator.get(first["next_page_url"])
        emails = [row["email"] for row in first["data"] + second["data"]]
        assert len(set(emails)) == 5
        assert second["next_page_url"] is None


async def test_a_connected_call_can_be_transferred_and_recorded() -> None:
    """202; the transfer is told, and the call goes on without the agent."""
    async with simulated(scenario=MANUAL) as simulator:
        call_id = await drive(simulator, "pick_up", "answer")
        action = {"type": "transfer", "target": "1002", "mode": "blind"}
        for path in (f"/v1/calls/{call_id}/recording/{act}" for act in ("pause", "resume")):
            assert (await simulator.post(path)).status_code == 202
        response = await simulator.post(f"/v1/calls/{call_id}", actions=[action])
        assert response.status_code == 202
        await simulator.hook.until("call.transfer")
        assert simulator.state.switch.calls[call_id].phase is Phase.TALKING


async def test_a_ringing_call_can_be_neither_transferred_nor_recorded() -> None:
    """409; and 404 for a call that the log does not know."""
    async with simulated(scenario=MANUAL) as simulator:
        call_id = await drive(simulator, "pick_up")
        action = {"type": "transfer", "target": "1002", "mode": "blind"}
        for known, status in ((call_id, 409), ("call_x", 404)):
            transfer = await simulator.post(f"/v1/calls/{known}", actions=[action])
            pause = await simulator.post(f"/v1/calls/{known}/recording/pause")
            assert (transfer.status_code, pause.status_code) == (status, status)


@pytest.mark.parametrize(
    "actions",
    [
        None,
        [],
        [{"type": "hang_up"}],
        [{"type": "transfer", "target": "", "mode": "blind"}],
        [{"type": "transfer", "target": "1002", "mode": "warm"}],
    ],
)
async def test_any_other_action_is_refused(actions: Any) -> None:
    """A hang-up does not exist here."""
    async with simulated(scenario=MANUAL) as simulator:
        call_id = await drive(simulator, "pick_up", "answer")
        response = await simulator.post(f"/v1/calls/{call_id}", actions=actions)
        assert response.status_code == 400


async def test_a_registered_endpoint_gets_its_secret_and_events() -> None:
    """What is sent there is signed with that secret."""
    async with simulated(scenario=MANUAL) as simulator:
        simulator.state.sender.endpoints.clear()
        response = await simulator.post(
            "/v1/webhook_endpoints", url=simulator.hook.url, enabled_events=["call.end"]
        )
        assert response.status_code == 201
        simulator.hook.secret = response.json()["secret"]
        await drive(simulator, "pick_up", "hang_up")
        await simulator.hook.until("call.end")
        assert simulator.hook.types == ["call.end"]
        assert simulator.hook.verdicts == ["genuine"]


@pytest.mark.parametrize(
    "body",
    [{}, {"url": "ftp://x"}, {"url": 7}, {"url": "http://x", "enabled_events": "all"}],
)
async def test_a_wrong_endpoint_is_refused(body: dict[str, Any]) -> None:
    """With 400, and nothing is registered."""
    async with simulated() as simulator:
        assert (await simulator.post("/v1/webhook_endpoints", **body)).status_code == 400
        assert len(simulator.state.sender.endpoints) == 1


async def test_endpoints_can_be_listed_changed_and_removed() -> None:
    """Never with their secrets."""
    async with simulated() as simulator:
        made = await simulator.post("/v1/webhook_endpoints", url="http://127.0.0.1:9/a")
        path = f"/v1/webhook_endpoints/{made.json()['id']}"
        listed = (await simulator.get("/v1/webhook_endpoints"))["data"]
        assert [row["url"] for row in listed][-1] == "http://127.0.0.1:9/a"
        assert not any("secret" in row for row in listed)
        changed = await simulator.post(path, enabled_events=["call.end"])
        assert (changed.status_code, changed.json()["enabled_events"]) == (200, ["call.end"])
        assert (await simulator.get(path))["url"] == "http://127.0.0.1:9/a"
        assert (await simulator.post(path, url="ftp://x")).status_code == 400
        assert (await simulator.http.delete(path)).status_code == 204
        assert (await simulator.http.get(path)).status_code == 404


async def test_a_list_has_ten_rows_a_page_unless_more_are_asked_for() -> None:
    """A hundred at most; users are searched by name and e-mail."""
    people = tuple(User(f"user_{n}", f"Agent {n}", f"a{n}@example.com", str(n)) for n in range(25))
    async with simulated(users=people) as simulator:
        assert len((await simulator.get("/v1/users"))["data"]) == 10
        assert len((await simulator.get("/v1/users", limit="100"))["data"]) == 25
        found = (await simulator.get("/v1/users", search="A24@EXAMPLE"))["data"]
        assert [row["id"] for row in found] == ["user_24"]


async def test_cdrs_are_filtered_by_the_documented_parameters() -> None:
    """User by either name, direction, status, and both ends of a time."""
    async with simulated(scenario=MANUAL) as simulator:
        await drive(simulator, "pick_up", "hang_up")

        async def count(**query: str) -> int:
            return len((await simulator.get("/v1/calls", **query))["data"])

        assert [await count(user="user_ada"), await count(user="user_grace")] == [1, 0]
        assert [await count(direction="outbound"), await count(direction="inbound")] == [1, 0]
        assert [await count(status="completed"), await count(status="busy")] == [1, 0]
        assert [await count(to_date="2020-01-01"), await count(to_date="2099-01-01")] == [0, 1]


async def test_a_call_may_show_another_number_of_the_account() -> None:
    """`did`; one that is not the account's is refused."""
    async with simulated(scenario=MANUAL) as simulator:
        wish = {"user": "user_ada", "dial_string": NUMBER}
        taken = await simulator.post("/v1/calls", **wish, did="+12025550101")
        assert taken.status_code == 202
        (call,) = simulator.state.switch.calls.values()
        assert (call.from_number, call.did) == ("+12025550101", "+12025550101")
        assert (await simulator.post("/v1/calls", **wish, did="+13125550100")).status_code == 400


async def test_presence_is_that_of_the_user() -> None:
    """A stranger has none."""
    async with simulated() as simulator:
        assert (await simulator.get("/v1/users/user_ada/presence"))["state"] == "available"
        assert (await simulator.http.get("/v1/users/user_x/presence")).status_code == 404


async def test_a_user_is_paused_or_on_do_not_disturb_until_changed() -> None:
    """What is odd is refused, and who is in no queue is not found there."""
    nobody = User("user_x", "Xaver", "x@example.com", "1009", queues=None)
    async with simulated(users=(*DEFAULT_USERS, nobody)) as simulator:
        user, queues = "/v1/users/user_ada", "/v1/users/user_ada/queue-agent"
        assert (await simulator.post(user, do_not_disturb=True)).json()["do_not_disturb"] is True
        assert (await simulator.get(f"{user}/presence"))["do_not_disturb"] is True
        assert (await simulator.post(user, do_not_disturb="yes")).status_code == 400
        told = (await simulator.post(queues, status="paused", reason="Lunch")).json()
        assert (told["status"], told["pause_reason"]) == ("paused", "Lunch")
        await simulator.post(queues, status="available")
        assert (await simulator.get(queues))["pause_reason"] is None
        assert (await simulator.post(queues, status="asleep")).status_code == 400
        assert (await simulator.get(user))["do_not_disturb"] is True
        elsewhere = await simulator.post("/v1/users/user_x/queue-agent", status="paused")
        assert elsewhere.status_code == 404


async def test_a_transfer_needs_no_mode() -> None:
    """Blind is the one there is."""
    async with simulated(scenario=MANUAL) as simulator:
        call_id = await drive(simulator, "pick_up", "answer")
        wish = [{"type": "transfer", "target": "1002"}]
        response = await simulator.post(f"/v1/calls/{call_id}", actions=wish)
        assert response.status_code == 202


async def test_a_greeting_answers_before_the_agent_does() -> None:
    """`answered_at` is the platform's own; `connected_at` is when the agent took the call."""
    async with simulated() as simulator:
        made = await simulator.post(
            "/v1/test_helpers/calls",
            **{"user": "user_ada", "direction": "inbound", "from_number": "+15557654321"},
            scenario={"outcome": "manual", "greeting": True},
        )
        call_id = made.json()["id"]
        await simulator.post(f"/v1/test_helpers/calls/{call_id}/hang_up")
        missed = await simulator.get(f"/v1/calls/{call_id}")
        assert missed["answered_at"] == missed["started_at"] is not None
        assert (missed["connected_at"], missed["status"]) == (None, "no-answer")
