"""Checks the setup of Salesforce Voice: keys, certificates and the connector library."""

from __future__ import annotations

from pathlib import Path

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.orgs import Org, Orgs, VoiceSide
from adapter.settings import Settings

_LAYOUTS = (
    ("VoiceCapabilitiesResult", "4.8"),
    ("TelephonyConnector", "4.2"),
    ("getCapabilities", "3.6"),
)
"""Text that a version's file has and older ones do not, the newest first."""


SOON_MS = 30 * 86_400_000
"""A certificate that is valid for less must be renewed, and uploaded by hand."""


def voice_findings(settings: Settings, orgs: Orgs, now_ms: int) -> tuple[Finding, ...]:
    """Nothing if no org has Salesforce Voice; `now_ms` in Unix milliseconds."""
    if settings.orgs_file is None and (missing := _missing(settings)):
        text = f"Salesforce Voice is off: {' and '.join(missing)} must be set as well."
        return (fail("voice", text, "Set all of them, or remove those that are set."),)
    findings: list[Finding] = []
    for org in orgs.all:
        if (voice := org.salesforce.voice) is not None:
            findings += [_key(org, voice.key), _certificate(org, voice, now_ms)]
    return (*findings, _library(settings.voice_library)) if findings else ()


def _missing(settings: Settings) -> list[str]:
    """The variables that Salesforce Voice still needs, if it has one of them."""
    needed = {
        "SOFTPHONE_VOICE_URL": settings.voice_url,
        "SOFTPHONE_VOICE_CONTACT_CENTER": settings.voice_contact_center,
        "SOFTPHONE_VOICE_KEY": settings.voice_key.get_secret_value(),
    }
    return [name for name, value in needed.items() if not value] if any(needed.values()) else []


def _certificate(org: Org, voice: VoiceSide, now_ms: int) -> Finding:
    # Imported here because adapter/voice may be deleted.
    from adapter.voice.token import BadKey, expires_ms, is_pair  # noqa: PLC0415

    check, path = "voice certificate", voice.certificate
    if path is None:
        text = f"The expiry of the certificate of {org.org_id} is unknown."
        return warn(check, text, "Set SOFTPHONE_VOICE_CERTIFICATE to the uploaded file.")
    upload = "Create a pair with `python -m adapter voice key`, and upload its certificate."
    try:
        pem = path.read_text(encoding="utf-8")
        if not is_pair(voice.key, pem):
            return fail(check, f"{path} does not belong to the key.", upload)
        left_ms = expires_ms(pem) - now_ms
    except OSError as error:
        return fail(
            check,
            f"{path} cannot be read: {error.strerror}.",
            "Correct SOFTPHONE_VOICE_CERTIFICATE.",
        )
    except (BadKey, UnicodeDecodeError) as error:
        return fail(check, f"{path} cannot be used: {error}.", upload)
    days = left_ms // 86_400_000
    if left_ms <= 0:
        return fail(check, f"{path} expired {-days} days ago.", upload)
    text = f"{path} belongs to the key and is valid for {days} days."
    return ok(check, text) if left_ms > SOON_MS else warn(check, text, upload)


def _key(org: Org, pem: str) -> Finding:
    # Imported here because adapter/voice may be deleted.
    from adapter.voice.token import BadKey, read_key  # noqa: PLC0415

    try:
        read_key(pem)
    except BadKey as error:
        todo = "Create a pair with `python -m adapter voice key`, and upload its certificate."
        return fail("voice key", f"The key of {org.org_id} cannot sign: {error}.", todo)
    return ok("voice key", f"The contact center of {org.org_id} has a key that can sign.")


def _library(path: Path | None) -> Finding:
    if path is None:
        todo = "Fetch it with scripts/voice-library, and set SOFTPHONE_VOICE_LIBRARY to it."
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
    summary = f"{path} has the layout of version {version}."
    return (
        ok("voice library", summary)
        if version == "4.8"
        else warn("voice library", summary, "Use 4.8 if you can.")
    )
