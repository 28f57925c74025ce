"""The call center definition file, as Setup imports it.

The Open CTI Developer Guide describes the format under "Call Center Definition Files". Every user's
page can read the whole file (getCallCenterSettings gives "/section/item"), so it holds no secret.
Our file passes `callcenter_rules.problems`; an admin's edits should too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from adapter.xmltext import branch, document, leaf

Experience = Literal["lightning", "classic", "both"]

MODES: dict[Experience, str] = {
    "lightning": "Lightning",
    "classic": "Classic",
    "both": "Classic_and_Lightning",
}

SOFTPHONE = "softphone"
"""Our own section; the page reads "/softphone/wrapUpSeconds" and so on."""


@dataclass(frozen=True, slots=True)
class Item:
    """One setting; `name` is for programs, `label` for the admin."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Section:
    """A heading in Setup, with its settings."""

    name: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCenter:
    """A call center.

    `adapter_url` is the softphone's page; `standby_url` replaces it when the page has not reported
    ready within `standby_ms` milliseconds (empty: none). Sizes are pixels. `country` (ISO 3166, two
    letters) applies to numbers without a country code. Agents choose from `dispositions`.
    `channel` is the Lightning message channel for events of calls.
    """

    internal_name: str = "Softphone"
    display_name: str = "Softphone"
    adapter_url: str
    experience: Experience = "lightning"
    height: int = 550
    width: int = 400
    standby_url: str = ""
    standby_ms: int = 20_000
    outside_prefix: str = ""
    long_distance_prefix: str = ""
    international_prefix: str = ""
    country: str = "US"
    wrap_up_seconds: int = 60
    dispositions: tuple[str, ...] = ()
    channel: str = ""


def sections(center: CallCenter) -> tuple[Section, ...]:
    """The definition, in the order in which Setup shows it."""
    return (_general(center), _dialing(center), _softphone(center))


def setup_xml(center: CallCenter) -> str:
    """The file for Setup, Call Centers, Import."""
    drawn = [
        branch(
            "section",
            *[
                leaf("item", item.value, _names(number, item.name, item.label))
                for number, item in enumerate(section.items)
            ],
            **_names(order, section.name, section.label),
        )
        for order, section in enumerate(sections(center))
    ]
    return document(branch("callCenter", *drawn))


def _names(order: int, name: str, label: str) -> dict[str, str]:
    return {"sortOrder": str(order), "name": name, "label": label}


def _general(center: CallCenter) -> Section:
    items = (
        Item("reqInternalName", "Internal Name", center.internal_name),
        Item("reqDisplayName", "Display Name", center.display_name),
        Item("reqAdapterUrl", "CTI Adapter URL", center.adapter_url),
        Item("reqUseApi", "Use CTI API", "true"),
        Item("reqSoftphoneHeight", "Softphone Height", str(center.height)),
        Item("reqSoftphoneWidth", "Softphone Width", str(center.width)),
        Item(
            "reqSalesforceCompatibilityMode",
            "Salesforce Compatibility Mode",
            MODES[center.experience],
        ),
        *_standby(center),
    )
    return Section("reqGeneralInfo", "General Information", items)


def _standby(center: CallCenter) -> tuple[Item, ...]:
    if not center.standby_url:
        return ()
    return (
        Item("reqStandbyUrl", "Standby URL", center.standby_url),
        Item("reqTimeout", "Standby Timeout (milliseconds)", str(center.standby_ms)),
    )


def _dialing(center: CallCenter) -> Section:
    items = (
        Item("reqOutsidePrefix", "Outside Prefix", center.outside_prefix),
        Item("reqLongDistPrefix", "Long Distance Prefix", center.long_distance_prefix),
        Item("reqInternationalPrefix", "International Prefix", center.international_prefix),
    )
    return Section("reqDialingOptions", "Dialing Options", items)


def _softphone(center: CallCenter) -> Section:
    """The settings that `web/softphone/call-center.js` reads; an empty one changes nothing."""
    items = (
        Item("defaultCountry", "Default country code (such as US)", center.country),
        Item("wrapUpSeconds", "Wrap-up (seconds)", str(center.wrap_up_seconds)),
        Item("dispositions", "Call results (comma-separated)", ",".join(center.dispositions)),
        Item("ringProfiles", "Ring profiles for Call me on (comma-separated)", ""),
        Item("recordTypeId", "Record type of new Tasks (ID)", ""),
        Item("taskFields", "More fields of new Tasks (Field=value; ...)", ""),
        Item("askFields", "Fields to ask for after a call (Field*: Label=a|b; ...)", ""),
        Item("publishChannel", "Message channel for news of calls", center.channel),
        Item("dialChannel", "Message channel for requests to dial", ""),
        Item("lookUp", "Apex method that finds callers (Class.method)", ""),
        Item("search", "Apex method that finds people by name (Class.method)", ""),
        Item("panelWidth", "Panel width (pixels)", ""),
        Item("popNone", "Pop when no record matches", ""),
        Item("popOne", "Pop when one record matches", ""),
        Item("popMany", "Pop when several records match", ""),
        Item("popFields", "Fields of a new record (Field={number}; ...)", ""),
        Item("popQuery", "Parameters of a page to pop (name={number}&...)", ""),
        Item("flowVariables", "Variables of a flow to pop (name={number}; ...)", ""),
    )
    return Section(SOFTPHONE, "Softphone", items)
