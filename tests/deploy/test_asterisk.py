"""The Asterisk that is deployed beside the adapter: a real one starts with its configuration."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from qa.asterisk.engine import USER, Engine, NoAsterisk, find_root, free_port
from qa.asterisk.phone import a_phone

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
            (self.folder / path.name).write_text(text.replace("auth = ada", ""), encoding="utf-8")
        user = f"[{USER}]\ntype = user\npassword = {self.secret}\n"
        (self.folder / "ari_user.conf").write_text(user, encoding="utf-8")


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
        async with engine.http() as http, a_phone("ada", engine.sip_port):
            found = {
                one["resource"]: one["state"] for one in (await http.get("/ari/endpoints")).json()
            }
        assert found == {"ada": "online", "trunk": "online"}
        assert (engine.folder / "log" / "cel.db").exists()
        assert "ari_user" not in engine.log()
    finally:
        await engine.stop()


def test_compose_hands_one_secret_to_both() -> None:
    """And nobody else on the network reaches the interface: it is on loopback there."""
    told = YAML(typ="safe").load(ROOT / "compose.asterisk.yaml")
    services = told["services"]
    assert services["asterisk"]["network_mode"] == "service:caddy"
    assert services["asterisk"]["secrets"] == services["adapter"]["secrets"] == ["asterisk"]
    ports = [str(port).split(":")[0] for port in services["caddy"]["ports"]]
    assert "8088" not in ports
    assert "bindaddr = 127.0.0.1" in (ETC / "http.conf").read_text(encoding="utf-8")
