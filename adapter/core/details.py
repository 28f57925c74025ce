"""What a call carries for the phone system, for Salesforce, and for other components. Pure.

A click brings `params`, "information that's required by the phone system"
(https://developer.salesforce.com/docs/atlas.en-us.api_cti.meta/api_cti/
sforce_api_cti_lightning_click_to_dial.htm); the agent's call center brings fields of its records.
"""

from __future__ import annotations

import re

from adapter.core.values import Value

LONGEST_PARAMS = 2000
"""Characters; longer text is cut, because the call matters more."""


class CallDetails(Value, frozen=True):
    """Details of a call that are neither facts nor records.

    `params` are kept as they came; `extension` is shown, and sent as digits once the call is
    connected; `templates` are fields of the call's record, by name, with the text to fill in.
    """

    params: str = ""
    extension: str = ""
    templates: tuple[tuple[str, str], ...] = ()


NO_DETAILS = CallDetails()


def read_params(params: str) -> dict[str, str]:
    """The parameters by name and by position from 1 on: "id=7, vip" has id, 1 and 2."""
    by_name: dict[str, str] = {}
    if not params:
        return by_name
    parts = (part.strip() for part in re.split(r"[,;&\n]", params))
    for place, part in enumerate(filter(None, parts), start=1):
        name, mark, value = part.partition("=") if "=" in part else part.partition(":")
        by_name[str(place)] = part
        if mark and re.fullmatch(r"[A-Za-z_][\w.-]*", name.strip()):
            by_name.setdefault(name.strip(), value.strip())
    return by_name
