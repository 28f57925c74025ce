"""The edge to the Telephony Integration API of one org: creates and completes VoiceCall records.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
Law of this file: the address is the deployment's setting and never a page's word; every try has a
token of its own; a creation is never sent twice. Completing may be repeated by whoever asks.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import structlog
from joserfc.jwk import RSAKey

from adapter.outbound import SMALL, build_client
from adapter.page.port import Refused, Unknown, WriteOutcome, Written
from adapter.voice.record import Json
from adapter.voice.token import Issuer, claims, sign

log = structlog.get_logger(__name__)

TOTAL_SECONDS = 5.0
AT_ONCE = 8
"""So many requests of one org at a time: a slow one holds up nobody else's."""

SETTING_WAIT_MS = 60_000
"""Until somebody has mended a key, a name or an address, asking sooner is of no use."""

LONGEST_WAIT_MS = 3_600_000
TEXT_KEPT = 300

_BAD_SETTING = frozenset({401, 403, 404})
_TRANSIENT = frozenset({408, 425, 429})


@dataclass(eq=False, repr=False)
class VoiceClient:
    """One contact center's way to its records. Owns `http`, whose base address is the org's."""

    http: httpx.AsyncClient
    issuer: Issuer
    key: RSAKey
    provider_name: str
    now_ms: Callable[[], int]
    token_id: Callable[[], str]

    def __post_init__(self) -> None:
        self._lane = asyncio.Semaphore(AT_ONCE)
        self.trouble = ""
        """What an admin must mend before anything can be written; empty while all is well."""

    async def create(self, body: Json) -> WriteOutcome:
        """Make a record of a call that rings. Sent once: an unknown outcome stays unknown."""
        return await self._send("POST", "voiceCalls", body)

    async def complete(self, call_id: str, body: Json) -> WriteOutcome:
        """Close the record with that vendor self.key, or say the same of it again."""
        return await self._send("PATCH", f"voiceCalls/{quote(call_id, safe='')}", body)

    async def close(self) -> None:
        """Let go of connections."""
        await self.http.aclose()

    async def _send(self, method: str, path: str, body: Json) -> WriteOutcome:
        async with self._lane:
            token = sign(claims(self.issuer, self.now_ms(), self.token_id()), self.key)
            headers = {
                "Authorization": f"Bearer {token}",
                "Telephony-Provider-Name": self.provider_name,
            }
            if self.http.is_closed:
                return Unknown("closed")
            try:
                async with asyncio.timeout(TOTAL_SECONDS):
                    response = await self.http.request(method, path, json=body, headers=headers)
            except (httpx.HTTPError, TimeoutError) as error:
                return Unknown(type(error).__name__)
        outcome = read_outcome(response.status_code, response.headers, _json(response))
        self._note(response.status_code)
        return outcome

    def _note(self, status: int) -> None:
        """Say once what is wrong with the setting, and once that it is mended."""
        trouble = TROUBLES.get(status, "")
        if status < 300:
            trouble = ""
        elif not trouble:
            return
        if trouble != self.trouble:
            log.error("voice.setting_refused" if trouble else "voice.setting_mended", why=trouble)
        self.trouble = trouble


TROUBLES = {
    401: "Salesforce does not accept the token: compare key and certificate, and the clock.",
    403: "Salesforce does not let this contact center write records: check its permissions.",
    404: "Salesforce does not know the address or the contact center: check both settings.",
}


def read_outcome(status: int, headers: Any, body: Any) -> WriteOutcome:
    """What an answer means. A redirect is an answer from somewhere else: a wrong setting."""
    if 200 <= status < 300:
        said = body.get("voiceCallId") if isinstance(body, dict) else None
        # `errors` may hold a text beside a success: the record is there all the same.
        return Written(said if isinstance(said, str) else "")
    if status in _TRANSIENT or status >= 500:
        return Refused(_code(status), "Salesforce is busy.", wait_ms=retry_after_ms(headers))
    if status in _BAD_SETTING or 300 <= status < 400:
        words = TROUBLES.get(status, "The address answers with a redirect: check the setting.")
        return Refused(_code(status), words, wait_ms=SETTING_WAIT_MS)
    return Refused(_code(status), _message(body), permanent=True)


def retry_after_ms(headers: Any) -> int:
    """How long the answer asks to wait, at most an hour; 0 if it does not say so in seconds."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return 0
    if not math.isfinite(seconds) or seconds <= 0:
        return 0
    return min(LONGEST_WAIT_MS, round(seconds * 1000))


def _code(status: int) -> str:
    return f"HTTP_{status}"


def _message(body: Any) -> str:
    """The refusal's own words, as much of them as somebody would read."""
    first = body[0] if isinstance(body, list) and body else body
    said = first.get("message") if isinstance(first, dict) else None
    return str(said)[:TEXT_KEPT] if said else "Salesforce refused the record."


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def build_http(base_url: str) -> httpx.AsyncClient:
    """Make its client."""
    return build_client(TOTAL_SECONDS, most=SMALL, base_url=f"{base_url.rstrip('/')}/telephony/v1/")
