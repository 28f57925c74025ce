"""The Compose files say which they are: a trial without a phone, or the real thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapter.settings import WrongSetting
from adapter.settings.environment import load

ROOT = Path(__file__).parents[2]
REAL = ("compose.yaml", "compose.scale.yaml")


def services(name: str) -> dict[str, dict[str, Any]]:
    """What that file starts."""
    made: dict[str, dict[str, Any]] = YAML(typ="safe").load(ROOT / name)["services"]
    return made


def adapters(name: str) -> dict[str, dict[str, Any]]:
    """Those of them that serve."""
    of_ours = {n: s for n, s in services(name).items() if s.get("image") == "softphone-adapter"}
    return {n: s for n, s in of_ours.items() if "simulate" not in s.get("command", ())}


@pytest.mark.parametrize("name", REAL)
def test_the_deployment_reads_the_dotenv_and_overrides_none_of_it(name: str) -> None:
    """The adapter reads it by itself; the file sets only what Compose itself decides: the place."""
    assert (ROOT / name).read_text(encoding="utf-8").startswith("# PRODUCTION")
    for service in adapters(name).values():
        mounts = [m for m in service["volumes"] if isinstance(m, dict)]
        assert [(m["source"], m["target"]) for m in mounts] == [("./.env", "/srv/softphone/.env")]
        # Without the file it must not start with an empty folder of that name.
        assert mounts[0]["bind"] == {"create_host_path": False}
        place = {"SOFTPHONE_HOST", "SOFTPHONE_PORT", "SOFTPHONE_DATABASE_URL"}
        place.add("SOFTPHONE_REPLICA_ADDRESS")
        assert set(service["environment"]) <= place
    assert not any("simulate" in s.get("command", ()) for s in services(name).values())
    assert "SOFTPHONE_DATABASE_URL" not in services("compose.yaml")["adapter"]["environment"]


@pytest.mark.parametrize("name", REAL)
def test_the_deployment_does_not_start_half_configured(name: str) -> None:
    """Compose itself refuses to begin without a public name, and without a password."""
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "${SOFTPHONE_PUBLIC_URL:?" in text
    assert text.count("${POSTGRES_PASSWORD") == text.count("${POSTGRES_PASSWORD:?")


def test_the_demo_reads_none_of_your_files() -> None:
    """No .env, a project of its own with volumes of its own, loopback alone."""
    text = (ROOT / "compose.demo.yaml").read_text(encoding="utf-8")
    assert text.startswith("# A DEMO")
    assert "env_file" not in text
    assert "./.env" not in text
    names = {YAML(typ="safe").load(ROOT / n)["name"] for n in (*REAL, "compose.demo.yaml")}
    assert len(names) == 3
    (ports,) = (s["ports"] for s in services("compose.demo.yaml").values() if "ports" in s)
    assert ports == ["127.0.0.1:8443:8443"]


def test_the_image_listens_where_others_reach_it_and_keeps_its_data_in_the_volume() -> None:
    """On all addresses of its container; var/ of its working folder is the volume."""
    text = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert "SOFTPHONE_HOST=0.0.0.0" in text
    assert "ln -s /var/lib/softphone /srv/softphone/var" in text
    assert text.count("WORKDIR /srv/softphone") == 1


def test_the_demo_would_start() -> None:
    """Its settings are read as the adapter reads them: nothing is refused, everything is there."""
    (service,) = adapters("compose.demo.yaml").values()
    settings = load(service["environment"])
    settings.demand_safe_to_serve()
    assert settings.is_provider_configured


def test_the_deployment_would_not_start_without_a_sign_in() -> None:
    """The example as it is lets anybody be anyone: not under a public name."""
    (service,) = adapters("compose.yaml").values()
    public = {"SOFTPHONE_PUBLIC_URL": "https://phone.example.com"}
    with pytest.raises(WrongSetting, match="SIGN_IN"):
        load({**public, **service["environment"]}).demand_safe_to_serve()
