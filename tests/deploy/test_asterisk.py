"""The Asterisk that is deployed beside the adapter: a real one starts with its configuration."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from adapter.doctor.asterisk import browser_findings
from adapter.doctor.findings import Finding, Grade
from adapter.orgs import Org
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.rest import build_http
from qa.asterisk.engine import USER, Engine, NoAsterisk, find_root, free_port
from qa.asterisk.handset import BUSY
from qa.asterisk.phone import a_phone, a_trunk

ROOT = Path(__file__).parents[2]
ETC = ROOT / "deploy" / "asterisk" / "etc"


def _root() -> Path | None:
    try:
        return find_root()
    except NoAsterisk:
        return None


class Deployed(Engine):
    """One with the deployed files; only its ports and folders are its own."""

    def configure(self) -> None:
        """What `start` writes, and the addresses that a test can have."""
        super().configure()
        for path in ETC.glob("*.conf"):
            text = path.read_text(encoding="utf-8")
            text = text.replace("8088", str(self.http_port))
            text = text.replace("0.0.0.0:5060", f"127.0.0.1:{self.sip_port}")
            text = text.replace("sip.example.com:5060", f"127.0.0.1:{self.trunk_port}")
            (self.folder / path.name).write_text(text.replace("auth = ada", ""), encoding="utf-8")
        user = f"[{USER}]\ntype = user\npassword = {self.secret}\n"
        (self.folder / "ari_user.conf").write_text(user, encoding="utf-8")


async def _browser_findings(engine: Engine) -> list[Finding]:
    """What the doctor says of phones in browsers."""
    account = AsteriskAccount(engine.url, USER, engine.secret, browser_phone=True)
    client, org = AriClient(build_http(account), account), Org("00D000000000001", ())
    try:
        return [one async for one in browser_findings(client, account, org, Path(__file__))]
    finally:
        await client.close()


@pytest.mark.slow
@pytest.mark.skipif(_root() is None, reason="no Asterisk here: see scripts/asterisk")
async def test_a_real_asterisk_starts_with_it_and_serves_the_adapter() -> None:
    """Its user may ask, its phone and its trunk are there, its log of events is written."""
    root = _root()
    assert root is not None
    udp = socket.SOCK_DGRAM
    engine = Deployed(root, free_port(), free_port(udp), free_port(udp))
    engine.configure()
    try:
        await engine.start()
        async with (
            engine.http() as http,
            a_phone("ada", engine.sip_port) as ada,
            a_trunk(engine.sip_port, engine.trunk_port) as trunk,
        ):
            found = {
                one["resource"]: one["state"] for one in (await http.get("/ari/endpoints")).json()
            }
            browsers = await _browser_findings(engine)
            trunk.plan = lambda number: BUSY
            # Read as a list, it would call 2001 from outside, and so ring ada herself.
            dialed = await ada.dial("+1&Local/2001%40from-trunk&PJSIP/2")
            await ada.until(lambda call: bool(call.ended))
        assert found == {"ada": "online", "trunk": "online"}
        assert [one.grade for one in browsers] == [Grade.OK] * 3, (
            "phones in the browser need nothing more"
        )
        assert ada.calls == [dialed], "a dialed name is a number, whatever else it says"
        assert [call.number for call in trunk.calls] == ["+120012"]
        assert (engine.folder / "log" / "cel.db").exists()
        assert "ari_user" not in engine.log()
    finally:
        await engine.stop()


@pytest.mark.parametrize(("address", "written"), [("", False), ("203.0.113.7", True)])
def test_the_container_gives_browsers_the_machines_address(
    tmp_path: Path, address: str, written: bool
) -> None:
    """Where it is told: else its own address is the right one, on the machine itself."""
    script = (ROOT / "deploy" / "asterisk" / "start").read_text(encoding="utf-8")
    script = script.replace("/etc/asterisk", str(tmp_path)).replace("exec asterisk -f -p", "")
    (tmp_path / "secret").write_text("long and random")
    told = {"PATH": os.environ["PATH"], "ARI_SECRET_FILE": str(tmp_path / "secret")}
    subprocess.run(["sh", "-c", script], env=told | {"PUBLIC_ADDRESS": address}, check=True)
    assert "password = long and random" in (tmp_path / "ari_user.conf").read_text()
    told_to_browsers = tmp_path / "rtp_public.conf"
    assert told_to_browsers.exists() is written
    if written:
        assert re.search(r"^[0-9a-f.:]+ => 203\.0\.113\.7$", told_to_browsers.read_text(), re.M)


def test_compose_hands_one_secret_to_both() -> None:
    """And nobody else on the network reaches the interface: it is on loopback there."""
    told = YAML(typ="safe").load(ROOT / "compose.asterisk.yaml")
    services = told["services"]
    assert services["asterisk"]["network_mode"] == "service:caddy"
    assert services["asterisk"]["secrets"] == services["adapter"]["secrets"] == ["asterisk"]
    ports = [str(port).split(":")[0] for port in services["caddy"]["ports"]]
    assert "8088" not in ports
    assert "bindaddr = 127.0.0.1" in (ETC / "http.conf").read_text(encoding="utf-8")


def test_only_the_secret_is_private(tmp_path: Path) -> None:
    """The adapter reads the log of channel events from another container, as another user."""
    script = (ROOT / "deploy" / "asterisk" / "start").read_text(encoding="utf-8")
    program = tmp_path / "asterisk"
    program.write_text(f"#!/bin/sh\n: >{tmp_path}/cel.db\n", encoding="utf-8")
    program.chmod(0o755)
    secret = tmp_path / "secret"
    secret.write_text("a long random text\n", encoding="utf-8")
    subprocess.run(
        ["/bin/sh", "-c", f"umask 022\n{script.replace('/etc/asterisk', str(tmp_path))}"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "ARI_SECRET_FILE": str(secret)},
        check=True,
    )
    assert "password = a long random text\n" in (tmp_path / "ari_user.conf").read_text()
    assert (tmp_path / "ari_user.conf").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "cel.db").stat().st_mode & 0o777 == 0o644
