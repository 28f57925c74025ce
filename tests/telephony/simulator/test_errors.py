"""How the simulated API refuses."""

import pytest

from tests.telephony.running import simulated


@pytest.mark.parametrize("key", [None, "", "Bearer wrong", "sk_test_demo", "Bearer sk_test_demo ü"])
async def test_without_the_key_nothing_is_answered(key: str | None) -> None:
    """401, in the documented word, with the request's number."""
    async with simulated() as simulator:
        del simulator.http.headers["Authorization"]
        headers = {} if key is None else {"Authorization": key.encode()}
        response = await simulator.http.get("/v1/users", headers=headers)  # type: ignore[arg-type]
        assert response.status_code == 401
        assert response.json() == {"error": "Unauthorized"}
        assert response.headers["X-Request-Id"]


@pytest.mark.parametrize(("account", "status"), [("", 400), ("acct_other", 404)])
async def test_the_account_must_be_named(account: str, status: int) -> None:
    """And be the one that is simulated."""
    async with simulated() as simulator:
        headers = {"DialStack-Account": account}
        response = await simulator.http.get("/v1/users", headers=headers)
        assert response.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/v1/x", 404), ("PUT", "/v1/calls", 405)]
)
async def test_a_missing_resource_is_a_json_error(method: str, path: str, status: int) -> None:
    """With a number too."""
    async with simulated() as simulator:
        response = await simulator.http.request(method, path)
        assert response.status_code == status
        assert response.json()["error"]
        assert response.headers["X-Request-Id"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"7"])
async def test_a_body_must_be_an_object(body: bytes) -> None:
    """Broken JSON is a 400."""
    async with simulated() as simulator:
        response = await simulator.http.post("/v1/calls", content=body)
        assert (response.status_code, response.json()["error"]) == (400, "Invalid JSON")


async def test_every_request_has_a_number_of_its_own_and_posts_are_remembered() -> None:
    """Refused ones too; what only tests ask is not."""
    async with simulated() as simulator:
        first = await simulator.dial("+15551234567")
        second = await simulator.dial("+15551234567", user="user_nobody")
        numbers = [first.headers["X-Request-Id"], second.headers["X-Request-Id"]]
        history = await simulator.history()
        assert [post["request_id"] for post in history["posts"]] == numbers
        assert [post["status"] for post in history["posts"]] == [202, 404]
        assert numbers[0] != numbers[1]
