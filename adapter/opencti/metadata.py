"""The Salesforce project of an org with Open CTI: call center, app, utility bar, sign-in.

The folder `salesforce/` of this repository is this module's output for
https://softphone.example.com, except `host`, `samples` and `voice`; its Apex is written by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

from adapter.opencti.callcenter import CallCenter, sections
from adapter.salesforce import metadata_parts as parts
from adapter.salesforce.metadata_parts import Deployment, component_file, leaves
from adapter.salesforce.project import Component, app, project, read_handwritten, save
from adapter.xmltext import branch

CLASSES = (parts.APEX_CLASS, parts.SEARCH_CLASS)


def components(deployment: Deployment, center: CallCenter) -> tuple[Component, ...]:
    """Everything that is generated."""
    channel = channel_name(deployment.name)
    return (
        Component("CallCenter", center.internal_name, call_center(center)),
        Component("LightningMessageChannel", channel, parts.message_channel(deployment)),
        *app(deployment, ("opencti:softPhone", "opencti_softPhone"), {}, CLASSES),
    )


def channel_name(name: str) -> str:
    """The message channel's file name; pages and components add "__c" to it."""
    return f"{name}Calls"


def write(deployment: Deployment, center: CallCenter, out: Path) -> tuple[Path, ...]:
    """Write the project into `out` and return its files. Raises OSError."""
    made = components(deployment, center)
    return save(project(deployment.name, made, read_handwritten()), out)


# --- the call center in the Metadata API's format, which differs from Setup's -------------------

IN_CUSTOM_SETTINGS = (
    "reqUseApi",
    "reqSoftphoneHeight",
    "reqSoftphoneWidth",
    "reqSalesforceCompatibilityMode",
    "reqStandbyUrl",
    "reqTimeout",
)
"""Settings that Salesforce itself uses: it reads them from JSON, and shows the items to admins."""

NAMED_ELSEWHERE = frozenset(("reqInternalName", "reqDisplayName"))


def call_center(center: CallCenter) -> str:
    """The call center as a file of a project."""
    values = {item.name: item.value for section in sections(center) for item in section.items}
    custom = {name: values[name] for name in IN_CUSTOM_SETTINGS if name in values}
    drawn = [
        branch(
            "sections",
            *[
                branch("items", *leaves(label=item.label, name=item.name, value=item.value))
                for item in section.items
                if item.name not in NAMED_ELSEWHERE
            ],
            *leaves(label=section.label, name=section.name),
        )
        for section in sections(center)
    ]
    return component_file(
        "CallCenter",
        *leaves(
            adapterUrl=center.adapter_url,
            customSettings=json.dumps(custom, separators=(",", ":")),
            displayName=center.display_name,
            displayNameLabel="Display Name",
            internalNameLabel="Internal Name",
        ),
        *drawn,
    )
