"""What docs/asterisk.md tells an admin to write, read by a real Asterisk."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from qa.asterisk.engine import NoAsterisk, asterisk, find_root

PAGE = (Path(__file__).parents[2] / "docs" / "asterisk.md").read_text(encoding="utf-8")


@pytest.mark.slow
async def test_the_documented_user_is_let_in_from_its_own_address_only() -> None:
    """A line `permit` alone restricts nothing."""
    try:
        find_root()
    except NoAsterisk:
        pytest.skip("no Asterisk here: see scripts/asterisk")
    (section,) = re.findall(r"```ini\n.*?\[softphone\]\n(.*?)```", PAGE, re.DOTALL)
    password = re.search("password = (.*)", section)
    assert password is not None
    elsewhere = section.replace("127.0.0.1/32", "192.0.2.1/32")
    assert elsewhere != section
    async with asterisk(()) as engine:
        await engine.stop()
        with (engine.folder / "ari.conf").open("a", encoding="utf-8") as file:
            file.write(f"\n[near]\n{section}\n[far]\n{elsewhere}")
        await engine.start()
        found = {}
        for user in ("near", "far"):
            async with httpx.AsyncClient(base_url=engine.url, trust_env=False) as http:
                answer = await http.get("/ari/channels", auth=(user, password[1]))
            found[user] = answer.status_code
        assert found == {"near": 200, "far": 403}
