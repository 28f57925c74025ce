"""Which numbers may be dialed, how often, and how long each stage of a call may take."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, Field, field_validator

from adapter.core.callcenter import is_region
from adapter.core.numbers.dialplan import DialPlan
from adapter.core.numbers.phone import DialRules
from adapter.settings.rules import (
    EVERYWHERE,
    NO_REGION,
    Seconds,
    Texts,
    each,
    is_number_prefix,
    plan_parts,
    whole_numbers,
)


class DialingSettings(BaseModel):
    """Which numbers an agent may call, and how long each stage may take."""

    default_region: str = "US"
    regions: Texts = ()
    premium_numbers: bool = False
    satellite_numbers: bool = False
    allow_numbers: Texts = ()
    deny_numbers: Texts = ()
    extension_digits: str = "2-6"
    dial_plans: Texts = ()
    ring_profiles: Texts = ()
    caller_ids: Texts = ()
    dials_per_minute: Annotated[int, Field(ge=1)] = 10
    dials_per_hour: Annotated[int, Field(ge=1)] = 200
    dials_per_minute_per_org: Annotated[int, Field(ge=0)] = 300
    confirm_repeat_seconds: Seconds = 10

    outcome_seconds: Seconds = 15
    ring_seconds: Seconds = 45
    dial_seconds: Seconds = 120
    bridged_check_seconds: Seconds = 300
    cdr_wait_seconds: Seconds = 5
    wrap_up_seconds: Seconds = 60
    dial_while_wrap_up: bool = False

    @field_validator("default_region")
    @classmethod
    def _is_a_region(cls, value: str) -> str:
        return each((value,), is_region, NO_REGION)[0]

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if value == (EVERYWHERE,) else each(value, is_region, NO_REGION)

    @field_validator("allow_numbers", "deny_numbers")
    @classmethod
    def _are_number_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = "must be + and digits, such as +49900, or the first digits of an extension"
        return each(value, is_number_prefix, wrong)

    @field_validator("caller_ids")
    @classmethod
    def _are_numbers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return whole_numbers(value)

    @field_validator("dial_plans")
    @classmethod
    def _are_dial_plans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = (
            "must be the prefixes for outside lines, long distance and international calls, "
            "optionally after a country: US:9/1/011"
        )
        return each(value, plan_parts, wrong)

    @field_validator("extension_digits")
    @classmethod
    def _are_shortest_and_longest(cls, value: str) -> str:
        if value != "none" and not (re.fullmatch("[1-9]-[1-9]", value) and value[0] <= value[2]):
            raise ValueError(
                "must be the shortest and longest length of an extension, such as 2-6, or none"
            )
        return value

    @property
    def allowed_regions(self) -> tuple[str, ...]:
        """The countries that may be called: by default only the home region; () for all."""
        if self.regions == (EVERYWHERE,):
            return ()
        return self.regions or (self.default_region,)

    def dial_rules(self) -> DialRules:
        """The rules by which the core judges numbers."""
        house = self.extension_digits != "none"
        shortest, longest = (self.extension_digits if house else "2-6").split("-")
        return DialRules(
            default_region=self.default_region,
            regions=frozenset(self.allowed_regions),
            home_region=self.default_region,
            plans=tuple(self._plan(text) for text in self.dial_plans),
            extensions=house,
            extension_digits=(int(shortest), int(longest)),
            premium=self.premium_numbers,
            satellite=self.satellite_numbers,
            allow=self.allow_numbers,
            deny=self.deny_numbers,
        )

    def _plan(self, text: str) -> DialPlan:
        region, *prefixes = plan_parts(text)
        return DialPlan(region or self.default_region, *prefixes)
