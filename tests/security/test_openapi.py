"""The HTTP API is what its own description says, and nothing makes it fail."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.web.pages.site import WEB
from tests.fakes.identity import an_identity
from tests.fakes.provider import FakeProvider
from tests.scenarios.conftest import World, a_world

DESCRIBED = json.loads((WEB / "openapi.json").read_text())["paths"]
CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
)


async def test_every_route_is_described_and_every_description_is_a_route(tmp_path: Path) -> None:
    """For both ways to sign in together; the sockets have protocols of their own."""
    found = set()
    async with an_identity() as fake:
        ways: tuple[dict[str, Any], ...] = (
            {"sign_in": "dev"},
            {
                "sign_in": "salesforce",
                "org_id": "00D000000000001",
                "salesforce_url": fake.url,
                "sign_in_client_id": "client",
            },
        )
        for wishes in ways:
            async with a_world(tmp_path, provider=FakeProvider().app(), **wishes) as world:
                for route in world.app.server.router.routes():
                    assert route.resource is not None
                    found.add((route.method.lower(), route.resource.canonical))
    described = {(method, path) for path, item in DESCRIBED.items() for method in item}
    ours = {(m, p.replace("/acct_test", "/{account}")) for m, p in found if m != "head"}
    assert ours - {("get", "/ws"), ("get", "/sip"), ("get", "/api/board/live")} == described


async def attack(world: World, folder: Path, *more: str) -> tuple[int, str]:
    """Run schemathesis against the world; its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{world.url}/openapi.json"),
        *("--checks", CHECKS, "--max-examples", "25", "--seed", "1", "--no-color"),
        *("--phases", "examples,coverage,fuzzing", *more),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode("utf-8", "replace")


@pytest.mark.slow
async def test_no_request_generated_from_the_description_breaks_the_adapter(tmp_path: Path) -> None:
    """Schemathesis, as a stranger and as our own page: no 500, no answer that is not described."""
    async with a_world(tmp_path, provider=FakeProvider().app()) as world:
        for more in ((), ("-H", f"Origin: {world.url}")):
            code, said = await attack(world, tmp_path, *more)
            assert code == 0, said


async def test_the_description_is_served(tmp_path: Path) -> None:
    """As it lies in the repository."""
    async with (
        a_world(tmp_path, provider=FakeProvider().app()) as world,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        answer = await http.get(f"{world.url}/openapi.json")
    assert answer.json()["paths"] == DESCRIBED
