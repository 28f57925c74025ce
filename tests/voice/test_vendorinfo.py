"""The metadata of Salesforce Voice."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from adapter.voice.vendorinfo import LABELS, Vendor, files, problems
from adapter.xmltext import read

VENDOR = Vendor("Softphone", "Softphone", "https://softphone.example.com", "00D000000000001")
REQUESTS = Path(__file__).parents[2] / "web" / "connector" / "requests.js"


def test_the_vendor_info_names_our_pages_and_the_class() -> None:
    """Absolute addresses, of the org that it is deployed to."""
    made = files(VENDOR)
    path = "ConversationVendorInformation/Softphone.ConversationVendorInformation-meta.xml"
    said = {child.tag.partition("}")[2]: child.text for child in read(made[path])}
    assert said == {
        "connectorUrl": "https://softphone.example.com/voice/00D000000000001",
        "customLoginUrl": "https://softphone.example.com/voice/00D000000000001/sign-in",
        "developerName": "Softphone",
        "integrationClass": "SoftphoneIntegration",
        "masterLabel": "Softphone",
        "vendorType": "ServiceCloudVoicePartner",
    }
    assert "class SoftphoneIntegration" in made["classes/SoftphoneIntegration.cls"]
    assert all(read(text) is not None for name, text in made.items() if name.endswith(".xml"))


def test_every_refusal_that_a_page_can_show_has_its_label() -> None:
    """Else the agent would read that a label could not be found."""
    shown = set(re.findall(r"'(Softphone_\w+)'", REQUESTS.read_text()))
    assert shown
    assert shown <= LABELS.keys()


def test_errors_that_a_deploy_would_report_are_reported_first() -> None:
    """A name of Salesforce's rules, and an address that Salesforce loads."""
    assert problems(VENDOR) == ()
    assert "name" in problems(replace(VENDOR, name="1"))[0]
    assert "https" in problems(replace(VENDOR, origin="http://x"))[0]
