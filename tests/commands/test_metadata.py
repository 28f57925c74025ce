"""`python -m adapter metadata`: a project from the settings, or a sentence why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapter.cli import main
from adapter.xmltext import read


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No .env of ours, and a public address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", "https://Phone.example.com:443/")
    return tmp_path


def test_the_names_and_the_address_are_filled_in(at_home: Path) -> None:
    """The public address in the one spelling that browsers send."""
    wishes = ["--out", "project", "--contact", "it@example.com", "--name", "Desk"]
    assert main(["metadata", *wishes, "--experience", "both"]) == 0
    sources = at_home / "project/force-app/main/default"
    site = (sources / "cspTrustedSites/Desk.cspTrustedSite-meta.xml").read_text(encoding="utf-8")
    assert "<endpointUrl>https://phone.example.com</endpointUrl>" in site
    center = (sources / "callCenters/DeskCenter.callCenter-meta.xml").read_text(encoding="utf-8")
    assert "<adapterUrl>https://phone.example.com/softphone</adapterUrl>" in center
    assert "<value>Classic_and_Lightning</value>" in center
    # The channel that is deployed along is the one that the page is told of.
    assert "<value>DeskCalls__c</value>" in center
    assert (sources / "messageChannels/DeskCalls.messageChannel-meta.xml").is_file()
    app = (sources / "extlClntAppGlobalOauthSets/Desk_glbloauth.ecaGlblOauth-meta.xml").read_text(
        encoding="utf-8"
    )
    assert "<callbackUrl>https://phone.example.com/auth/callback</callbackUrl>" in app


ORGS = """
[[org]]
id = "00D000000000001"
domain = "https://acme.my.salesforce.com"
client_id = "client"
origins = ["https://acme.lightning.force.com"]
directory_file = "agents.toml"
[org.telephony]
kind = "asterisk"
account = "pbx"
url = "http://127.0.0.1:8088"
user = "softphone"
secret_file = "secret"
"""


@pytest.mark.parametrize(
    ("table", "ada", "may_talk"),
    [
        ("", "", False),
        ('browser_phone = "true"', "", True),
        ("", 'browser_phone = "yes"', True),
        ("", 'browser_phone = "no"', False),
    ],
)
def test_salesforce_lets_the_panel_have_the_microphone_if_an_agent_talks_in_it(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, table: str, ada: str, may_talk: bool
) -> None:
    """Whether the orgs file or the directory says so."""
    (at_home / "orgs.toml").write_text(f"{ORGS}{table}\n")
    (at_home / "secret").write_text("ari-secret")
    (at_home / "agents.toml").write_text(f'[[agent]]\nemail = "a@b.c"\nprovider_user = "a"\n{ada}')
    monkeypatch.setenv("SOFTPHONE_ORGS_FILE", "orgs.toml")
    assert main(["metadata", "--out", "project", "--contact", "it@example.com"]) == 0
    site = (
        at_home / "project/force-app/main/default/cspTrustedSites/Softphone.cspTrustedSite-meta.xml"
    )
    assert ("canAccessMicrophone" in site.read_text()) is may_talk


def test_a_directory_that_cannot_be_read_is_named(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether agents need the microphone is unknown then."""
    (at_home / "orgs.toml").write_text(ORGS)
    (at_home / "secret").write_text("ari-secret")
    monkeypatch.setenv("SOFTPHONE_ORGS_FILE", "orgs.toml")
    assert main(["metadata", "--out", "project", "--contact", "it@example.com"]) == 2
    assert "cannot read agents.toml" in capsys.readouterr().err


def test_without_open_cti_there_is_a_component_instead_of_a_call_center(
    at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its settings are records, and its own tests go with the deploy."""
    wishes = ["--out", "project", "--contact", "it@example.com", "--outside-prefix", "9"]
    assert main(["metadata", *wishes, "--surface", "lwc"]) == 0
    sources = at_home / "project/force-app/main/default"
    assert not (sources / "callCenters").exists()
    assert (sources / "lwc/softphoneHost/softphoneHost.js").is_file()
    settings = {path.name: path.read_text() for path in sources.glob("customMetadata/*")}
    prefix = settings["Softphone_Setting.reqOutsidePrefix.md-meta.xml"]
    assert ">/reqDialingOptions/reqOutsidePrefix<" in prefix
    assert ">9<" in prefix
    assert not any("reqUseApi" in name for name in settings)
    assert "--tests SoftphoneHostTest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wishes", "word"),
    [
        (["--name", "Soft phone"], "--name"),
        (["--name", "1phone"], "--name"),
        (["--contact", "nobody"], "--contact"),
        (["--label", " "], "--label"),
        (["--label", "x" * 41], "--label must be 1 to 40 characters"),
    ],
)
def test_a_wrong_option_is_named(
    at_home: Path, wishes: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and nothing is written."""
    usual = ["--out", "project", "--contact", "it@example.com"]
    assert main(["metadata", *usual, *wishes]) == 2
    assert word in capsys.readouterr().err
    assert list(at_home.iterdir()) == []


def test_a_file_with_an_address_that_salesforce_refuses_is_not_written(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Plain http, in Lightning."""
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", "http://localhost:8080")
    assert main(["metadata", "--out", "project", "--contact", "it@example.com"]) == 2
    assert "SOFTPHONE_PUBLIC_URL" in capsys.readouterr().err
    assert list(at_home.iterdir()) == []


def test_an_unwritable_place_is_named(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder should be."""
    (at_home / "project").write_text("", encoding="utf-8")
    assert main(["metadata", "--out", "project", "--contact", "it@example.com"]) == 2
    assert "cannot write the project" in capsys.readouterr().err


def test_writing_again_changes_nothing(at_home: Path) -> None:
    """A project under version control shows no difference after a second run."""
    wishes = ["--out", "project", "--contact", "it@example.com"]
    assert main(["metadata", *wishes]) == 0
    manifest = at_home / "project/manifest/package.xml"
    before = manifest.read_bytes()
    assert main(["metadata", *wishes]) == 0
    assert manifest.read_bytes() == before
    assert read(before.decode()).tag.endswith("Package")


def test_json_output_lists_every_file(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each one is there; the command that deploys them is told too."""
    assert main(["metadata", "--out", "project", "--contact", "it@example.com", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == "project"
    written = {path for path in at_home.rglob("*") if path.is_file()}
    assert {at_home / name for name in told["files"]} == written
    assert told["deploy"].startswith("sf project deploy start")
