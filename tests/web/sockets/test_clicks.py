"""A click is counted for its org, and a refusal leaves a line that names the settings."""

from __future__ import annotations

from pathlib import Path

from structlog.testing import capture_logs

from tests.scenarios.conftest import World, a_world

NUMBER = "+14155550101"


async def test_a_refusals_log_line_names_settings_but_no_number(world: World) -> None:
    """For the admin; the agent has read why."""
    page = await world.page()
    with capture_logs() as lines:
        answer = await page.until_answer(await page.dial("+1 900 555 0123"))
    assert answer["code"] == "refused-premium"
    (line,) = [line for line in lines if line["event"] == "dial.refused"]
    assert line["code"] == "refused-premium"
    assert line["settings"] == ["SOFTPHONE_PREMIUM_NUMBERS", "SOFTPHONE_ALLOW_NUMBERS"]
    assert "5550123" not in str(line)


async def test_a_refused_transfer_is_answered_and_logged_like_a_click(tmp_path: Path) -> None:
    """The page asks before it sends; a page that does not ask is refused all the same."""
    async with a_world(tmp_path) as world:
        await world.scenario(outcome="answered", pick_up_seconds=0, ring_seconds=0, talk_seconds=60)
        page = await world.page()
        await page.dial(NUMBER)
        view = await page.until(lambda view: view["state"] == "bridged")
        call_id = view["calls"][0]["call_id"]
        wish = {"type": "control", "request_id": "k1", "call_id": call_id, "action": "transfer"}
        with capture_logs() as lines:
            await page.send(**wish, target="+1 900 555 0123")
            answer = await page.until_answer("k1")
    assert answer["code"] == "refused-premium"
    refused = [line["code"] for line in lines if line["event"] == "dial.refused"]
    assert refused == ["refused-premium"]


async def test_a_placed_call_logs_no_refusal(world: World) -> None:
    """The line is about refusals."""
    page = await world.page()
    with capture_logs() as lines:
        assert (await page.until_answer(await page.dial(NUMBER)))["code"] == "placed"
    assert [line for line in lines if line["event"] == "dial.refused"] == []


async def test_an_orgs_calls_share_a_limit_except_emergency_calls(tmp_path: Path) -> None:
    """One agent's call keeps a colleague of the same org waiting, who can still call for help."""
    async with a_world(tmp_path, dials_per_minute_per_org=1) as world:
        ada, grace = await world.page(), await world.page("grace")
        assert (await ada.until_answer(await ada.dial(NUMBER)))["code"] == "placed"
        for _ in range(2):
            refused = await grace.until_answer(await grace.dial(NUMBER))
            assert refused["code"] == "too-many-org"
        assert (await grace.until_answer(await grace.dial("911")))["code"] == "placed"
        history = await world.until_history(lambda history: len(history["posts"]) == 2)
        dialed = [post["body"]["dial_string"] for post in history["posts"]]
        assert dialed == [NUMBER, "911"]


async def test_the_same_number_is_called_again_after_confirmation(tmp_path: Path) -> None:
    """Asked, confirmed, dialed: two POSTs, not three."""
    async with a_world(
        tmp_path, confirm_repeat_seconds=30, wrap_up_seconds=0, dial_while_wrap_up=True
    ) as world:
        await world.scenario(outcome="busy", pick_up_seconds=0.05, ring_seconds=0.05)
        page = await world.page()
        assert (await page.until_answer(await page.dial(NUMBER)))["code"] == "placed"
        await page.until(lambda view: bool(view["calls"]))
        await page.until(lambda view: view["state"] == "idle")
        asked = await page.until_answer(await page.dial(NUMBER))
        assert asked["code"] == "confirm-repeat"
        await page.send(
            type="dial",
            request_id="sure",
            number=NUMBER,
            clicked_at=1,
            sent_at=1,
            confirmed=True,
        )
        assert (await page.until_answer("sure"))["code"] == "placed"
        await world.until_history(lambda history: len(history["posts"]) == 2)
