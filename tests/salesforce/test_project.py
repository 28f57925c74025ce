"""A project: what is generated, what is written by hand, and the list of both."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from adapter.salesforce import project as projects
from adapter.salesforce.project import SOURCES, Component, project, read_handwritten, save
from tests.salesforce.test_metadata_parts import ORIGIN, deployment, root_of


def manifest(*paths: str) -> str:
    """The list of a project with these handwritten files."""
    given = {f"{SOURCES.as_posix()}/{path}": "" for path in paths}
    return project("Phone", (), given)["manifest/package.xml"]


@pytest.mark.parametrize(
    ("path", "type_", "name"),
    [
        ("classes/Finder.cls", "ApexClass", "Finder"),
        ("pages/Feed.page", "ApexPage", "Feed"),
        ("lwc/phone/phone.js-meta.xml", "LightningComponentBundle", "phone"),
        ("objects/Activity/fields/Key__c.field-meta.xml", "CustomField", "Activity.Key__c"),
        ("objects/Rule__mdt/Rule__mdt.object-meta.xml", "CustomObject", "Rule__mdt"),
        ("quickActions/Lead.Call.quickAction-meta.xml", "QuickAction", "Lead.Call"),
        ("messageChannels/A.messageChannel-meta.xml", "LightningMessageChannel", "A"),
    ],
)
def test_a_handwritten_component_is_listed_by_its_file(path: str, type_: str, name: str) -> None:
    """A field is named with its object."""
    listed = manifest(path)
    assert f"<members>{name}</members>\n        <name>{type_}</name>" in listed


@pytest.mark.parametrize("path", ["classes/Finder.cls-meta.xml", "lwc/phone/phone.html"])
def test_a_components_companion_file_is_not_a_component(path: str) -> None:
    """Its description, its template."""
    assert "<types>" not in manifest(path)


def test_an_object_of_ours_brings_its_fields_along() -> None:
    """A field of Salesforce's own object is named."""
    folder = "objects/Rule__mdt"
    listed = manifest(f"{folder}/Rule__mdt.object-meta.xml", f"{folder}/fields/A__c.field-meta.xml")
    assert ">Rule__mdt<" in listed
    assert "A__c" not in listed


def test_several_of_a_type_stand_together_by_name() -> None:
    """As the command-line tool writes them."""
    made = [Component("CspTrustedSite", name, "") for name in ("B", "A")]
    told = project("Phone", made, {})
    assert told[f"{SOURCES.as_posix()}/cspTrustedSites/A.cspTrustedSite-meta.xml"] == ""
    listed = told["manifest/package.xml"]
    assert listed.index(">A<") < listed.index(">B<") < listed.index(">CspTrustedSite<")


def test_a_broken_installation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the classes a deploy would leave half a softphone."""
    monkeypatch.setattr(projects, "folder", lambda _name: tmp_path)
    with pytest.raises(FileNotFoundError, match="reinstall the adapter"):
        read_handwritten()


def test_a_subfolder_adds_its_own_components(tmp_path: Path) -> None:
    """To the classes that every project has; what is saved can be read."""
    plain, more = read_handwritten(), read_handwritten("host")
    assert plain.items() < more.items()
    assert any(name.endswith("softphoneHost.html") for name in more)
    assert [path.read_text() for path in save({"a/b.txt": "x"}, tmp_path)] == ["x"]


def client_app(type_: str) -> ET.Element:
    """One part of the sign-in's app."""
    parts = {part.type: part.text for part in projects.client_app(deployment())}
    return root_of(parts[type_])


def test_the_sign_in_app_is_on_for_oauth_alone() -> None:
    """It is made with the policies that say what it is for."""
    made = client_app("ExtlClntAppConfigurablePolicies")
    assert made.findtext("externalClientApplication") == "Softphone"
    assert [e.tag for e in made if e.text == "true"] == ["isEnabled", "isOauthPluginEnabled"]


def test_the_sign_in_app_wants_pkce_and_a_secret() -> None:
    """And neither makes new secrets at each deploy nor asks for more than who it is."""
    made = client_app("ExtlClntAppGlobalOauthSettings")
    assert made.findtext("isPkceRequired") == "true"
    assert made.findtext("isConsumerSecretOptional") == "false"
    assert made.findtext("shouldRotateConsumerSecret") == "false"
    assert made.findtext("callbackUrl") == f"{ORIGIN}/auth/callback"
    scopes = client_app("ExtlClntAppOauthSettings").findtext("commaSeparatedOauthScopes")
    assert scopes == "Basic, OpenID"


def test_only_agents_may_sign_in() -> None:
    """Those with the permission set, without a question each; no refresh token is kept."""
    made = client_app("ExtlClntAppOauthConfigurablePolicies")
    assert made.findtext("permittedUsersPolicyType") == "AdminApprovedPreAuthorized"
    assert made.findtext("commaSeparatedPermissionSet") == "Softphone_Agent"
    assert made.findtext("refreshTokenPolicyType") == "Zero"


def test_the_sign_in_app_is_the_orgs_own() -> None:
    """Local: it is deployed to the org, not installed from a package."""
    made = client_app("ExternalClientApplication")
    assert made.findtext("distributionState") == "Local"
    assert made.findtext("contactEmail") == "admin@example.com"


def test_every_component_lets_the_softphones_frame_have_the_microphone() -> None:
    """A frame has only what the page around it grants."""
    templates = read_handwritten("host", "voice", shared=False).items()
    frames = {name: text for name, text in templates if "<iframe" in text}
    assert len(frames) == 2
    assert all('allow="microphone; autoplay"' in text for text in frames.values())
