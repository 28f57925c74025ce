"""The metadata of Salesforce Voice: vendor info, its Apex class, labels, permission set, origin.

https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_conversationvendorinfo.htm
A text of ours reaches an agent only as a Custom Label in the org, so there is one for each refusal
that a page can show (`LABELS`; a test compares it with the page).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from adapter.salesforce.metadata_parts import component_file, leaves
from adapter.salesforce.project import API_VERSION
from adapter.xmltext import branch

INFO = "ConversationVendorInformation"

LABELS = {
    "Softphone_Busy": "You are on a call. Finish it first, then call again.",
    "Softphone_Emergency": "Dial the emergency number on your phone now.",
    "Softphone_Hang_Up_Phone": "Hang up on your phone. The call cannot be ended from here.",
    "Softphone_No_Answer": "The phone system did not answer in time. Answer if your phone rings.",
    "Softphone_Not_Allowed": "This number is not allowed. Ask your admin.",
    "Softphone_Not_Configured": "No phone is assigned to you yet. Ask your admin.",
    "Softphone_Number": "This number cannot be called. Check it and try again.",
    "Softphone_Offline": "The phone is not connected right now. Try again in a moment.",
    "Softphone_Other_Surface": "You work with the softphone in the utility bar. Call from there.",
    "Softphone_Provider_Refused": "The phone system refused the call.",
    "Softphone_Repeat": "You called this number a moment ago. Wait before you call it again.",
    "Softphone_Sign_In": "Sign in to the phone first.",
    "Softphone_Too_Many": "Too many calls in a short time. Wait a moment, then call again.",
    "Softphone_Unsupported": "Your phone cannot do this. Use the phone itself.",
}
"""English texts by API name; admins translate them in Setup, Translation Workbench."""

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")


@dataclass(frozen=True, slots=True)
class Vendor:
    """A deployment: `name` is the developer name, `origin` the adapter's https origin.

    `microphone`: agents talk in the panel of the Voice Extension.
    """

    name: str
    label: str
    origin: str
    org_id: str
    microphone: bool = False

    @property
    def connector_url(self) -> str:
        """The hidden page that Omni-Channel loads for every agent of the contact center."""
        return f"{self.origin}/voice/{self.org_id}"

    @property
    def sign_in_url(self) -> str:
        """The page that Omni-Channel shows to agents who must sign in to the phone."""
        return f"{self.origin}/voice/{self.org_id}/sign-in"


def problems(vendor: Vendor) -> tuple[str, ...]:
    """The reasons why the deployment would fail, as sentences; empty if valid."""
    texts = []
    if not _NAME.match(vendor.name) or len(vendor.name) > 40:
        texts.append("The name may have at most 40 letters, digits and single underscores.")
    if not vendor.origin.startswith("https://"):
        texts.append("Salesforce loads the connector only over https. Set SOFTPHONE_PUBLIC_URL.")
    return tuple(texts)


def files(vendor: Vendor) -> dict[str, str]:
    """Every file's text by its path under force-app/main/default."""
    name = vendor.name
    return {
        f"{INFO}/{name}.{INFO}-meta.xml": _info(vendor),
        f"classes/{name}Integration.cls": apex(name),
        f"classes/{name}Integration.cls-meta.xml": component_file(
            "ApexClass", *leaves(apiVersion=API_VERSION, status="Active")
        ),
        "labels/CustomLabels.labels-meta.xml": labels(),
        f"permissionsets/{name}_Voice.permissionset-meta.xml": _permission_set(vendor),
        f"cspTrustedSites/{name}_Voice.cspTrustedSite-meta.xml": _trusted_site(vendor),
    }


def _info(vendor: Vendor) -> str:
    return component_file(
        "ConversationVendorInfo",
        *leaves(
            connectorUrl=vendor.connector_url,
            customLoginUrl=vendor.sign_in_url,
            developerName=vendor.name,
            integrationClass=f"{vendor.name}Integration",
            masterLabel=vendor.label,
            vendorType="ServiceCloudVoicePartner",
        ),
    )


def apex(name: str) -> str:
    """The Apex class that a vendor info must name; it has no methods, as it manages nothing."""
    return (
        "/** Users and queues are administered at the phone system, not from Salesforce. */\n"
        f"global with sharing class {name}Integration {{\n}}\n"
    )


def labels() -> str:
    """A Custom Label for each refusal."""
    return component_file(
        "CustomLabels",
        *[
            branch(
                "labels",
                *leaves(
                    fullName=name,
                    categories="Softphone",
                    language="en_US",
                    protected="false",
                    shortDescription=name.replace("_", " "),
                    value=text,
                ),
            )
            for name, text in sorted(LABELS.items())
        ],
    )


def _permission_set(vendor: Vendor) -> str:
    integration = leaves(apexClass=f"{vendor.name}Integration", enabled="true")
    return component_file(
        "PermissionSet",
        branch("classAccesses", *integration),
        *leaves(
            description=f"What an agent needs for {vendor.label} besides Salesforce's own.",
            hasActivationRequired="false",
            label=f"{vendor.label} Voice",
        ),
    )


def _trusted_site(vendor: Vendor) -> str:
    return component_file(
        "CspTrustedSite",
        *(leaves(canAccessMicrophone="true") if vendor.microphone else ()),
        *leaves(
            context="All",
            description="The connector page for Salesforce Voice.",
            endpointUrl=vendor.origin,
            isActive="true",
            isApplicableToConnectSrc="true",
            isApplicableToFrameSrc="true",
        ),
    )
