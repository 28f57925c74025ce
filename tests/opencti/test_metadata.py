"""The project that an admin deploys: complete, well-formed, and the one in this repository."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from adapter.assets import folder
from adapter.cli import main
from adapter.opencti.callcenter import CallCenter
from adapter.opencti.metadata import call_center, components, write
from adapter.salesforce.metadata_parts import CALLBACK, NAMESPACE, Deployment
from adapter.salesforce.project import Component, project, read_handwritten
from adapter.xmltext import read
from tests.salesforce.test_metadata_parts import root_of

ORIGIN = "https://softphone.example.com"
SOURCES = "force-app/main/default"


def deployment() -> Deployment:
    """One for a made-up company."""
    return Deployment(
        name="Softphone",
        label="Softphone",
        origin=ORIGIN,
        callback=f"{ORIGIN}{CALLBACK}",
        contact="admin@example.com",
    )


CENTER = CallCenter(internal_name="SoftphoneCenter", adapter_url=f"{ORIGIN}/softphone")


def made() -> tuple[Component, ...]:
    """What is generated for it."""
    return components(deployment(), CENTER)


def files() -> dict[str, str]:
    """The whole project of it."""
    return project(deployment().name, made(), read_handwritten())


def below(folder: Path) -> dict[str, str]:
    """Every file of a folder, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_repository_holds_what_the_command_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """salesforce/ is the command's output for softphone.example.com, but for what has a folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOFTPHONE_PUBLIC_URL", ORIGIN)
    out = tmp_path / "project"
    assert main(["metadata", "--out", str(out), "--contact", "admin@example.com"]) == 0
    shipped = {
        n: text
        for n, text in below(folder("salesforce")).items()
        if not n.startswith(("samples/", "host/", "voice/"))
    }
    assert below(out) == shipped
    assert "sf project deploy start" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", [n for n in project(deployment().name, made(), {}) if n.endswith(".xml")]
)
def test_every_file_is_well_formed_and_of_its_type(name: str) -> None:
    """One root of the type's name, in the Metadata API's namespace, its file suffix in the name."""
    root = read(files()[name])
    kinds = {part.file: part.type for part in made()}
    type_ = kinds.get(name.removeprefix(f"{SOURCES}/"), "Package")
    assert root.tag == f"{{{NAMESPACE}}}{type_}"
    assert name.endswith("-meta.xml") or type_ == "Package"


def test_the_manifest_names_every_component_and_no_other() -> None:
    """A deploy by manifest leaves nothing behind; a test class goes with its class."""
    root = read(files()["manifest/package.xml"])
    listed = {
        (types.findtext(f"{{{NAMESPACE}}}name"), member.text)
        for types in root.iter(f"{{{NAMESPACE}}}types")
        for member in types.iter(f"{{{NAMESPACE}}}members")
    }
    generated = {(part.type, part.name) for part in made()}
    assert generated <= listed
    apex = {name for type_, name in listed - generated if type_ == "ApexClass"}
    assert {"SoftphoneCallLog", "SoftphoneCallLogTest"} <= apex
    shipped = {Path(name).name.partition(".")[0] for name in read_handwritten()}
    assert {name for _, name in listed - generated} == shipped


def test_a_components_file_is_named_after_it() -> None:
    """Salesforce takes a component's name from its file."""
    for part in made():
        assert Path(part.file).name.partition(".")[0] == part.name


def test_the_project_is_one_for_the_salesforce_cli() -> None:
    """Its sources lie where sfdx-project.json says."""
    described = json.loads(files()["sfdx-project.json"])
    assert [folder["path"] for folder in described["packageDirectories"]] == ["force-app"]
    version = read(files()["manifest/package.xml"]).findtext(f"{{{NAMESPACE}}}version")
    assert described["sourceApiVersion"] == version


def test_names_fit_together_across_files() -> None:
    """The app finds its utility bar, the sign-in its app and its permission set."""
    whole = files()
    app = whole[f"{SOURCES}/applications/Softphone.app-meta.xml"]
    assert "<utilityBar>Softphone_UtilityBar</utilityBar>" in app
    for name, text in whole.items():
        for app_name in re.findall(r"<externalClientApplication>(.*?)<", text):
            assert f"{SOURCES}/externalClientApps/{app_name}.eca-meta.xml" in whole, name
        for agents in re.findall(r"<commaSeparatedPermissionSet>(.*?)<", text):
            assert f"{SOURCES}/permissionsets/{agents}.permissionset-meta.xml" in whole, name


def test_other_names_make_other_files(tmp_path: Path) -> None:
    """Two deployments (say, two adapters) can stand in one org."""
    other = Deployment(
        name="Desk",
        label="Desk & Co.",
        origin="https://desk.example.com",
        callback=f"https://desk.example.com{CALLBACK}",
        contact="it@example.com",
    )
    center = CallCenter(internal_name="DeskCenter", adapter_url="https://desk.example.com/s")
    ours = {part.file for part in made()}
    assert not ours & {part.file for part in components(other, center)}
    written = write(other, center, tmp_path)
    assert all(path.is_file() for path in written)
    for path in written:
        if path.suffix == ".xml":
            ET.parse(path)


def test_no_file_holds_a_secret() -> None:
    """Salesforce makes the consumer's key and secret; none is written down here."""
    everything = "".join(files().values())
    assert "consumerSecret>" not in everything
    assert "consumerKey>" not in everything


def center(**wishes: object) -> CallCenter:
    """A call center with a standby page."""
    usual: dict[str, object] = {
        "adapter_url": f"{ORIGIN}/softphone",
        "standby_url": "https://status.example.com/",
        "internal_name": "SoftphoneCenter",
        "outside_prefix": "9",
    }
    return CallCenter(**(usual | wishes))  # type: ignore[arg-type]


def test_settings_that_salesforce_reads_appear_in_both_places() -> None:
    """In customSettings for Salesforce, as items for the admin; the name is the file's."""
    made = root_of(call_center(center()))
    custom = json.loads(made.findtext("customSettings") or "")
    assert custom == {
        "reqUseApi": "true",
        "reqSoftphoneHeight": "550",
        "reqSoftphoneWidth": "400",
        "reqSalesforceCompatibilityMode": "Lightning",
        "reqStandbyUrl": "https://status.example.com/",
        "reqTimeout": "20000",
    }
    items = {item.findtext("name"): item.findtext("value") for item in made.iter("items")}
    assert custom.items() <= items.items()
    assert items["reqOutsidePrefix"] == "9"
    assert "reqInternalName" not in items
    assert made.findtext("adapterUrl") == f"{ORIGIN}/softphone"


def test_without_a_standby_page_its_items_are_absent() -> None:
    """Both or neither, here as in Setup."""
    made = root_of(call_center(center(standby_url="")))
    assert "reqTimeout" not in json.loads(made.findtext("customSettings") or "")
