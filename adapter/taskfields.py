"""The Task fields that an admin may fill by settings, templates or agents. Pure."""

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
"""Fields that the adapter writes, or leaves to Salesforce; they cannot be filled otherwise."""

_OWN = {name.lower() for name in OWN}


def is_field(name: str) -> bool:
    """Whether an admin may fill the field with this API name; Salesforce ignores its case."""
    return _API_NAME.fullmatch(name) is not None and name.lower() not in _OWN
