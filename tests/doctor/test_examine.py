"""The whole examination, on a healthy and on a broken set-up."""

from __future__ import annotations

import ssl
from pathlib import Path

from adapter.doctor.examine import examine
from adapter.doctor.findings import Grade, exit_code, table
from adapter.runtime.clock import SystemClock
from tests.doctor.conftest import environment_of
from tests.scenarios.conftest import ACCOUNT, SECRET, TOKEN, World, free_port

PLAIN = ssl.create_default_context()


async def test_a_healthy_setup_has_no_failure(world: World, tmp_path: Path) -> None:
    """Everything is looked at; only what a trial on one machine has is remarked on."""
    found = await examine(environment_of(world, tmp_path), SystemClock(), PLAIN)
    assert exit_code(found) == 0, table(found)
    looked = {f.check for f in found}
    assert looked == {
        *("settings", "public address", "sign-in", "secrets", "orgs", "disk", "database"),
        *("dialing", "provider", "clock", "directory", "reachable", "page", "webhooks", "socket"),
        *("open cti", "proxies", "webhook endpoint"),
    }
    remarked = {f.check for f in found if f.grade is not Grade.OK}
    assert remarked <= {"public address", "sign-in", "disk", "dialing", "open cti"}


async def test_a_broken_setup_reports_every_fault(tmp_path: Path) -> None:
    """All at once, each with what to do, and no secret in any of it."""
    broken = {
        "SOFTPHONE_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "SOFTPHONE_DATABASE_URL": f"sqlite:///{tmp_path}/test.db",
        "SOFTPHONE_DIALSTACK_URL": f"http://127.0.0.1:{free_port()}",
        "SOFTPHONE_DIALSTACK_ACCOUNT": "acct_1",
        "SOFTPHONE_DIALSTACK_TOKEN": TOKEN,
        "SOFTPHONE_ORG_ORIGINS": "https://acme.example",
        "SOFTPHONE_DIALSTAK_WEBHOOK_SECRETS": SECRET,
    }
    (tmp_path / "test.db").write_bytes(b"x" * 8192)
    found = await examine(broken, SystemClock(), PLAIN)
    assert exit_code(found) == 1
    failed = {f.check for f in found if f.grade is Grade.FAIL}
    assert failed == {"secrets", "orgs", "database", "provider", "reachable", "socket"}
    assert all(f.todo for f in found if f.grade is not Grade.OK)
    told = table(found)
    assert "SOFTPHONE_DIALSTACK_WEBHOOK_SECRETS" in told
    assert TOKEN not in told
    assert SECRET not in told


async def test_each_orgs_phone_system_is_reported_under_the_orgs_id(tmp_path: Path) -> None:
    """With several orgs, "cannot be reached" would not say which."""
    (tmp_path / "secret").write_text("ari-secret")
    ids = ("00D000000000001", "00D000000000002")
    told = "".join(
        f'''
[[org]]
id = "{org_id}"
domain = "https://{org_id.lower()}.my.salesforce.com"
client_id = "client"
origins = ["https://{org_id.lower()}.lightning.force.com"]
[org.telephony]
kind = "asterisk"
account = "pbx-{org_id}"
url = "http://127.0.0.1:{free_port()}"
user = "softphone"
secret_file = "{tmp_path}/secret"
'''
        for org_id in ids
    )
    (tmp_path / "orgs.toml").write_text(told)
    environment = {
        "SOFTPHONE_PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "SOFTPHONE_DATABASE_URL": f"sqlite:///{tmp_path}/test.db",
        "SOFTPHONE_ORGS_FILE": str(tmp_path / "orgs.toml"),
    }
    found = [f for f in await examine(environment, SystemClock(), PLAIN) if f.check == "asterisk"]
    assert [f.text.partition(":")[0] for f in found] == [*ids]
    assert all(f.grade is Grade.FAIL and "url in [org.telephony]" in f.todo for f in found)


async def test_settings_that_prevent_the_start_are_the_only_findings(tmp_path: Path) -> None:
    """Nothing else can be looked at before they are right."""
    (finding,) = await examine({"SOFTPHONE_PORT": "many"}, SystemClock(), PLAIN)
    assert finding.grade is Grade.FAIL
    assert "SOFTPHONE_PORT" in finding.text


async def test_each_of_several_orgs_is_checked(world: World, tmp_path: Path) -> None:
    """Each with its own account at the provider and its own endpoint for webhooks."""
    rows = []
    for number, account in enumerate((ACCOUNT, "acct_other"), start=1):
        (tmp_path / f"token{number}").write_text(TOKEN)
        (tmp_path / f"hooks{number}").write_text(f"{SECRET}{number}")
        rows.append(
            f'[[org]]\nid = "00D00000000000{number}"\n'
            f'domain = "https://acme{number}.my.salesforce.com"\nclient_id = "key"\n'
            f'origins = ["https://acme{number}.lightning.force.com"]\naccount = "{account}"\n'
            f'token_file = "{tmp_path}/token{number}"\n'
            f'webhook_secrets_file = "{tmp_path}/hooks{number}"\n'
        )
    (tmp_path / "orgs.toml").write_text("\n".join(rows))
    told = environment_of(world, tmp_path, SOFTPHONE_ORGS_FILE=f"{tmp_path}/orgs.toml")
    found = await examine(told, SystemClock(), PLAIN)
    grades = [(f.grade, f.text) for f in found if f.check in {"provider", "webhooks", "page"}]
    assert [grade for grade, text in grades if ACCOUNT in text or "acct_other" in text] == [
        # The provider knows the first account only, and so does the running adapter.
        *(Grade.OK, Grade.FAIL),
        *(Grade.OK, Grade.FAIL),
    ]
    assert sum(f.check == "orgs" for f in found) == 2
    assert any(f.check == "page" and "acme2" in f.text for f in found)
