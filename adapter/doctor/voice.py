"""Salesforce Voice as it is set up: each contact center's key, and the library of its pages."""

from __future__ import annotations

from pathlib import Path

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.orgs import Org, Orgs
from adapter.settings import Settings

_LAYOUTS = (
    ("VoiceCapabilitiesResult", "4.8"),
    ("TelephonyConnector", "4.2"),
    ("getCapabilities", "3.6"),
)
"""What a version's file has that older ones have not, the newest first."""


def voice_findings(settings: Settings, orgs: Orgs) -> tuple[Finding, ...]:
    """Nothing where no org has Salesforce Voice."""
    told = [_key(org, org.salesforce.voice.key) for org in orgs.all if org.salesforce.voice]
    return (*told, _library(settings.voice_library)) if told else ()


def _key(org: Org, pem: str) -> Finding:
    # Only here: the room may be gone.
    from adapter.voice.token import BadKey, read_key  # noqa: PLC0415

    try:
        read_key(pem)
    except BadKey as error:
        todo = "Make a pair with `python -m adapter voice key`, and upload its certificate."
        return fail("voice key", f"The key of {org.org_id} cannot sign: {error}.", todo)
    return ok("voice key", f"The contact center of {org.org_id} has a key that can sign.")


def _library(path: Path | None) -> Finding:
    if path is None:
        todo = "Fetch it with scripts/voice-library, and name it in SOFTPHONE_VOICE_LIBRARY."
        return fail("voice library", "Salesforce's connector library is not set.", todo)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        todo = "Fetch it with scripts/voice-library."
        return fail("voice library", f"{path} cannot be read: {error.strerror}.", todo)
    version = next((version for mark, version in _LAYOUTS if mark in text), "")
    if not version:
        todo = "Fetch it with scripts/voice-library."
        return fail("voice library", f"{path} is not Salesforce's connector library.", todo)
    said = f"{path} has the layout of {version}."
    return (
        ok("voice library", said)
        if version == "4.8"
        else warn("voice library", said, "Prefer 4.8.")
    )
