"""The connector page: which org may frame it, what it carries, and the library beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient

from adapter.assets import folder
from adapter.orgfile import orgs_of
from adapter.settings import WrongSetting
from adapter.settings.environment import load
from adapter.web.pages.connector import ConnectorSite, read_library
from tests.fakes.voicecalls import CENTER, key_pair

ORG = "00D000000000001"
LIBRARY = b"/* (c) */ var SCVConnectorBase={initializeConnector(){}};\n"


def site(tmp_path: Path, **more: Any) -> ConnectorSite:
    """Of one org with Salesforce Voice."""
    (tmp_path / "lib.js").write_bytes(LIBRARY)
    settings = load(
        {},
        **{
            "org_id": ORG,
            "org_origins": "https://acme.lightning.force.com,https://acme.my.salesforce.com",
            "voice_url": "https://acme.my.salesforce-scrt.com",
            "voice_contact_center": CENTER,
            "voice_key": key_pair()[0],
            "voice_library": tmp_path / "lib.js",
            **more,
        },
    )
    return ConnectorSite(settings, orgs_of(settings), folder("web"), "b1")


async def opened(aiohttp_client: Any, served: ConnectorSite) -> TestClient[Any, Any]:
    """A browser before it."""
    server = web.Application()
    server.add_routes(served.routes())
    client: TestClient[Any, Any] = await aiohttp_client(server)
    return client


async def test_the_page_is_framed_by_its_own_org_alone(aiohttp_client: Any, tmp_path: Path) -> None:
    """It carries the org's origins as data: nothing is fetched before Salesforce speaks."""
    client = await opened(aiohttp_client, site(tmp_path))
    answer = await client.get(f"/voice/{ORG}AAA")
    text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    origins = "https://acme.lightning.force.com https://acme.my.salesforce.com"
    assert f"frame-ancestors {origins}" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert f'data-origins="{origins}"' in text
    assert f'data-org="{ORG}"' in text
    assert answer.headers["Cache-Control"] == "no-store"
    assert text.index("scv-connector-base.js") < text.index("boot.js")


async def test_salesforces_library_is_served_byte_for_byte(
    aiohttp_client: Any, tmp_path: Path
) -> None:
    """Under its hash, so that it may be kept for ever; under no other."""
    client = await opened(aiohttp_client, site(tmp_path))
    page = await (await client.get(f"/voice/{ORG}")).text()
    (address,) = re.findall(r'src="(/voice-library/[^"]+)"', page)
    answer = await client.get(address)
    assert await answer.read() == LIBRARY
    assert "immutable" in answer.headers["Cache-Control"]
    assert (await client.get("/voice-library/0/scv-connector-base.js")).status == 404


async def test_every_module_that_the_pages_name_is_there(
    aiohttp_client: Any, tmp_path: Path
) -> None:
    """Ours are checked again after each deploy."""
    client = await opened(aiohttp_client, site(tmp_path))
    for name in ("boot.js", "signin.js", "guard.js", "connector.js", "classes.js", "events.js"):
        answer = await client.get(f"/connector/{name}")
        assert (answer.status, answer.content_type) == (200, "text/javascript")
    assert (await client.get("/connector/x.js")).status == 404
    signin = await client.get(f"/voice/{ORG}/sign-in")
    assert "signin.js" in await signin.text()
    assert "form-action 'self'" in signin.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", [f"/voice/{ORG}", f"/voice/{ORG}/sign-in", "/voice/00Dx"])
async def test_without_salesforce_voice_nothing_is_served(
    aiohttp_client: Any, tmp_path: Path, path: str
) -> None:
    """A stranger's org, or one that is not set up."""
    client = await opened(aiohttp_client, site(tmp_path, voice_url=""))
    answer = await client.get(path)
    assert answer.status == 404
    assert "SOFTPHONE_ORG_ID" in await answer.text()


async def test_without_a_library_there_is_no_page(aiohttp_client: Any, tmp_path: Path) -> None:
    """It could not be set up by Salesforce."""
    client = await opened(aiohttp_client, site(tmp_path, voice_library=None))
    answer = await client.get(f"/voice/{ORG}")
    assert (answer.status, await answer.text()) == (
        404,
        "Set SOFTPHONE_VOICE_LIBRARY to Salesforce's library (scripts/voice-library).",
    )
    assert (await client.get("/voice-library/0/scv-connector-base.js")).status == 404


def test_a_wrong_library_file_prevents_the_start(tmp_path: Path) -> None:
    """With its variable's name."""
    (tmp_path / "x.js").write_text("alert(1)")
    with pytest.raises(WrongSetting, match=r"SOFTPHONE_VOICE_LIBRARY: .* is not Salesforce"):
        read_library(tmp_path / "x.js")
    with pytest.raises(WrongSetting, match=r"SOFTPHONE_VOICE_LIBRARY: cannot read"):
        read_library(tmp_path / "gone.js")
