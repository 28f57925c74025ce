"""What the definition file of an agent's call center sets, in place of our own settings.

A Salesforce admin sets these values and the page reports them, so they belong to the agent.
"""

from __future__ import annotations

import phonenumbers

from adapter.core.values import Value


class AskedField(Value, frozen=True):
    """A field that the agent fills in after a call: any text, or one of the choices."""

    name: str
    label: str
    choices: tuple[str, ...] = ()
    required: bool = False


class CallCenterSettings(Value, frozen=True):
    """The call center's settings; our own apply to everything that is left out.

    `wrapup_ms`: milliseconds, 0 for none; `dispositions`: what the agent may choose from;
    `region`: ISO 3166 two-letter code, for numbers without a country code. The prefixes are digits
    that the phone system expects before an outside line, a long-distance number (with the region's
    own country code), and an international number (before the country code). `record_fields` are
    further fields of a call's record, by name, with the text to fill in; the agent fills in
    `ask_fields`.
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
"""Other common codes of countries, with their ISO 3166 two-letter code."""


def read_region(text: str) -> str:
    """The two-letter code of the country that is meant, or "" if it is unknown."""
    letters = text.strip().upper()
    code = _OTHER_NAMES.get(letters, letters)
    return code if is_region(code) else ""


def is_region(text: str) -> bool:
    """Whether it is the ISO 3166 two-letter code of a country whose numbers we can parse."""
    return text in phonenumbers.SUPPORTED_REGIONS
