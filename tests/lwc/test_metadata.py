"""The project of an org without Open CTI."""

from __future__ import annotations

import re
from pathlib import Path

from adapter.assets import folder
from adapter.lwc.metadata import CLASSES, HOST, KEY, NUMBER, components, write
from adapter.salesforce.metadata_parts import CALLBACK, Deployment
from adapter.salesforce.project import SOURCES, read_handwritten
from adapter.xmltext import read

ORIGIN = "https://softphone.example.com"
DEPLOYMENT = Deployment(
    name="Softphone",
    label="Softphone",
    origin=ORIGIN,
    callback=f"{ORIGIN}{CALLBACK}",
    contact="admin@example.com",
)
RULES = [("/softphone/popOne", "record"), ("/softphone/popMany", "")]
SOURCE = folder("salesforce") / HOST / SOURCES


def text_of(name: str) -> str:
    """A generated file."""
    made = components(DEPLOYMENT, f"{ORIGIN}/softphone", RULES)
    return next(part.text for part in made if part.file.endswith(name))


def test_the_utility_bar_starts_our_component_with_its_address() -> None:
    """No call center says it here."""
    bar = text_of(".flexipage-meta.xml")
    assert "<componentName>softphoneHost</componentName>" in bar
    assert f"<value>{ORIGIN}/softphone</value>" in bar
    script = (SOURCE / "lwc/softphoneHost/softphoneHost.js").read_text()
    assert "@api softphoneUrl;" in script


def test_a_setting_becomes_a_record_unless_it_is_empty() -> None:
    """By the key that a definition file has for it."""
    made = {part.name for part in components(DEPLOYMENT, ORIGIN, RULES)}
    assert "Softphone_Setting.popOne" in made
    assert "Softphone_Setting.popMany" not in made
    record = text_of("Softphone_Setting.popOne.md-meta.xml")
    assert re.findall(r'xsi:type="xsd:string">(.*?)<', record) == ["/softphone/popOne", "record"]
    assert read(record).tag.endswith("CustomMetadata")


def test_agents_may_use_the_classes_and_write_the_key_field() -> None:
    """In user mode both are needed."""
    given = text_of(".permissionset-meta.xml")
    assert re.findall(r"<apexClass>(.*?)<", given) == list(CLASSES)
    assert re.findall(r"<field>(.*?)<", given) == [f"Task.{KEY}", f"Task.{NUMBER}"]
    for field in (KEY, NUMBER):
        assert (SOURCE / f"objects/Activity/fields/{field}.field-meta.xml").is_file()


def test_the_key_is_unique_and_case_sensitive() -> None:
    """Else two calls could share a Task, or one have two."""
    field = (SOURCE / f"objects/Activity/fields/{KEY}.field-meta.xml").read_text()
    for told in ("externalId>true", "unique>true", "caseSensitive>true"):
        assert f"<{told}<" in field


def test_all_that_classes_and_components_reference_exists() -> None:
    """Fields, Apex methods, the channel: a misspelled one refuses the whole deploy."""
    apex = (SOURCE / "classes/SoftphoneHost.cls").read_text()
    assert set(re.findall(r"\bSoftphone_\w+__c", apex)) == {KEY, NUMBER}
    methods = set(re.findall(r"@AuraEnabled\n\s+public static [\w<>, ]+ (\w+)\(", apex))
    scripts = "".join(path.read_text() for path in sorted(SOURCE.glob("lwc/*/*.js")))
    asked = set(re.findall(r"@salesforce/apex/SoftphoneHost\.(\w+)'", scripts))
    assert asked == methods
    channels = set(re.findall(r"@salesforce/messageChannel/(\w+)__c'", scripts))
    assert channels == {"SoftphoneHost"}
    assert (SOURCE / "messageChannels/SoftphoneHost.messageChannel-meta.xml").is_file()


def test_the_whole_project_is_written(tmp_path: Path) -> None:
    """With everything that is written by hand."""
    written = write(DEPLOYMENT, ORIGIN, RULES, tmp_path)
    names = {path.relative_to(tmp_path).as_posix() for path in written}
    assert set(read_handwritten(HOST)) <= names
    assert "manifest/package.xml" in names
