"""Which fields of a Task an admin may fill: by settings, by templates, by asking agents. Pure."""

from __future__ import annotations

import re

_API_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

OWN = frozenset(
    {
        "Id",
        "entityApiName",
        "Subject",
        "Status",
        "TaskSubtype",
        "CallType",
        "CallDurationInSeconds",
        "CallDisposition",
        "CallObject",
        "Description",
        "ActivityDate",
        "WhoId",
        "WhatId",
        "OwnerId",
        "AccountId",
    }
)
"""What the adapter writes itself, or leaves to Salesforce: nothing may stand in for it."""


def is_field(name: str) -> bool:
    """Whether an admin may fill the field of that API name."""
    return _API_NAME.fullmatch(name) is not None and name not in OWN
