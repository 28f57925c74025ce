"""What a call brings along for the phone system, for Salesforce, and for other components. Pure.

A click brings `params`, "information that's required by the phone system"
(https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
sforce_api_cti_lightning_click_to_dial.htm); the agent's call center brings fields of its records.
"""

from __future__ import annotations

import re

from adapter.core.values import Value

LONGEST_PARAMS = 2000
"""Characters; what is longer is cut, for the call matters more."""


class CallDetails(Value, frozen=True):
    """What is neither a fact of the call nor a record.

    `params` as they came; `extension` is sent as digits once connected, and shown; `templates` are
    fields of the call's record, by name, with what is to be filled in.
    """

    params: str = ""
    extension: str = ""
    templates: tuple[tuple[str, str], ...] = ()


NO_DETAILS = CallDetails()


def read_params(params: str) -> dict[str, str]:
    """The parameters by name, and by their place from 1 on: "id=7, vip" has id, 1 and 2."""
    found: dict[str, str] = {}
    if not params:
        return found
    parts = (part.strip() for part in re.split(r"[,;&\n]", params))
    for place, part in enumerate(filter(None, parts), start=1):
        name, mark, value = part.partition("=") if "=" in part else part.partition(":")
        found[str(place)] = part
        if mark and re.fullmatch(r"[A-Za-z_][\w.-]*", name.strip()):
            found.setdefault(name.strip(), value.strip())
    return found
