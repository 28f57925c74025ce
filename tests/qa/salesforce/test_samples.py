"""The sample component is one that Salesforce takes, and shows a number as it is described."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from adapter.core.details import read_params
from qa.salesforce.metadatatypes import metadata_types

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "salesforce/samples/click-to-dial/lwc/softphoneNumber"
DOCS = (ROOT / "docs" / "open-cti.md").read_text(encoding="utf-8")

# https://developer.salesforce.com/docs/component-library/bundle/lightning-click-to-dial
ATTRIBUTES = {"value", "record-id", "params"}


class Tags(HTMLParser):
    """The elements of a template, with the names of their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        self.found.setdefault(tag, set()).update(name for name, _ in attrs)


def template() -> dict[str, set[str]]:
    """The sample's elements."""
    tags = Tags()
    tags.feed((SAMPLE / "softphoneNumber.html").read_text(encoding="utf-8"))
    return tags.found


def test_salesforce_accepts_the_samples_description() -> None:
    """By its published types, and made for record pages."""
    text = (SAMPLE / "softphoneNumber.js-meta.xml").read_text(encoding="utf-8")
    assert metadata_types().problems(text) == []
    assert re.findall(r"<target>(\w+)</target>", text) == ["lightning__RecordPage"]
    assert "<isExposed>true</isExposed>" in text
    wrong = text.replace("<isExposed>true", "<isExposed>yes")
    assert len(metadata_types().problems(wrong)) == 1


def test_the_sample_shows_the_number_by_the_standard_component() -> None:
    """With all its attributes, no others, and in no frame, where it would be dead text."""
    found = template()
    assert found["lightning-click-to-dial"] == ATTRIBUTES
    assert not {"iframe", "frame"} & found.keys()


def test_the_sample_binds_only_what_its_class_has() -> None:
    """A name that is none would be undefined, and shown as nothing."""
    html = (SAMPLE / "softphoneNumber.html").read_text(encoding="utf-8")
    script = (SAMPLE / "softphoneNumber.js").read_text(encoding="utf-8")
    bound = set(re.findall(r"\{(\w+)\}", html))
    assert bound == {"phone", "recordId", "params"}
    assert all(re.search(rf"@api {name};|get {name}\(", script) for name in bound)


def test_the_samples_parameters_are_read_by_their_names() -> None:
    """So that `{params.source}` in a template of fields means something."""
    script = (SAMPLE / "softphoneNumber.js").read_text(encoding="utf-8")
    (params,) = re.findall(r"return `(source=[^`]*)`", script)
    told = read_params(params.replace("${this.objectApiName}", "Contact"))
    assert (told["source"], told["object"]) == ("recordPage", "Contact")


def test_the_docs_name_each_attribute_and_each_limit() -> None:
    """Where a component shows nothing, an admin must find why."""
    section = DOCS.partition("## Numbers in components of your own\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"^\| `([\w-]+)` \|", section, re.MULTILINE))
    assert named == ATTRIBUTES
    limits = ("iframe", "Lightning Out", "support:clickToDial", "enableClickToDial")
    assert [limit for limit in limits if limit not in section] == []
    assert "{params.source}" in section
