"""The client of one org's Telephony Integration API: creates and completes VoiceCall records.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
Law of this file: the address comes from the settings, never from a page; every request has its own
token; a creation is sent once. A completion may be repeated.
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
"""Requests of one org at a time; a slow org does not delay others. A request that would have to
wait for TOTAL_SECONDS is not sent: later, the creation of a ringing call's record would come after
the call, and each retry of a completion would wait behind the ones before it."""

SETTING_WAIT_MS = 60_000
"""How long to wait after a refusal that only an admin can fix: a key, a name, an address."""

LONGEST_WAIT_MS = 3_600_000
TEXT_KEPT = 300

_BAD_SETTING = frozenset({401, 403, 404})
_TRANSIENT = frozenset({408, 425, 429})


@dataclass(eq=False, repr=False)
class VoiceClient:
    """Writes one contact center's records. Owns `http`, whose base address is the org's."""

    http: httpx.AsyncClient
    issuer: Issuer
    key: RSAKey
    provider_name: str
    now_ms: Callable[[], int]
    token_id: Callable[[], str]

    def __post_init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.trouble = ""
        """What an admin must fix before records can be written; empty if nothing."""

    async def create(self, body: Json) -> WriteOutcome:
        """Create the record of a ringing call. Sent once; an unknown outcome stays unknown."""
        return await self._send("POST", "voiceCalls", body)

    async def complete(self, call_id: str, body: Json) -> WriteOutcome:
        """Close the record with that vendor key; repeating it does no harm."""
        return await self._send("PATCH", f"voiceCalls/{quote(call_id, safe='')}", body)

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def _send(self, method: str, path: str, body: Json) -> WriteOutcome:
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                await self._slots.acquire()
        except TimeoutError:
            return Refused("NOT_SENT", "Salesforce is slow: too many requests wait for it.")
        try:
            response = await self._answer(method, path, body)
        finally:
            self._slots.release()
        if isinstance(response, Unknown):
            return response
        outcome = read_outcome(response.status_code, response.headers, _json(response))
        self._note_trouble(response.status_code)
        return outcome

    async def _answer(self, method: str, path: str, body: Json) -> httpx.Response | Unknown:
        token = sign(claims(self.issuer, self.now_ms(), self.token_id()), self.key)
        headers = {
            "Authorization": f"Bearer {token}",
            "Telephony-Provider-Name": self.provider_name,
        }
        if self.http.is_closed:
            return Unknown("closed")
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                return await self.http.request(method, path, json=body, headers=headers)
        except (httpx.HTTPError, TimeoutError) as error:
            return Unknown(type(error).__name__)

    def _note_trouble(self, status: int) -> None:
        """Log once what is wrong with a setting, and once that it works again."""
        trouble = TROUBLES.get(status, "")
        if status < 300:
            trouble = ""
        elif not trouble:
            return
        if trouble != self.trouble:
            log.error("voice.setting_refused" if trouble else "voice.setting_mended", why=trouble)
        self.trouble = trouble


TROUBLES = {
    401: "Salesforce rejects the token: check that key and certificate match, and the clock.",
    403: "Salesforce does not let this contact center write records: check its permissions.",
    404: "Salesforce does not know the address or the contact center: check both settings.",
}


def read_outcome(status: int, headers: Any, body: Any) -> WriteOutcome:
    """The outcome of a response. A redirect means that the address in the settings is wrong."""
    if 200 <= status < 300:
        if not isinstance(body, dict):
            return Unknown("not the API's answer")  # a page of something in between
        record_id = body.get("voiceCallId")
        # A success may carry a text in `errors`; the record exists all the same.
        return Written(record_id if isinstance(record_id, str) else "")
    if status in _TRANSIENT or status >= 500:
        return Refused(_code(status), "Salesforce is busy.", wait_ms=retry_after_ms(headers))
    if status in _BAD_SETTING or 300 <= status < 400:
        words = TROUBLES.get(status, "The address answers with a redirect: check the setting.")
        return Refused(_code(status), words, wait_ms=SETTING_WAIT_MS)
    return Refused(_code(status), _message(body), permanent=True)


def retry_after_ms(headers: Any) -> int:
    """The wait that Retry-After asks for, in ms, at most an hour; 0 if not given in seconds."""
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
    """Salesforce's message, cut to TEXT_KEPT characters."""
    first = body[0] if isinstance(body, list) and body else body
    text = first.get("message") if isinstance(first, dict) else None
    return str(text)[:TEXT_KEPT] if text else "Salesforce refused the record."


def _json(response: httpx.Response) -> Any:
    """The response's JSON: an empty object for an empty body, None for anything else."""
    try:
        return response.json() if response.content.strip() else {}
    except (ValueError, RecursionError):
        return None


def build_http(base_url: str, proxy: str = "") -> httpx.AsyncClient:
    """The HTTP client for VoiceClient."""
    url = f"{base_url.rstrip('/')}/telephony/v1/"
    return build_client(TOTAL_SECONDS, most=SMALL, base_url=url, proxy=proxy)
