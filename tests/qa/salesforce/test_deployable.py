from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from adapter.lwc import metadata as lwc
from adapter.opencti.callcenter import CallCenter
from adapter.opencti.metadata import write
from adapter.salesforce.metadata_parts import CALLBACK, Deployment
from adapter.salesforce.project import SOURCES
from qa.salesforce.metadatatypes import ROOT, metadata_types

ORIGIN = "https://phone.acme.example"
PERMISSIONS = SOURCES / "permissionsets/Phone_Agent.permissionset-meta.xml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as the command writes it, under other names than those of the repository."""
    center = CallCenter(internal_name="PhoneCenter", adapter_url=f"{ORIGIN}/softphone")
    write(deployment(), center, tmp_path)
    return tmp_path


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The project of an org without Open CTI."""
    rules = [("/softphone/popOne", "record"), ("/softphone/wrapUpSeconds", "30")]
    lwc.write(deployment(), f"{ORIGIN}/softphone", rules, tmp_path / "host")
    return tmp_path / "host"


def deployment() -> Deployment:
    """A made-up company's."""
    return Deployment(
        name="Phone",
        label="Acme Phone",
        origin=ORIGIN,
        callback=f"{ORIGIN}{CALLBACK}",
        contact="admin@acme.example",
    )


def problems(folder: Path) -> list[str]:
    """What Salesforce's published types say against any file of a project."""
    types = metadata_types()
    files = sorted(folder.rglob("*-meta.xml"))
    assert files
    return [problem for file in files for problem in types.problems(file.read_text())]


def as_the_cli_reads(project: Path) -> dict[str, Any]:
    """What Salesforce's own library makes of the project."""
    command = [".venv/bin/node", "qa/salesforce/deployable.mjs", str(project)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=90)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_every_generated_file_is_of_its_type(project: Path) -> None:
    """No element that Salesforce does not know, none missing, no value of another kind."""
    assert problems(project) == []
    assert problems(ROOT / "salesforce") == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("<visible>", "<default>false</default><visible>", "has no such element"),
        ("<visible>true</visible>", "", "applicationVisibilities.visible is missing"),
        ("<visible>true", "<visible>yes", "'yes', but must be true or false"),
        ("<label>", "<label>Twice</label><label>", "label occurs 2 times, but is allowed once"),
        (
            "<label>Acme Phone Agent",
            "<label><b/>",
            "label contains elements, but string is a value",
        ),
        ("PermissionSet xmlns=", "PermissionSet xmlns:x=", "is not in the namespace"),
    ],
)
def test_a_planted_fault_is_found(project: Path, old: str, new: str, problem: str) -> None:
    """One of each kind for which Salesforce refuses a whole deploy."""
    file = project / PERMISSIONS
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    assert any(problem in told for told in problems(project)), problems(project)


def test_an_unknown_type_is_found() -> None:
    """A file of it would be refused with the whole deploy."""
    text = '<PermitSet xmlns="http://soap.sforce.com/2006/04/metadata"/>'
    assert metadata_types().problems(text) == ["there is no type PermitSet"]


def test_a_value_outside_of_an_enumeration_is_found(project: Path) -> None:
    """A trusted URL for a context that there is not."""
    file = next(project.rglob("*.cspTrustedSite-meta.xml"))
    file.write_text(file.read_text().replace(">LEX<", ">Lightning<"))
    (problem,) = problems(project)
    assert problem.startswith("CspTrustedSite.context is 'Lightning'; it may be All, ")


def test_salesforces_own_library_converts_the_whole_project(project: Path) -> None:
    """Each component is found, is in the manifest, and its Apex can be parsed."""
    told = as_the_cli_reads(project)
    assert told["errors"] == []
    assert told["bytes"] > 0
    assert "PermissionSet:Phone_Agent" in told["components"]
    assert "ApexClass:SoftphoneCallLogTest" in told["components"]


def test_salesforce_accepts_the_project_without_open_cti(host: Path) -> None:
    """Types, conversion, Apex: components, fields, actions and settings, and no call center."""
    assert problems(host) == []
    told = as_the_cli_reads(host)
    assert told["errors"] == []
    assert {
        "LightningComponentBundle:softphoneHost",
        "LightningComponentBundle:phoneNumbers",
        "ApexClass:SoftphoneHostTest",
        "CustomField:Activity.Softphone_Call__c",
        "CustomMetadata:Softphone_Setting.popOne",
        "QuickAction:Contact.Softphone_Call",
        "LightningMessageChannel:SoftphoneHost",
    } <= set(told["components"])
    assert not any(name.startswith("CallCenter:") for name in told["components"])
    bar = next(host.rglob("*.flexipage-meta.xml")).read_text()
    assert "opencti" not in bar
    assert f"<value>{ORIGIN}/softphone</value>" in bar


def test_a_component_missing_in_the_manifest_and_broken_apex_are_found(project: Path) -> None:
    """So the test above can fail."""
    manifest = project / "manifest/package.xml"
    text = manifest.read_text()
    manifest.write_text(text.replace("<members>Phone_Agent</members>", "<members>Other</members>"))
    apex = project / SOURCES / "classes/SoftphoneCallLog.cls"
    apex.write_text(apex.read_text().replace("{", "{ oops oops oops", 1))
    errors = "\n".join(as_the_cli_reads(project)["errors"])
    assert "PermissionSet:Phone_Agent is not in the manifest" in errors
    assert "PermissionSet:Other is in the manifest alone" in errors
    assert "SoftphoneCallLog.cls:" in errors
