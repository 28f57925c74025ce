"""What the phone system is asked to dial: a number behind the prefixes of its own dial plan.

Law of this file: **the number that is finally dialed is the one that the policy approved.** The
plans are the deployment's; a call center's definition, which a page reports, only picks one of
them. Because a text may be read by another plan than the one it was written for, it is checked as
every plan reads it.
"""

from __future__ import annotations

from collections.abc import Iterator

import phonenumbers
from msgspec import Struct
from phonenumbers import PhoneNumberFormat

from adapter.core.callcenter import CallCenterSettings
from adapter.core.numbers.plan import national_digits, parsed


class DialPlan(Struct, frozen=True):
    """The prefixes that a phone system in this `region` (ISO 3166 two-letter code) expects.

    First that of an outside line, then that of a long-distance number of its own country or of an
    international number. Without an international prefix, international numbers could not be
    told from national ones, so the system reaches none.
    """

    region: str
    outside: str = ""
    long_distance: str = ""
    international: str = ""

    @property
    def prefixes(self) -> tuple[str, str, str]:
        """The three prefixes, in the order of the fields."""
        return self.outside, self.long_distance, self.international

    def dialed(self, dial_string: str) -> str | None:
        """What this system is asked to dial for an E.164 number; None if it cannot reach it."""
        number = parsed(dial_string, None)
        if number is None:
            return None
        if number.country_code == phonenumbers.country_code_for_region(self.region):
            return f"{self.outside}{self.long_distance}{national_digits(number, self.region)}"
        if not self.international:
            return None
        return f"{self.outside}{self.international}{dial_string.removeprefix('+')}"

    def read(self, dialed: str) -> Iterator[str]:
        """The numbers (E.164) that this system may reach with this text."""
        if not dialed.startswith(self.outside):
            return
        rest = dialed.removeprefix(self.outside)
        if self.international and rest.startswith(self.international):
            yield from _e164(f"+{rest.removeprefix(self.international)}", None)
        if rest.startswith(self.long_distance):
            yield from _e164(rest.removeprefix(self.long_distance), self.region)


def picked(call_center: CallCenterSettings, plans: tuple[DialPlan, ...]) -> DialPlan | None:
    """The plan whose prefixes are exactly those of a call center's definition, or None.

    If several plans share the prefixes, that of the call center's country, else the first.
    """
    if not plans:
        return None
    named = (
        call_center.outside_prefix,
        call_center.long_distance_prefix,
        call_center.international_prefix,
    )
    fitting = [plan for plan in plans if any(named) and plan.prefixes == named]
    at_home = [plan for plan in fitting if plan.region == call_center.region]
    return next(iter(at_home or fitting), None)


def is_unknown(call_center: CallCenterSettings, plans: tuple[DialPlan, ...]) -> bool:
    """Whether the call center names prefixes that belong to no plan: they are not dialed."""
    named = bool(
        call_center.outside_prefix
        or call_center.long_distance_prefix
        or call_center.international_prefix
    )
    return named and picked(call_center, plans) is None


def _e164(text: str, region: str | None) -> Iterator[str]:
    number = parsed(text, region)
    if number is not None:
        yield phonenumbers.format_number(number, PhoneNumberFormat.E164)
