"""`python -m adapter webhooks`: registered at the provider, its secret told once."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from adapter.cli import main
from adapter.telephony.dialstack.wire import EVENTS
from adapter.telephony.simulator.server import make_app
from tests.scenarios.conftest import ACCOUNT, TOKEN, free_port
from tests.telephony.running import Hook, config, listening

PUBLIC = "http://127.0.0.1:8080"


@pytest.fixture
async def provider() -> AsyncIterator[str]:
    """A simulated provider without an endpoint; its address."""
    async with listening(make_app(config(account=ACCOUNT, token=TOKEN))) as url:
        yield url


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No .env of ours; credentials, and an address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", PUBLIC)
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_ACCOUNT", ACCOUNT)
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_TOKEN", TOKEN)
    return tmp_path


async def ran(*arguments: str) -> int:
    """The exit code of the command, which has an event loop of its own."""
    return await asyncio.to_thread(main, ["webhooks", *arguments])


def test_the_required_settings_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """The address and the types of events, for those who register by hand."""
    assert main(["webhooks", "list-needed"]) == 0
    first, *events = capsys.readouterr().out.split()
    assert first == f"{PUBLIC}/webhooks/dialstack"
    assert tuple(events) == EVENTS


def test_with_several_orgs_each_account_has_its_own_endpoint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file of orgs need not be there yet: it names the secrets that come of this."""
    monkeypatch.setenv("SOFTPHONE_ORGS_FILE", "/nowhere/orgs.toml")
    assert main(["webhooks", "list-needed"]) == 0
    assert capsys.readouterr().out.startswith(f"{PUBLIC}/webhooks/dialstack/{ACCOUNT}\n")


async def test_the_secret_is_shown_once_with_a_warning(
    provider: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Alone on the last line of standard output; where to put it on standard error."""
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", provider)
    assert await ran("register") == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[-1].startswith("whsec_")
    assert "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS" in told.err
    assert "once" in told.err


async def test_the_provider_then_sends_its_events_there(
    provider: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All types of a call's life, signed with the secret that was shown."""
    hook, app = Hook(), web.Application()
    app.router.add_post("/webhooks/dialstack", hook.take)
    async with listening(app) as public:
        monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", public)
        monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", provider)
        assert await ran("register") == 0
        hook.secret = capsys.readouterr().out.splitlines()[-1]
        headers = {"Authorization": f"Bearer {TOKEN}", "DialStack-Account": ACCOUNT}
        async with httpx.AsyncClient(base_url=provider, headers=headers, trust_env=False) as http:
            call = {"user_id": "user_ada", "dial_string": "+14155550123"}
            (await http.post("/v1/calls", json=call)).raise_for_status()
            async with asyncio.timeout(20):
                await hook.until("call.initiated", "call.answered", "call.end")
    assert set(hook.verdicts) == {"genuine"}


async def test_the_secret_goes_into_a_file_that_only_its_owner_reads(
    provider: str,
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is on no screen then; the setting that names the file is told."""
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", provider)
    file = at_home / "secret"
    assert await ran("register", "--secret-file", str(file)) == 0
    secret = file.read_text(encoding="utf-8").strip()
    assert secret.startswith("whsec_")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = capsys.readouterr()
    assert secret not in told.out + told.err
    assert f"SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS_FILE={file}" in told.out


async def test_an_existing_file_is_not_overwritten(
    provider: str,
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It may hold a secret that is in use; nothing is registered either."""
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", provider)
    file = at_home / "secret"
    file.write_text("old", encoding="utf-8")
    assert await ran("register", "--secret-file", str(file)) == 2
    assert file.read_text(encoding="utf-8") == "old"
    told = capsys.readouterr()
    assert "Registered" not in told.out
    assert str(file) in told.err


async def test_a_provider_that_does_not_answer_leaves_no_empty_file(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So that the next try may use the name."""
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", f"http://127.0.0.1:{free_port()}")
    file = at_home / "secret"
    assert await ran("register", "--secret-file", str(file)) == 2
    assert not file.exists()
    assert await ran("register") == 2
    assert "did not register" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value", "word"),
    [
        ("SOFTPHONE_DIALSTACK_TOKEN", "", "SOFTPHONE_DIALSTACK_TOKEN"),
        ("SOFTPHONE_DIALSTACK_ACCOUNT", "", "SOFTPHONE_DIALSTACK_ACCOUNT"),
        ("SOFTPHONE_PUBLIC_URL", "http://softphone.example.com", "https"),
        # The provider is out there, and would call its own loopback.
        ("SOFTPHONE_DIALSTACK_URL", "https://api.dialstack.example", "https"),
    ],
)
def test_an_impossible_registration_is_not_attempted(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    word: str,
) -> None:
    """The setting is named; nobody is asked."""
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", "http://127.0.0.1:1")
    monkeypatch.setenv(variable, value)
    assert main(["webhooks", "register"]) == 2
    assert word in capsys.readouterr().err


async def test_json_output_contains_the_secret_only_if_it_is_to_be_shown(
    provider: str,
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With a file for it, it is in the file alone."""
    assert await ran("list-needed", "--json") == 0
    needed = json.loads(capsys.readouterr().out)
    assert needed == {"url": f"{PUBLIC}/webhooks/dialstack", "events": list(EVENTS)}
    monkeypatch.setenv("SOFTPHONE_DIALSTACK_URL", provider)
    assert await ran("register", "--json") == 0
    assert json.loads(capsys.readouterr().out)["secret"].startswith("whsec_")
    file = at_home / "secret"
    assert await ran("register", "--json", "--secret-file", str(file)) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["secret_file"] == str(file)
    assert file.read_text(encoding="utf-8").strip() not in json.dumps(told)
