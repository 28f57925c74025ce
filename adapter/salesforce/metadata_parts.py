"""The Salesforce metadata of a deployment, type by type (Metadata API Developer Guide).

Elements are in the order in which Salesforce returns them, so a retrieve after the deploy shows no
difference.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from adapter.xmltext import branch, document, leaf

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
APEX_CLASS = "SoftphoneCallLog"
SEARCH_CLASS = "SoftphoneSearch"
CALLBACK = "/auth/callback"
"""The path to which Salesforce returns an agent after the sign-in."""

SCOPES = "Basic, OpenID"
"""The user's identity without access to data, in the metadata's spelling of the scopes."""

TABS = ("standard-home", "standard-Account", "standard-Contact", "standard-Lead", "standard-Case")

CHANNEL_FIELDS = {
    "kind": "The kind of message: state (news of a call) or dial (a request to call somebody).",
    "type": "The same as kind, for components written for an earlier release.",
    "callId": "The call's id in the softphone, which is the Task's CallObject.",
    "state": "The state of the call, such as bridged; only in news.",
    "direction": "The direction: outbound, inbound or internal; only in news.",
    "number": "The other party's number; in a request, the number to call.",
    "calledNumber": "The called number, which is your own for an inbound call; only in news.",
    "params": "What the phone system needs besides the number: name=value, separated by commas.",
    "recordId": "The Salesforce record that the call is about, if any.",
    "recordName": "The name of the record; in a request, the name to show.",
    "objectType": "The API name of the object of the record, such as Contact.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment.

    `origin` is the softphone's scheme, host and port; `callback` the address to which a sign-in
    returns; `contact` the e-mail address that Salesforce shows for the External Client App;
    `height` and `width` the panel's size in pixels. `microphone`: agents talk in the panel.
    """

    name: str
    label: str
    origin: str
    callback: str
    contact: str
    height: int = 550
    width: int = 400
    microphone: bool = False


def component_file(type_: str, *children: ET.Element) -> str:
    """The file of a component."""
    return document(branch(type_, *children, xmlns=NAMESPACE))


def leaves(**texts: str) -> list[ET.Element]:
    """Elements that hold one text each."""
    return [leaf(tag, text) for tag, text in texts.items()]


def app(deployment: Deployment, utility_bar: str) -> str:
    """A Lightning app whose utility bar holds the softphone."""
    return component_file(
        "CustomApplication",
        *leaves(
            description="The softphone in the utility bar: click-to-dial and call logging.",
            formFactors="Large",
            isNavAutoTempTabsDisabled="false",
            isNavPersonalizationDisabled="false",
            label=deployment.label,
            navType="Standard",
        ),
        *[leaf("tabs", tab) for tab in TABS],
        *leaves(uiType="Lightning", utilityBar=utility_bar),
    )


def utility_bar(
    deployment: Deployment, component: str, identifier: str, values: Mapping[str, str]
) -> str:
    """The utility bar with the component, which loads with the page (`eager`).

    `values` are the component's own properties.
    """
    decorators = {
        "eager": "true",
        "height": str(deployment.height),
        "icon": "call",
        "label": "Phone",
        "scrollable": "false",
        "width": str(deployment.width),
    }
    properties = [
        branch("componentInstanceProperties", *leaves(name=name, type="decorator", value=value))
        for name, value in decorators.items()
    ] + [
        branch("componentInstanceProperties", *leaves(name=name, value=value))
        for name, value in values.items()
    ]
    softphone = branch(
        "componentInstance",
        *properties,
        *leaves(componentName=component, identifier=identifier),
    )
    aligned = branch("properties", *leaves(name="isLeftAligned", value="true"))
    return component_file(
        "FlexiPage",
        branch(
            "flexiPageRegions",
            branch("itemInstances", softphone),
            *leaves(name="utilityItems", type="Region"),
        ),
        branch("flexiPageRegions", *leaves(name="backgroundComponents", type="Background")),
        leaf("masterLabel", f"{deployment.label} Utility Bar"),
        branch("template", leaf("name", "one:utilityBarTemplateDesktop"), aligned),
        leaf("type", "UtilityBar"),
    )


def trusted_site(deployment: Deployment) -> str:
    """Lets Lightning show the softphone's page in a frame, and nothing else."""
    wanted = {"FrameSrc"}
    kinds = ("ConnectSrc", "FontSrc", "FrameSrc", "ImgSrc", "MediaSrc", "StyleSrc")
    return component_file(
        "CspTrustedSite",
        *([leaf("canAccessMicrophone", "true")] if deployment.microphone else []),
        *leaves(
            context="LEX",
            description="The softphone's page, in the utility bar.",
            endpointUrl=deployment.origin,
            isActive="true",
        ),
        *[leaf(f"isApplicableTo{k}", "true" if k in wanted else "false") for k in kinds],
    )


def message_channel(deployment: Deployment) -> str:
    """The channel that tells other components of calls, and takes their requests to dial."""
    fields = [
        branch("lightningMessageFields", *leaves(description=text, fieldName=name))
        for name, text in CHANNEL_FIELDS.items()
    ]
    return component_file(
        "LightningMessageChannel",
        leaf("description", "News of calls from the softphone, and requests to dial."),
        leaf("isExposed", "true"),
        *fields,
        leaf("masterLabel", f"{deployment.label} Calls"),
    )


def permission_set(
    deployment: Deployment, app_name: str, classes: Iterable[str], fields: Iterable[str] = ()
) -> str:
    """An agent's permissions: the app, the Apex classes, the fields."""
    return component_file(
        "PermissionSet",
        branch("applicationVisibilities", *leaves(application=app_name, visible="true")),
        *[branch("classAccesses", *leaves(apexClass=name, enabled="true")) for name in classes],
        leaf("description", "Gives agents the softphone."),
        *[
            branch("fieldPermissions", *leaves(editable="true", field=name, readable="true"))
            for name in fields
        ],
        *leaves(hasActivationRequired="false", label=f"{deployment.label} Agent"),
    )
