"""The Salesforce project of an org with Open CTI: call center, app, utility bar, sign-in.

The folder `salesforce/` of this repository is this module's output for
https://softphone.example.com, except `host`, `samples` and `voice`; its Apex is written by hand.
"""

from __future__ import annotations

from pathlib import Path

from adapter.opencti.callcenter import CallCenter
from adapter.opencti.callcenter_metadata import call_center
from adapter.salesforce import metadata_parts as parts
from adapter.salesforce.metadata_parts import Deployment
from adapter.salesforce.project import Component, app, project, read_handwritten, save

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
