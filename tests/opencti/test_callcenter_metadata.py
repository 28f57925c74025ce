"""The call center in a project, for what Salesforce makes of it."""

from __future__ import annotations

import json

from adapter.opencti.callcenter import CallCenter
from adapter.opencti.callcenter_metadata import call_center
from tests.salesforce.test_metadata_parts import ORIGIN, root_of


def center(**wishes: object) -> CallCenter:
    """A call center with a standby page."""
    usual: dict[str, object] = {
        "adapter_url": f"{ORIGIN}/softphone",
        "standby_url": "https://status.example.com/",
        "internal_name": "SoftphoneCenter",
        "outside_prefix": "9",
    }
    return CallCenter(**(usual | wishes))  # type: ignore[arg-type]


def test_settings_that_salesforce_reads_appear_in_both_places() -> None:
    """In customSettings for Salesforce, as items for the admin; the name is the file's."""
    made = root_of(call_center(center()))
    custom = json.loads(made.findtext("customSettings") or "")
    assert custom == {
        "reqUseApi": "true",
        "reqSoftphoneHeight": "550",
        "reqSoftphoneWidth": "400",
        "reqSalesforceCompatibilityMode": "Lightning",
        "reqStandbyUrl": "https://status.example.com/",
        "reqTimeout": "20000",
    }
    items = {item.findtext("name"): item.findtext("value") for item in made.iter("items")}
    assert custom.items() <= items.items()
    assert items["reqOutsidePrefix"] == "9"
    assert "reqInternalName" not in items
    assert made.findtext("adapterUrl") == f"{ORIGIN}/softphone"


def test_without_a_standby_page_its_items_are_absent() -> None:
    """Both or neither, here as in Setup."""
    made = root_of(call_center(center(standby_url="")))
    assert "reqTimeout" not in json.loads(made.findtext("customSettings") or "")
