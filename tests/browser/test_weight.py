"""What a browser really fetches from us, from an empty cache to the end of a usual call."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Response

from tests.browser.conftest import Org, Tab

pytestmark = pytest.mark.browser

LIMIT = 80_000
"""Bytes over the wire, compressed as browsers take it, without Salesforce's library."""
RARE = (
    *("account", "channels", "classic", "completions", "followup", "incall", "third"),
    *(
        "audiobar",
        "audiowindow",
        "phonewindow",
        "browserphone",
        "jssip",
        "microphone",
        "microphonetest",
        "sipphone",
        "sipsocket",
    ),
)
"""What no usual call in Lightning needs: by the beginnings of the files' names."""


async def test_a_usual_call_fetches_less_than_eighty_kilobytes(org: Org) -> None:
    """Start, sign-in, click, talk, notes, wrap-up, Task: the rare parts stay on the server."""
    await org.plays("+12025559000", outcome="answered")
    tab = Tab(await org.context.new_page())
    seen: list[Response] = []
    tab.page.on("response", lambda response: seen.append(response))  # noqa: PLW0108 - it is marked
    await tab.page.goto(f"{org.url}/?agent=ada")
    await tab.until_dialable()
    await tab.click("Grace Okafor", "+1 202-555-9000")
    await tab.until("bridged")
    await tab.phone.get_by_label("Notes").fill("Asks for twenty units.")
    await tab.until("wrapup")
    await tab.until_tasks(1)
    await tab.phone.get_by_role("button", name="Save and done").click()
    await tab.until("idle", "on")

    ours = [one for one in seen if one.url.startswith(f"{org.world.url}/softphone")]
    scripts = {Path(urlsplit(one.url).path).name for one in ours if one.url.endswith(".js")}
    assert scripts
    assert [name for name in scripts if re.split("[-.]", name)[0] in RARE] == []
    weight = sum([(await one.request.sizes())["responseBodySize"] for one in ours])
    assert 0 < weight < LIMIT, "or is web/dist missing or old? `make bundle` makes it"
