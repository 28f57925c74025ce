"""What the definition file of an agent's call center says, where that differs from our settings.

An admin of Salesforce sets these, the page reads and tells them; so each agent has their own.
"""

from __future__ import annotations

import phonenumbers

from adapter.core.values import Value


class AskedField(Value, frozen=True):
    """A field that agents are asked for after a call: any text, or one of the choices."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    required: bool = False


class CallCenterSettings(Value, frozen=True):
    """Everything that was left out is as our own settings have it.

    `wrapup_ms`: milliseconds, 0 for none; `dispositions`: what the agent may choose from;
    `region`: ISO 3166 two letters, for numbers without a country code. The prefixes are digits that
    the telephone system wants before an outside line, a long distance number (with the region's own
    country code) and an international one (before the country code). `record_fields` are further
    fields of a call's record, by name, with what is to be filled in; `ask_fields` are those that
    the agent fills in.
    """

    wrapup_ms: int | None = None
    dispositions: tuple[str, ...] = ()
    region: str = ""
    outside_prefix: str = ""
    long_distance_prefix: str = ""
    international_prefix: str = ""
    record_fields: tuple[tuple[str, str], ...] = ()
    ask_fields: tuple[AskedField, ...] = ()


NO_CALL_CENTER = CallCenterSettings()


_OTHER_NAMES = {"UK": "GB", "EL": "GR", "USA": "US", "GBR": "GB", "DEU": "DE"}
"""What countries are called in texts, beside the two letters of ISO 3166."""


def read_region(text: str) -> str:
    """The two letters of the country that is meant, or nothing if it is none that we know."""
    letters = text.strip().upper()
    named = _OTHER_NAMES.get(letters, letters)
    return named if is_region(named) else ""


def is_region(text: str) -> bool:
    """Whether it is a country's two letters (ISO 3166) whose numbers we can read."""
    return text in phonenumbers.SUPPORTED_REGIONS
