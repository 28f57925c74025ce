"""The Salesforce project of an org without Open CTI: our component, its Apex, its key fields.

Lightning components and Apex are written by hand in `salesforce/host`; what differs between
deployments is generated. There is no call center, so its settings are custom metadata records.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from adapter.salesforce import metadata_parts as parts
from adapter.salesforce.metadata_parts import Deployment, component_file, leaves
from adapter.salesforce.project import Component, app, project, read_handwritten, save
from adapter.xmltext import branch

HOST = "host"
"""The folder of the handwritten part in `salesforce/`."""

CLASSES = ("SoftphoneHost", parts.APEX_CLASS, parts.SEARCH_CLASS)
KEY, NUMBER = "Softphone_Call__c", "Softphone_Save__c"
"""The Task's call and the number of its last save: fields of Activity, so of Task and Event."""

SETTING = "Softphone_Setting"
VALUES = "http://www.w3.org/2001/XMLSchema"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"

Settings = Iterable[tuple[str, str]]
"""Keys and values as in a call center's definition file: "/softphone/popOne" and "record"."""


def components(
    deployment: Deployment, address: str, settings: Settings = ()
) -> tuple[Component, ...]:
    """Everything that is generated; `address` is the softphone's page."""
    fields = [f"Task.{field}" for field in (KEY, NUMBER)]
    host = "softphoneHost", "c_softphoneHost"
    return (
        *(_setting(key, value) for key, value in settings if value),
        *app(deployment, host, {"softphoneUrl": address}, CLASSES, fields),
    )


def _setting(key: str, value: str) -> Component:
    """One record, named by the last part of the key."""
    label = key.rpartition("/")[2]
    name = f"{SETTING}.{label}"
    text = component_file(
        "CustomMetadata",
        *leaves(label=label[:40], protected="false"),
        _value("Key__c", key),
        _value("Value__c", value),
    )
    return Component("CustomMetadata", name, text)


def _value(field: str, text: str) -> Element:
    typed = branch("value")
    typed.text = text
    typed.set("xmlns:xsi", INSTANCE)
    typed.set("xmlns:xsd", VALUES)
    typed.set("xsi:type", "xsd:string")
    return branch("values", *leaves(field=field), typed)


def write(deployment: Deployment, address: str, settings: Settings, out: Path) -> tuple[Path, ...]:
    """Write the project into `out` and return its files. Raises OSError."""
    made = components(deployment, address, settings)
    return save(project(deployment.name, made, read_handwritten(HOST)), out)
