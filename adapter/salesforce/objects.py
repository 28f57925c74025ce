"""Which records a Task can be linked with, by the first three characters of the id. Pure.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/
sforce_api_objects_task.htm (WhoId, WhatId: "What IDs are polymorphic", with their objects).
"""

from __future__ import annotations

from enum import StrEnum

from adapter.page.parts import is_record_id


class Link(StrEnum):
    """How a Task is linked with a record."""

    WHO = "who"
    WHAT = "what"
    NONE = "none"
    PERHAPS = "perhaps"
    """An unknown object: sent as WhatId, and left out after Salesforce has refused it."""


_WHO = ("003", "00Q")
_WHAT = (
    *("001", "500", "006", "701", "02i", "800", "801", "01t", "0Q0", "501", "810", "811", "550"),
    *("0WO", "1WL", "08p", "08P", "570", "0Q3", "0x5", "0hX", "0kF", "0YT", "0YQ", "0Zp", "a"),
)
"""Account, Case, Opportunity, Campaign, Asset, Contract, Order, Product, Quote, Solution, service
contract and line, entitlement, work order and line, appointment, chat transcript, and so on; a: an
object of the org's own."""

_NONE = ("005", "00G", "00T", "00U", "00D", "00e", "02s", "00P", "015", "068", "069", "0D5", "00v")
"""User, queue, Task, event, org, profile, e-mail, files, feed items, campaign members."""


def link_of(record_id: str) -> Link:
    """How the record with that id is linked; NONE for an invalid id."""
    if not is_record_id(record_id) or record_id.startswith(_NONE):
        return Link.NONE
    if record_id.startswith(_WHO):
        return Link.WHO
    return Link.WHAT if record_id.startswith(_WHAT) else Link.PERHAPS
