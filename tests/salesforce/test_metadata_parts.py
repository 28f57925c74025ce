"""Each piece of metadata, for what Salesforce makes of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

from adapter.salesforce import metadata_parts as parts
from adapter.xmltext import read

WEB = Path(__file__).parents[2] / "web"
ORIGIN = "https://softphone.example.com"


def deployment() -> parts.Deployment:
    """One for a made-up company."""
    return parts.Deployment(
        name="Softphone",
        label="Softphone",
        origin=ORIGIN,
        callback=f"{ORIGIN}{parts.CALLBACK}",
        contact="admin@example.com",
    )


def root_of(xml: str) -> ET.Element:
    """The root, its namespace taken off every tag."""
    root = read(xml)
    for element in root.iter():
        element.tag = element.tag.partition("}")[2]
    return root


def test_the_softphone_starts_with_the_page() -> None:
    """Eager: else its frame is not there until an agent opens it, and no click is heard."""
    made = root_of(parts.utility_bar(deployment(), "c:phone", "c_phone", {"url": "https://x"}))
    item = next(i for i in made.iter("componentInstance"))
    assert item.findtext("componentName") == "c:phone"
    properties = {
        p.findtext("name"): (p.findtext("type"), p.findtext("value"))
        for p in item.iter("componentInstanceProperties")
    }
    assert properties["eager"] == ("decorator", "true")
    assert properties["url"] == (None, "https://x")
    assert properties["height"] == ("decorator", "550")
    assert made.findtext("type") == "UtilityBar"


def test_the_app_is_a_lightning_app() -> None:
    """Only those have utility bars."""
    made = root_of(parts.app(deployment(), "Softphone_UtilityBar"))
    assert made.findtext("uiType") == "Lightning"
    assert made.findtext("formFactors") == "Large"


def test_the_org_frames_the_softphone_and_opens_nothing_else() -> None:
    """One directive of the content security policy, for Lightning alone."""
    made = root_of(parts.trusted_site(deployment()))
    allowed = [e.tag for e in made if e.tag.startswith("isApplicable") and e.text == "true"]
    assert allowed == ["isApplicableToFrameSrc"]
    assert made.findtext("context") == "LEX"
    assert made.findtext("endpointUrl") == ORIGIN


def test_the_org_hands_the_microphone_on_where_agents_talk_in_the_panel() -> None:
    """And nowhere else: a trusted URL without a word of it gets none."""
    assert root_of(parts.trusted_site(deployment())).find("canAccessMicrophone") is None
    talking = replace(deployment(), microphone=True)
    assert root_of(parts.trusted_site(talking)).findtext("canAccessMicrophone") == "true"


def test_agents_get_the_app_the_classes_and_the_fields() -> None:
    """The permission set opens what it says, and nothing else."""
    made = root_of(
        parts.permission_set(deployment(), "Softphone", ["SoftphoneHost"], ["Task.Key__c"])
    )
    assert made.findtext("applicationVisibilities/application") == "Softphone"
    classes = [one.text for one in made.findall("classAccesses/apexClass")]
    assert classes == ["SoftphoneHost"]
    assert made.findtext("fieldPermissions/field") == "Task.Key__c"
    assert {e.tag for e in made} == {
        "applicationVisibilities",
        "classAccesses",
        "description",
        "fieldPermissions",
        "hasActivationRequired",
        "label",
    }


def test_the_channel_describes_each_of_its_fields() -> None:
    """Whoever writes a component against it reads what a field means."""
    made = root_of(parts.message_channel(deployment()))
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
