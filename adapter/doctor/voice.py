"""Checks the setup of Salesforce Voice: keys, certificates and the connector library."""

from __future__ import annotations

from pathlib import Path

import httpx

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.doctor.skew import Skew
from adapter.orgs import Org, Orgs, VoiceSide
from adapter.runtime.clock import Clock
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


# --- the adapter's tokens and clock against Salesforce, with one harmless request ---------------

NOBODYS_CALL = "softphone-doctor"
NONSENSE = {"isActiveCall": "neither"}
NOTICED_SECONDS = 10
HARM = "Tokens expire sooner than that."

_MEANING = {
    401: "Salesforce rejects the token: check key and certificate, org id and API name.",
    403: "Salesforce lets this contact center write nothing. Check its permissions.",
}


async def voice_api_findings(orgs: Orgs, clock: Clock) -> tuple[Finding, ...]:
    """For each org with Salesforce Voice and a key that can sign.

    The request is invalid and names a call that does not exist. Salesforce refuses it for that if
    the token is valid, otherwise for the token. Nothing is written.
    """
    findings: list[Finding] = []
    for org in orgs.all:
        if org.salesforce.voice is not None:
            findings += await _asked(org, org.salesforce.voice, clock)
    return tuple(findings)


async def _asked(org: Org, voice: VoiceSide, clock: Clock) -> list[Finding]:
    # Imported here because adapter/voice may be deleted.
    from adapter.voice import token as tokens  # noqa: PLC0415
    from adapter.voice.client import build_http  # noqa: PLC0415
    from adapter.voice.setup import PROVIDER  # noqa: PLC0415

    issuer = tokens.Issuer(org.org_id, voice.contact_center, voice.audience)
    try:
        key = tokens.read_key(voice.key)
    except tokens.BadKey:
        return []
    token = tokens.sign(tokens.claims(issuer, clock.now(), clock.nonce()), key)
    headers = {"Authorization": f"Bearer {token}", "Telephony-Provider-Name": PROVIDER}
    try:
        async with build_http(voice.url, org.proxy) as http:
            path = f"voiceCalls/{NOBODYS_CALL}"
            answer = await http.patch(path, json=NONSENSE, headers=headers)
    except httpx.HTTPError as error:
        text = f"{voice.url} does not answer: {type(error).__name__}."
        return [fail("voice token", text, "Check SOFTPHONE_VOICE_URL and the network.")]
    most = tokens.LIFETIME_SECONDS
    skew = Skew(clock, "voice clock", "Salesforce's", NOTICED_SECONDS, most, HARM)
    await skew.see(answer)
    return [_token(answer.status_code, voice.url), *skew.finding()]


def _token(status: int, url: str) -> Finding:
    check = "voice token"
    if status in _MEANING:
        return fail(check, f"{url} answers {status}.", _MEANING[status])
    if 300 <= status < 400:
        return fail(check, f"{url} answers with a redirect.", "Check SOFTPHONE_VOICE_URL.")
    if status == 429 or status >= 500:
        return warn(check, f"{url} answers {status}, which proves nothing.", "Try again later.")
    return ok(check, f"{url} accepts the adapter's tokens.")
