"""Reports which numbers may be called, and how many, by the current settings. Pure.

Each line names its variables, for an admin whose agent was refused a call.
"""

from __future__ import annotations

from collections.abc import Iterator

from adapter.doctor.findings import Finding, ok, warn
from adapter.settings import Settings

CHECK = "dialing"


def dialing_findings(settings: Settings) -> Iterator[Finding]:
    """Countries, kinds of numbers, lists, limits."""
    yield _regions(settings)
    yield from _open(settings)
    yield _plans(settings)
    yield ok(
        CHECK,
        f"Premium-rate numbers {_allowed(settings.premium_numbers)} (SOFTPHONE_PREMIUM_NUMBERS), "
        f"satellite numbers {_allowed(settings.satellite_numbers)} (SOFTPHONE_SATELLITE_NUMBERS), "
        f"{len(settings.allow_numbers)} prefixes are always allowed (SOFTPHONE_ALLOW_NUMBERS), "
        f"{len(settings.deny_numbers)} never (SOFTPHONE_DENY_NUMBERS).",
    )
    yield ok(CHECK, f"{_limits(settings)} No limit applies to emergency numbers.")


def _regions(settings: Settings) -> Finding:
    countries = ", ".join(settings.allowed_regions)
    if not countries:
        text = "Calls may go to every country: SOFTPHONE_REGIONS is all."
        return warn(CHECK, text, "List the countries that your agents call, such as US,CA,GB.")
    if settings.regions:
        return ok(CHECK, f"Calls may go to {countries} (SOFTPHONE_REGIONS).")
    text = f"Calls may go only to {countries} (SOFTPHONE_DEFAULT_REGION; SOFTPHONE_REGIONS)."
    return ok(CHECK, text)


def _open(settings: Settings) -> Iterator[Finding]:
    """Settings that can cost more than an admin expects."""
    opened = {
        "SOFTPHONE_PREMIUM_NUMBERS": settings.premium_numbers,
        "SOFTPHONE_SATELLITE_NUMBERS": settings.satellite_numbers,
    }
    for variable in (variable for variable, is_open in opened.items() if is_open):
        text = f"{variable} is on: one such call can cost as much as a day of ordinary calls."
        yield warn(CHECK, text, "Turn it off, and list what you need in SOFTPHONE_ALLOW_NUMBERS.")
    if not settings.dials_per_minute_per_org:
        text = "An org may start any number of calls: SOFTPHONE_DIALS_PER_MINUTE_PER_ORG is 0."
        yield warn(
            CHECK, text, "Set it to the number of calls that all agents start in a busy minute."
        )


def _plans(settings: Settings) -> Finding:
    plans = ", ".join(settings.dial_plans)
    if not plans:
        return ok(CHECK, "Numbers are dialed in E.164, without prefixes (SOFTPHONE_DIAL_PLANS).")
    text = f"Call centers may use the prefixes {plans} (SOFTPHONE_DIAL_PLANS)."
    if settings.provider != "dialstack":
        return ok(CHECK, text)
    # https://docs.dialstack.ai: dial strings are E.164, local numbers, extensions, 911.
    todo = "DialStack accepts E.164 and local numbers. Make a test call, or set no prefixes."
    return warn(CHECK, text, todo)


def _allowed(switch: bool) -> str:
    return "are allowed" if switch else "are refused"


def _limits(settings: Settings) -> str:
    org = settings.dials_per_minute_per_org or "any number of"
    seconds = settings.confirm_repeat_seconds
    repeat = (
        f"within {seconds:g} seconds needs a confirmation"
        if seconds
        else "never needs a confirmation"
    )
    return (
        f"An agent may start {settings.dials_per_minute} calls a minute "
        f"(SOFTPHONE_DIALS_PER_MINUTE) and {settings.dials_per_hour} an hour "
        f"(SOFTPHONE_DIALS_PER_HOUR), an org {org} a minute "
        f"(SOFTPHONE_DIALS_PER_MINUTE_PER_ORG); the same number {repeat} "
        f"(SOFTPHONE_CONFIRM_REPEAT_SECONDS)."
    )
