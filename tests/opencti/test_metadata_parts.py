"""Each piece of metadata, for what Salesforce makes of it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

from adapter.opencti import metadata_parts as parts
from adapter.opencti.callcenter import CallCenter
from adapter.xmltext import read

WEB = Path(__file__).parents[2] / "web"
ORIGIN = "https://softphone.example.com"


def center(**wishes: object) -> CallCenter:
    """A call center with a standby page."""
    usual: dict[str, object] = {
        "adapter_url": f"{ORIGIN}/softphone",
        "standby_url": "https://status.example.com/",
        "internal_name": "SoftphoneCenter",
        "outside_prefix": "9",
    }
    return CallCenter(**(usual | wishes))  # type: ignore[arg-type]


def deployment() -> parts.Deployment:
    """One for a made-up company."""
    return parts.Deployment(
        name="Softphone",
        label="Softphone",
        origin=ORIGIN,
        callback=f"{ORIGIN}{parts.CALLBACK}",
        contact="admin@example.com",
        center=center(),
    )


def told(xml: str) -> ET.Element:
    """The root, its namespace taken off every tag."""
    root = read(xml)
    for element in root.iter():
        element.tag = element.tag.partition("}")[2]
    return root


def test_the_call_center_says_twice_what_salesforce_acts_on() -> None:
    """In customSettings for Salesforce, as items for the admin; the name is the file's."""
    made = told(parts.call_center(center()))
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


def test_without_a_standby_page_nothing_is_said_of_it() -> None:
    """Both or neither, here as in Setup."""
    made = told(parts.call_center(center(standby_url="")))
    assert "reqTimeout" not in json.loads(made.findtext("customSettings") or "")


def test_the_softphone_starts_with_the_page() -> None:
    """Eager: else its frame is not there until an agent opens it, and no click is heard."""
    made = told(parts.utility_bar(deployment()))
    item = next(i for i in made.iter("componentInstance"))
    assert item.findtext("componentName") == "opencti:softPhone"
    properties = {
        p.findtext("name"): (p.findtext("type"), p.findtext("value"))
        for p in item.iter("componentInstanceProperties")
    }
    assert properties["eager"] == ("decorator", "true")
    assert properties["height"] == ("decorator", "550")
    assert made.findtext("type") == "UtilityBar"


def test_the_app_is_a_lightning_app() -> None:
    """Only those have utility bars."""
    made = told(parts.app(deployment(), "Softphone_UtilityBar"))
    assert made.findtext("uiType") == "Lightning"
    assert made.findtext("formFactors") == "Large"


def test_the_org_frames_the_softphone_and_opens_nothing_else() -> None:
    """One directive of the content security policy, for Lightning alone."""
    made = told(parts.trusted_site(deployment()))
    allowed = [e.tag for e in made if e.tag.startswith("isApplicable") and e.text == "true"]
    assert allowed == ["isApplicableToFrameSrc"]
    assert made.findtext("context") == "LEX"
    assert made.findtext("endpointUrl") == ORIGIN


def test_the_sign_in_app_is_on_for_oauth_alone() -> None:
    """It is made with the policies that say what it is for."""
    made = told(parts.client_app_plugins(deployment(), "Softphone_plcy"))
    assert made.findtext("externalClientApplication") == "Softphone"
    assert [e.tag for e in made if e.text == "true"] == ["isEnabled", "isOauthPluginEnabled"]


def test_the_sign_in_app_wants_pkce_and_a_secret() -> None:
    """And neither makes new secrets at each deploy nor asks for more than who it is."""
    made = told(parts.client_app_global(deployment()))
    assert made.findtext("isPkceRequired") == "true"
    assert made.findtext("isConsumerSecretOptional") == "false"
    assert made.findtext("shouldRotateConsumerSecret") == "false"
    assert made.findtext("callbackUrl") == f"{ORIGIN}/auth/callback"
    scopes = told(parts.client_app_oauth(deployment())).findtext("commaSeparatedOauthScopes")
    assert scopes == "Basic, OpenID"


def test_only_agents_may_sign_in() -> None:
    """Those with the permission set, without a question each; no refresh token is kept."""
    made = told(parts.client_app_policy(deployment(), "Softphone_Agent"))
    assert made.findtext("permittedUsersPolicyType") == "AdminApprovedPreAuthorized"
    assert made.findtext("commaSeparatedPermissionSet") == "Softphone_Agent"
    assert made.findtext("refreshTokenPolicyType") == "Zero"


def test_the_sign_in_app_is_the_orgs_own() -> None:
    """Local: it is deployed to the org, not installed from a package."""
    made = told(parts.client_app(deployment()))
    assert made.findtext("distributionState") == "Local"
    assert made.findtext("contactEmail") == "admin@example.com"


def test_agents_get_the_app_and_the_class() -> None:
    """The permission set opens what it says, and nothing else."""
    made = told(parts.permission_set(deployment(), "Softphone"))
    assert made.findtext("applicationVisibilities/application") == "Softphone"
    classes = [one.text for one in made.findall("classAccesses/apexClass")]
    assert classes == ["SoftphoneCallLog", "SoftphoneSearch"]
    assert {e.tag for e in made} == {
        "applicationVisibilities",
        "classAccesses",
        "description",
        "hasActivationRequired",
        "label",
    }


def test_the_channel_describes_each_of_its_fields() -> None:
    """Whoever writes a component against it reads what a field means."""
    made = told(parts.message_channel(deployment()))
    fields = {
        f.findtext("fieldName"): f.findtext("description")
        for f in made.iter("lightningMessageFields")
    }
    assert fields.keys() == parts.CHANNEL_FIELDS.keys()
    assert all(fields.values())


def test_the_message_channel_declares_what_the_page_says_and_hears_and_no_more() -> None:
    """A component that is written by the channel must be heard, and hear all that there is."""
    page = (WEB / "softphone" / "channels.js").read_text(encoding="utf-8")
    told = page.partition("const message = {")[2].partition("};")[0]
    said = {name for name in re.findall(r"(\w+): ", told) if name not in {"call", "view"}}
    heard = re.search(r"const \{ ([\w, ]+) \} = Object\(message\)", page)
    assert heard is not None
    assert said | set(heard[1].split(", ")) == set(parts.CHANNEL_FIELDS)
    assert {"kind", "params", "calledNumber"} <= said
