"""The call center in the Metadata API's format, which differs from Setup's."""

from __future__ import annotations

import json

from adapter.opencti.callcenter import CallCenter, sections
from adapter.salesforce.metadata_parts import component_file, leaves
from adapter.xmltext import branch

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
