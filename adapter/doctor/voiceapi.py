"""Checks the adapter's tokens and clock against Salesforce with one harmless request.

The request is invalid and names a call that does not exist. Salesforce refuses it for that if the
token is valid, otherwise for the token. Nothing is written.
"""

from __future__ import annotations

import httpx

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.doctor.skew import Skew
from adapter.orgs import Org, Orgs, VoiceSide
from adapter.runtime.clock import Clock

NOBODYS_CALL = "softphone-doctor"
NONSENSE = {"isActiveCall": "neither"}
NOTICED_SECONDS = 10
HARM = "Tokens expire sooner than that."

_MEANING = {
    401: "Salesforce rejects the token: check key and certificate, org id and API name.",
    403: "Salesforce lets this contact center write nothing. Check its permissions.",
}


async def voice_api_findings(orgs: Orgs, clock: Clock) -> tuple[Finding, ...]:
    """For each org with Salesforce Voice and a key that can sign."""
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
        async with build_http(voice.url) as http:
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
