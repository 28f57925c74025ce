"""The contact center definition that an admin uploads in Setup, Partner Telephony Contact Centers.

https://developer.salesforce.com/docs/atlas.en-us.voice_pt_developer_guide.meta/voice_pt_developer_guide/
Like a call center file, but without an address of ours: that is in the vendor info. It can only be
uploaded; the Metadata API refuses it.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from adapter.xmltext import branch, document, leaf

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")
_VENDOR = re.compile(r"[A-Za-z][A-Za-z0-9_]*__[A-Za-z][A-Za-z0-9_]*\Z")
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class ContactCenter:
    """What the file says; `vendor` is the vendor info's full name: `c__Name` or `ns__Name`."""

    internal_name: str
    display_name: str
    vendor: str
    certificate: str


def problems(center: ContactCenter) -> tuple[str, ...]:
    """Why Setup would refuse it, in sentences; none if it is good."""
    found = []
    if not _NAME.match(center.internal_name) or len(center.internal_name) > 80:
        found.append("The internal name takes letters, digits and single underscores, 80 at most.")
    if not center.display_name.strip():
        found.append("The display name is empty.")
    if not _VENDOR.match(center.vendor):
        found.append("The vendor must be a full name, such as c__Softphone.")
    if _CERTIFICATE not in center.certificate:
        found.append("The certificate must be PEM text, as voice-key writes it.")
    return tuple(found)


def setup_xml(center: ContactCenter) -> str:
    """The file's text."""
    general = _section(
        0,
        "reqGeneralInfo",
        "General Information",
        ("reqInternalName", "Internal Name", center.internal_name),
        ("reqDisplayName", "Display Name", center.display_name),
        ("reqVendorInfoApiName", "Vendor Info API Name", center.vendor),
    )
    voice = _section(
        1,
        "reqHvcc",
        "Partner Telephony",
        (
            "reqTelephonyIntegrationCertificate",
            "Telephony Integration Certificate",
            center.certificate.strip(),
        ),
    )
    return document(branch("callCenter", general, voice))


def _section(order: int, name: str, label: str, *items: tuple[str, str, str]) -> ET.Element:
    drawn = [
        leaf("item", text, {"sortOrder": str(place), "name": key, "label": shown})
        for place, (key, shown, text) in enumerate(items)
    ]
    return branch("section", *drawn, sortOrder=str(order), name=name, label=label)
