"""The rules of a call center definition file, each with a message when it is broken.

From the Open CTI Developer Guide ("Call Center Definition Files"). A file that Setup accepts but
that leaves the softphone blank (no compatibility mode means Classic) is a problem here too.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from adapter.opencti.callcenter import MODES
from adapter.xmltext import NotXml, read

HEIGHT = range(240, 2561)
WIDTH = range(200, 1921)
"""Pixels."""

NAME_LENGTH = 40
LABEL_LENGTH = 1000
GENERAL, DIALING = "reqGeneralInfo", "reqDialingOptions"

REQUIRED = (
    "reqInternalName",
    "reqDisplayName",
    "reqAdapterUrl",
    "reqUseApi",
    "reqSoftphoneHeight",
    "reqSoftphoneWidth",
    "reqSalesforceCompatibilityMode",
)
OPTIONAL = ("reqDescription", "reqStandbyUrl", "reqTimeout", "reqCanvasApiName")
KNOWN = {
    GENERAL: frozenset((*REQUIRED, *OPTIONAL, "reqCanvasNamespace")),
    DIALING: frozenset(("reqOutsidePrefix", "reqLongDistPrefix", "reqInternationalPrefix")),
}

_SIZES = {"reqSoftphoneHeight": HEIGHT, "reqSoftphoneWidth": WIDTH}
_MISSING = {
    "reqSalesforceCompatibilityMode": "this item is missing. Salesforce then assumes Classic, "
    "and the softphone stays blank in Lightning."
}

RESERVED = frozenset(("label", "sortOrder", "internalNameLabel", "displayNameLabel"))

_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")
_PART = r"[A-Za-z0-9\u00a1-\uffff](?:[A-Za-z0-9\u00a1-\uffff-]*)"
_HOST = re.compile(rf"{_PART}(?:\.{_PART})*\.?|[0-9A-Fa-f:.]+")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""What a pasted address may bring along: nobody sees it, and the host is another one."""
_PREFIX = re.compile(r"[0-9*#,]*")
_SECRET = re.compile(r"secret|password|token|api_?key|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken rule: `where` is a path such as /reqGeneralInfo/reqAdapterUrl, `text` the fix."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


def problems(xml: str) -> tuple[Problem, ...]:
    """All problems of a definition file; empty if it can be imported."""
    try:
        root = read(xml)
    except NotXml as error:
        return (Problem("/", f"{error}."),)
    if root.tag != "callCenter":
        return (Problem("/", f"the file must be one <callCenter>, not <{root.tag}>."),)
    return (*_shape_problems(root), *_general_problems(root))


# --- what every section and item must be ---------------------------------------------------------


def _shape_problems(root: ET.Element) -> Iterator[Problem]:
    yield from _child_problems("/", root, "section")
    for section in root.findall("section"):
        where = f"/{_name(section)}"
        yield from _name_problems(where, section)
        if not len(section):
            yield Problem(where, "a section needs at least one item.")
        yield from _child_problems(where, section, "item")
        for item in section.findall("item"):
            yield from _name_problems(f"{where}/{_name(item)}", item)
            yield from _item_problems(f"{where}/{_name(item)}", _name(section), item)


def _child_problems(where: str, parent: ET.Element, tag: str) -> Iterator[Problem]:
    """Report each child that is no `tag` once; it may still occupy a sortOrder."""
    for element in parent:
        if element.tag != tag:
            yield Problem(where, f"only <{tag}> is allowed here, not <{element.tag}>.")
    yield from _order_problems(
        where, [child for child in parent if child.tag == tag or _has_order(child)]
    )
    yield from _duplicate_names(where, parent.findall(tag))


def _has_order(element: ET.Element) -> bool:
    return _number(element.get("sortOrder", "")) is not None


def _order_problems(where: str, elements: list[ET.Element]) -> Iterator[Problem]:
    """The sortOrders must run 0, 1, 2… without gaps or duplicates."""
    orders = [element.get("sortOrder", "") for element in elements]
    for order in orders:
        if _number(order) is None:
            yield Problem(where, f"sortOrder must be a number from 0, not {order!r}.")
            return
    if sorted(int(order) for order in orders) != list(range(len(orders))):
        yield Problem(where, f"sortOrder must run 0, 1, 2… without a gap: {', '.join(orders)}.")


def _duplicate_names(where: str, elements: list[ET.Element]) -> Iterator[Problem]:
    names = [_name(element) for element in elements]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(where, f"the name {name} is given twice.")


def _name_problems(where: str, element: ET.Element) -> Iterator[Problem]:
    name, label = _name(element), element.get("label", "")
    if not _ALPHANUMERIC.fullmatch(name):
        yield Problem(where, f"a name may contain only letters and digits, not {name!r}.")
    if name in RESERVED:
        yield Problem(where, f"the name {name} is a reserved word.")
    if len(name) > NAME_LENGTH:
        yield Problem(where, f"a name may have at most {NAME_LENGTH} characters, not {len(name)}.")
    if len(label) > LABEL_LENGTH:
        yield Problem(
            where, f"a label may have at most {LABEL_LENGTH} characters, not {len(label)}."
        )


def _item_problems(where: str, section: str, item: ET.Element) -> Iterator[Problem]:
    if len(item):
        yield Problem(where, "an item may contain only text, no elements.")
    # A custom section may use any item names; other vendors' names begin with req, too.
    if _is_reserved(item) and _name(item) not in KNOWN.get(section, (_name(item),)):
        yield Problem(
            where, f"names that begin with req belong to Salesforce, and {section} has none."
        )
    is_address = (item.text or "").strip().startswith(("https://", "http://"))
    if _SECRET.search(_name(item)) and not is_address:
        yield Problem(where, "a secret must not be here: every user's page can read it.")


# --- what Salesforce reads itself ----------------------------------------------------------------


def _general_problems(root: ET.Element) -> Iterator[Problem]:
    values = _item_values(root, GENERAL)
    if values is None:
        yield Problem(f"/{GENERAL}", "this section is missing: Salesforce needs it.")
        return
    for name in REQUIRED:
        if name not in values:
            yield Problem(f"/{GENERAL}/{name}", _MISSING.get(name, "this item is missing."))
    yield from _place_problems(root)
    for name, check in _CHECKS.items():
        if name in values and (wrong := check(values[name])):
            yield Problem(f"/{GENERAL}/{name}", wrong)
    yield from _mode_problems(values)
    yield from _pair_problems(values, "reqStandbyUrl", "reqTimeout")
    yield from _pair_problems(values, "reqCanvasApiName", "reqCanvasNamespace")
    for name, prefix in (_item_values(root, DIALING) or {}).items():
        if name in KNOWN[DIALING] and not _PREFIX.fullmatch(prefix):
            yield Problem(f"/{DIALING}/{name}", "a prefix consists of digits: 9.")


def _place_problems(root: ET.Element) -> Iterator[Problem]:
    """The guide fixes the sortOrder of the section and of two of its items."""
    general = f"*[@name='{GENERAL}']"
    places = {f"/{GENERAL}": (general, 0)}
    for order, name in enumerate(REQUIRED[:2]):
        places[f"/{GENERAL}/{name}"] = (f"{general}/*[@name='{name}']", order)
    for where, (path, order) in places.items():
        element = root.find(path)
        if element is not None and element.get("sortOrder") != str(order):
            yield Problem(where, f"its sortOrder must be {order}.")


def _internal_name(value: str) -> str:
    if not _ALPHANUMERIC.fullmatch(value) or not value[0].isalpha():
        return "it must start with a letter and contain only letters and digits."
    return "" if len(value) <= NAME_LENGTH else f"it may have at most {NAME_LENGTH} characters."


def _display_name(value: str) -> str:
    return "" if 0 < len(value) <= LABEL_LENGTH else f"it must have 1 to {LABEL_LENGTH} characters."


def _use_api(value: str) -> str:
    return "" if value == "true" else "it must be true, or Open CTI stays off."


def _compatibility_mode(value: str) -> str:
    return "" if value in MODES.values() else f"it must be one of {', '.join(MODES.values())}."


def _address(value: str) -> str:
    """The problem with an address that is neither absolute nor a Visualforce page's path."""
    if value.startswith("/") and not value.startswith("//"):
        return ""
    if any(char.isspace() for char in value):
        return "it must not contain a blank."
    if _INVISIBLE.search(value):
        return "it contains an invisible character: type it anew instead of pasting it."
    parts, port = _split_port(value)
    if port is None:
        return "its port must be a number from 1 to 65535, or absent."
    if parts.username is not None:
        return "it must not contain a user name or password: every user's page can read it."
    if parts.scheme in {"http", "https"} and _HOST.fullmatch(parts.hostname or ""):
        return (
            "" if not parts.fragment else "it must not contain a #: Salesforce appends parameters."
        )
    return "it must be an address such as https://softphone.example.com/softphone."


def _split_port(value: str) -> tuple[SplitResult, int | None]:
    """The parts of an address and its port: 0 for none, None for an invalid one."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return urlsplit(""), None
    return parts, None if port == 0 else port or 0


def _pixels(value: str, within: range) -> str:
    if _number(value) in within:
        return ""
    return f"it must be {within[0]} to {within[-1]} pixels, as digits."


def _timeout(value: str) -> str:
    return "" if (_number(value) or 0) > 0 else "it must be a number of milliseconds, at least 1."


def _number(value: str) -> int | None:
    """A number in ASCII digits, the only ones that Salesforce reads; else None."""
    return int(value) if value.isascii() and value.isdigit() else None


_CHECKS = {
    "reqInternalName": _internal_name,
    "reqDisplayName": _display_name,
    "reqAdapterUrl": _address,
    "reqUseApi": _use_api,
    "reqSalesforceCompatibilityMode": _compatibility_mode,
    "reqStandbyUrl": _address,
    "reqTimeout": _timeout,
}


def _mode_problems(values: dict[str, str]) -> Iterator[Problem]:
    """Lightning needs https, has no Canvas, and limits the panel's size.

    Without a mode a call center is for Classic, which accepts any size.
    """
    if values.get("reqSalesforceCompatibilityMode", "Classic") == "Classic":
        sizes = {name: range(1, 100_000) for name in _SIZES}
    else:
        yield from _lightning_only(values)
        sizes = _SIZES
    for name, within in sizes.items():
        if name in values and (wrong := _pixels(values[name], within)):
            yield Problem(f"/{GENERAL}/{name}", wrong)


def _lightning_only(values: dict[str, str]) -> Iterator[Problem]:
    for name in ("reqAdapterUrl", "reqStandbyUrl"):
        if values.get(name, "").lower().startswith("http:"):
            yield Problem(f"/{GENERAL}/{name}", "Lightning loads only https addresses.")
    for name in ("reqCanvasApiName", "reqCanvasNamespace"):
        if name in values:
            yield Problem(f"/{GENERAL}/{name}", "Canvas is for Classic only.")


def _pair_problems(values: dict[str, str], first: str, second: str) -> Iterator[Problem]:
    for present, missing in ((first, second), (second, first)):
        if present in values and missing not in values:
            yield Problem(f"/{GENERAL}/{present}", f"it needs {missing} too.")


# --- reading -------------------------------------------------------------------------------------


def _name(element: ET.Element) -> str:
    return element.get("name", "")


def _is_reserved(element: ET.Element) -> bool:
    return _name(element).startswith("req")


def _item_values(root: ET.Element, section: str) -> dict[str, str] | None:
    """The section's values by item name; None if there is no such section."""
    element = root.find(f"*[@name='{section}']")
    if element is None:
        return None
    return {_name(item): (item.text or "").strip() for item in element}
