"""The stand-in for an org with Omni-Channel: its page, and the records that it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapter.app import listening
from adapter.voice.standin.server import StandIn
from adapter.voice.standin.site import Omni, make_omni_org
from tests.fakes.voicecalls import ORG, new_book

ROOT = Path(__file__).parents[3] / "web" / "demo"


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """The org, listening on loopback."""
    stand_in = StandIn(new_book(), lambda: 0)
    org = make_omni_org(stand_in, Omni("http://localhost:1/voice/x", ORG, "ada"), ROOT)
    async with (
        listening(org, "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        yield client


async def test_the_page_gets_the_phones_address_and_labels(
    http: httpx.AsyncClient,
) -> None:
    """The page, the page with both, and the files beside them."""
    for path in ("/", "/both", "/omni/omni.js", "/demo.css"):
        assert (await http.get(path)).status_code == 200
    config = (await http.get("/omni-config.json")).json()
    assert (config["org_id"], config["agent"], config["library"]) == (ORG, "ada", True)
    assert config["labels"]["Softphone_Busy"]


async def test_a_record_is_made_from_the_pages_events(http: httpx.AsyncClient) -> None:
    """And shown with all the others; what is no field of it, or no object, is not kept."""
    told = {"CallType": "Outbound", "ToPhoneNumber": "+1", "CallDisposition": "new", "x": "y"}
    made = (await http.post("/voicecalls/c1", json=told)).json()
    assert (await http.get("/voicecalls")).json() == [made]
    assert (made["CallType"], "x" in made) == ("Outbound", False)
    for body in (b"{", b"[]"):
        assert (await http.post("/voicecalls/c2", content=body)).status_code == 400


async def test_the_site_answers_only_to_this_machine(http: httpx.AsyncClient) -> None:
    """Whatever name leads to it from outside."""
    answer = await http.get("/voicecalls", headers={"Host": "evil.example"})
    assert answer.status_code == 421
