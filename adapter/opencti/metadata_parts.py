"""The Salesforce metadata of a deployment, type by type (Metadata API Developer Guide).

Elements stand in the order in which Salesforce gives them back, so that a retrieve after the deploy
shows no difference.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from adapter.opencti.callcenter import CallCenter, sections
from adapter.xmltext import branch, document, leaf

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
APEX_CLASS = "SoftphoneCallLog"
SEARCH_CLASS = "SoftphoneSearch"
CALLBACK = "/auth/callback"
"""Where Salesforce sends an agent back to who has signed in there."""

SCOPES = "Basic, OpenID"
"""Who the user is, and nothing of their data (the metadata's own spelling of the scopes)."""

TABS = ("standard-home", "standard-Account", "standard-Contact", "standard-Lead", "standard-Case")

IN_CUSTOM_SETTINGS = (
    "reqUseApi",
    "reqSoftphoneHeight",
    "reqSoftphoneWidth",
    "reqSalesforceCompatibilityMode",
    "reqStandbyUrl",
    "reqTimeout",
)
"""What Salesforce acts on itself: it reads these from JSON, and shows the items to the admin."""

NAMED_ELSEWHERE = frozenset(("reqInternalName", "reqDisplayName"))

CHANNEL_FIELDS = {
    "kind": "What this is: state (news of a call) or dial (a wish to call somebody).",
    "type": "The same as kind, for components that were written for an earlier release.",
    "callId": "The call's id in the softphone; the Task's CallObject.",
    "state": "Where the call stands, such as bridged; in news only.",
    "direction": "Which way it goes: outbound, inbound or internal; in news only.",
    "number": "The other party's number; in a wish, whom to call.",
    "calledNumber": "The number that was called, one of ours where the call came in; in news only.",
    "params": "What the phone system needs beside the number, as name=value parted by commas.",
    "recordId": "The Salesforce record that the call is about, where there is one.",
    "recordName": "Its name; in a wish, to be shown.",
    "objectType": "The API name of its object, such as Contact.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a project is about.

    `origin` is the softphone's scheme, host and port; `callback` the address that a sign-in comes
    back to; `contact` the e-mail address that Salesforce shows for the External Client App.
    """

    name: str
    label: str
    origin: str
    callback: str
    contact: str
    center: CallCenter


def _file(type_: str, *children: ET.Element) -> str:
    return document(branch(type_, *children, xmlns=NAMESPACE))


def _leaves(**texts: str) -> list[ET.Element]:
    return [leaf(tag, text) for tag, text in texts.items()]


def call_center(center: CallCenter) -> str:
    """The call center, in the Metadata API's format, which is not Setup's."""
    given = {item.name: item.value for section in sections(center) for item in section.items}
    custom = {name: given[name] for name in IN_CUSTOM_SETTINGS if name in given}
    drawn = [
        branch(
            "sections",
            *[
                branch("items", *_leaves(label=item.label, name=item.name, value=item.value))
                for item in section.items
                if item.name not in NAMED_ELSEWHERE
            ],
            *_leaves(label=section.label, name=section.name),
        )
        for section in sections(center)
    ]
    return _file(
        "CallCenter",
        *_leaves(
            adapterUrl=center.adapter_url,
            customSettings=json.dumps(custom, separators=(",", ":")),
            displayName=center.display_name,
            displayNameLabel="Display Name",
            internalNameLabel="Internal Name",
        ),
        *drawn,
    )


def app(deployment: Deployment, utility_bar: str) -> str:
    """A Lightning app whose utility bar holds the softphone."""
    return _file(
        "CustomApplication",
        *_leaves(
            description="Click-to-dial and call logging with the softphone in the utility bar.",
            formFactors="Large",
            isNavAutoTempTabsDisabled="false",
            isNavPersonalizationDisabled="false",
            label=deployment.label,
            navType="Standard",
        ),
        *[leaf("tabs", tab) for tab in TABS],
        *_leaves(uiType="Lightning", utilityBar=utility_bar),
    )


def utility_bar(deployment: Deployment) -> str:
    """The bar with Open CTI's softphone, begun with the page (`eager`), not at the first click."""
    decorators = {
        "eager": "true",
        "height": str(deployment.center.height),
        "icon": "call",
        "label": "Phone",
        "scrollable": "false",
        "width": str(deployment.center.width),
    }
    properties = [
        branch("componentInstanceProperties", *_leaves(name=name, type="decorator", value=value))
        for name, value in decorators.items()
    ]
    softphone = branch(
        "componentInstance",
        *properties,
        *_leaves(componentName="opencti:softPhone", identifier="opencti_softPhone"),
    )
    aligned = branch("properties", *_leaves(name="isLeftAligned", value="true"))
    return _file(
        "FlexiPage",
        branch(
            "flexiPageRegions",
            branch("itemInstances", softphone),
            *_leaves(name="utilityItems", type="Region"),
        ),
        branch("flexiPageRegions", *_leaves(name="backgroundComponents", type="Background")),
        leaf("masterLabel", f"{deployment.label} Utility Bar"),
        branch("template", leaf("name", "one:utilityBarTemplateDesktop"), aligned),
        leaf("type", "UtilityBar"),
    )


def trusted_site(deployment: Deployment) -> str:
    """Lightning may show the softphone's page in a frame; nothing else is opened up."""
    wanted = {"FrameSrc"}
    kinds = ("ConnectSrc", "FontSrc", "FrameSrc", "ImgSrc", "MediaSrc", "StyleSrc")
    return _file(
        "CspTrustedSite",
        *_leaves(
            context="LEX",
            description="The softphone's page, in the utility bar.",
            endpointUrl=deployment.origin,
            isActive="true",
        ),
        *[leaf(f"isApplicableTo{k}", "true" if k in wanted else "false") for k in kinds],
    )


def message_channel(deployment: Deployment) -> str:
    """News of calls for other components, and their wishes to dial."""
    fields = [
        branch("lightningMessageFields", *_leaves(description=text, fieldName=name))
        for name, text in CHANNEL_FIELDS.items()
    ]
    return _file(
        "LightningMessageChannel",
        leaf("description", "What the softphone tells of its calls, and takes as wishes to dial."),
        leaf("isExposed", "true"),
        *fields,
        leaf("masterLabel", f"{deployment.label} Calls"),
    )


def permission_set(deployment: Deployment, app_name: str) -> str:
    """What an agent needs: the app, and the class that finds a call's Task."""
    return _file(
        "PermissionSet",
        branch(
            "applicationVisibilities",
            *_leaves(application=app_name, visible="true"),
        ),
        branch("classAccesses", *_leaves(apexClass=APEX_CLASS, enabled="true")),
        branch("classAccesses", *_leaves(apexClass=SEARCH_CLASS, enabled="true")),
        *_leaves(
            description="For agents who call with the softphone.",
            hasActivationRequired="false",
            label=f"{deployment.label} Agent",
        ),
    )


# --- the External Client App: new connected apps are restricted since Spring '26 -----------------


def client_app(deployment: Deployment) -> str:
    """The app that agents sign in with."""
    return _file(
        "ExternalClientApplication",
        *_leaves(
            contactEmail=deployment.contact,
            description="Lets agents sign in to the softphone with their Salesforce user.",
            distributionState="Local",
            isProtected="false",
            label=deployment.label,
        ),
    )


def client_app_global(deployment: Deployment) -> str:
    """Its flow: authorization code with PKCE and a secret. Salesforce makes key and secret."""
    return _file(
        "ExtlClntAppGlobalOauthSettings",
        *_leaves(
            callbackUrl=deployment.callback,
            externalClientApplication=deployment.name,
            isConsumerSecretOptional="false",
            isIntrospectAllTokens="false",
            isPkceRequired="true",
            isSecretRequiredForRefreshToken="true",
            label=f"{deployment.label} OAuth",
            shouldRotateConsumerKey="false",
            shouldRotateConsumerSecret="false",
        ),
    )


def client_app_oauth(deployment: Deployment) -> str:
    """Its scopes."""
    return _file(
        "ExtlClntAppOauthSettings",
        *_leaves(
            commaSeparatedOauthScopes=SCOPES,
            externalClientApplication=deployment.name,
            label=f"{deployment.label} Scopes",
        ),
    )


def client_app_plugins(deployment: Deployment, name: str) -> str:
    """The app is on, and OAuth is what it is for; without this, some orgs refuse to make the app.

    https://developer.salesforce.com/docs/atlas.en-us.api_meta.meta/api_meta/meta_extlclntappconfigurablepolicies.htm
    """
    return _file(
        "ExtlClntAppConfigurablePolicies",
        *_leaves(
            externalClientApplication=deployment.name,
            isEnabled="true",
            isOauthPluginEnabled="true",
            label=name,
        ),
    )


def client_app_policy(deployment: Deployment, permission_set_name: str) -> str:
    """Only agents with the permission set may use it, without a question each; no refresh token."""
    return _file(
        "ExtlClntAppOauthConfigurablePolicies",
        *_leaves(
            commaSeparatedPermissionSet=permission_set_name,
            externalClientApplication=deployment.name,
            ipRelaxationPolicyType="Enforce",
            label=f"{deployment.name}_defaultPolicy",
            permittedUsersPolicyType="AdminApprovedPreAuthorized",
            refreshTokenPolicyType="Zero",
            requiredSessionLevel="STANDARD",
        ),
    )
