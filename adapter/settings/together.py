"""Contradictions between settings that are each valid. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.origins import is_for_this_machine, is_loopback
from adapter.settings import ANYBODY, PREFIX, Settings
from adapter.settings.rules import why_weak

Contradiction = tuple[frozenset[str], str]
"""The fields involved, and a sentence that says what to do."""


def contradictions(settings: Settings) -> Iterator[Contradiction]:
    """All of them."""
    yield from _dev_sign_in(settings)
    yield from _webhook_secrets(settings)
    if settings.sign_in == "salesforce":
        yield from _salesforce_sign_in(settings)


def _dev_sign_in(settings: Settings) -> Iterator[Contradiction]:
    if settings.sign_in == "dev" and not is_loopback(settings.host):
        yield (
            frozenset({"sign_in", "host"}),
            f"{ANYBODY}HOST to be a loopback address such as 127.0.0.1, not {settings.host}",
        )


def _webhook_secrets(settings: Settings) -> Iterator[Contradiction]:
    """The simulator's secrets may be public."""
    if settings.is_trial:
        return
    for wrong in filter(None, map(why_weak, settings.webhook_secrets)):
        yield (
            frozenset({"dialstack_webhook_secrets", "dialstack_url", "public_url"}),
            f"{PREFIX}DIALSTACK_WEBHOOK_SECRETS: one secret {wrong}. Use the secret that "
            f"the provider creates: python -m adapter webhooks register",
        )


def _salesforce_sign_in(settings: Settings) -> Iterator[Contradiction]:
    if not (settings.public_url.startswith("https://") or is_for_this_machine(settings.public_url)):
        yield (
            frozenset({"sign_in", "public_url"}),
            f"{PREFIX}PUBLIC_URL must be https, or browsers do not keep the cookie",
        )
    needed = ("org_id", "salesforce_url", "sign_in_client_id")
    missing = [name for name in needed if not getattr(settings, name)]
    if missing and settings.orgs_file is None:
        yield (
            frozenset({"sign_in", "orgs_file", *missing}),
            f"{PREFIX}SIGN_IN=salesforce requires {', '.join(map(_variable, missing))}, "
            f"or {PREFIX}ORGS_FILE",
        )


def _variable(name: str) -> str:
    return PREFIX + name.upper()
