"""`python -m adapter voice`: what an admin takes into Salesforce."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.commands import voice
from adapter.voice.token import is_pair
from adapter.xmltext import read
from tests.qa.salesforce.test_deployable import as_the_cli_reads, problems


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No .env of ours, a public address, a key that is quickly made."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", "https://phone.example.com")
    monkeypatch.setenv("SOFTPHONE_ORG_ID", "00D000000000001")
    monkeypatch.setattr(voice, "KEY_BITS", 2048)
    return tmp_path


def test_key_contact_center_and_metadata_fit_each_other(at_home: Path) -> None:
    """The key is nobody else's to read; the contact center holds its certificate."""
    assert main(["voice", "key"]) == 0
    key, certificate = at_home / "voice" / voice.KEY, at_home / "voice" / voice.CERTIFICATE
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert is_pair(key.read_text(), certificate.read_text())
    assert main(["voice", "contact-center"]) == 0
    center = read((at_home / "voice" / "SoftphoneVoice.xml").read_text())
    items = {item.get("name"): item.text for item in center.iter("item")}
    assert items["reqVendorInfoApiName"] == "c__Softphone"
    assert items["reqTelephonyIntegrationCertificate"] == certificate.read_text().strip()
    assert main(["voice", "metadata"]) == 0
    sources = at_home / "voice/force-app/main/default"
    info = sources / (
        "ConversationVendorInformation/Softphone.ConversationVendorInformation-meta.xml"
    )
    assert "https://phone.example.com/voice/00D000000000001" in info.read_text()


def test_the_metadata_is_a_project_that_salesforces_tool_deploys(
    at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of its types, with a manifest, and with the component of the Voice Extension."""
    assert main(["voice", "metadata", "--out", "out"]) == 0
    assert "sf project deploy start --manifest manifest/package.xml" in capsys.readouterr().out
    assert problems(at_home / "out") == []
    told = as_the_cli_reads(at_home / "out")
    assert told["errors"] == []
    assert told["components"] == [
        "ApexClass:SoftphoneIntegration",
        "ConversationVendorInfo:Softphone",
        "CspTrustedSite:Softphone_Voice",
        "CustomLabels:CustomLabels",
        "LightningComponentBundle:softphoneVoice",
        "PermissionSet:Softphone_Voice",
    ]


def test_the_panel_may_have_the_microphone_if_agents_talk_in_it(
    at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the trusted URL; otherwise an agent of the Voice Extension could not be heard."""
    site = at_home / "voice/force-app/main/default/cspTrustedSites"
    site /= "Softphone_Voice.cspTrustedSite-meta.xml"
    assert main(["voice", "metadata"]) == 0
    assert "canAccessMicrophone" not in site.read_text()
    monkeypatch.setenv("SOFTPHONE_PROVIDER", "asterisk")
    monkeypatch.setenv("SOFTPHONE_ASTERISK_BROWSER_PHONE", "true")
    assert main(["voice", "metadata"]) == 0
    assert "<canAccessMicrophone>true" in site.read_text()
    assert problems(at_home / "voice") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["contact-center"], "voice key"),
        (["metadata", "--org", "00D000000000009"], "--org"),
        (["metadata", "--name", "1"], "name"),
    ],
)
def test_a_file_that_cannot_be_made_says_why(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2."""
    assert main(["voice", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_key_is_never_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    """What it has signed would be refused from then on."""
    assert main(["voice", "key"]) == 0
    assert main(["voice", "key"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main(["voice", "contact-center", "--name", "_"]) == 2
