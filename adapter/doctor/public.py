"""Checks the public address: TLS, the page's headers, the webhook endpoint.

The requests come from this machine, so an outer firewall is not tested.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.orgs import Orgs
from adapter.outbound import build_client
from adapter.runtime.clock import Clock
from adapter.settings import Settings
from adapter.telephony.dialstack.webhook import PATH

SECONDS = 5.0
RENEW_DAYS = 14
DAY_MS = 86_400_000

_RENEW = "Renew it, and install the full chain."
_NAMED = "Get a certificate for this name, or correct SOFTPHONE_PUBLIC_URL."
_CHAIN = "Let the proxy send the full chain (fullchain.pem), not its own certificate alone."
_ANYBODY = "Get a certificate from an authority that browsers know."
_UNTRUSTED = {
    9: "Check this machine's clock, then the certificate's dates.",
    10: "Renew it, and see why it was not renewed.",
    18: _ANYBODY,
    19: _ANYBODY,
    20: _CHAIN,
    21: _CHAIN,
    62: _NAMED,
    64: _NAMED,
}
"""What to do, by OpenSSL's number (https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/)."""

_PROXY = "Check the DNS name, the reverse proxy, and that the adapter runs behind it."
_NOTICE = 'data-state="blocked"'
"""In the page for an org that the running adapter does not know."""


async def public_findings(
    settings: Settings, orgs: Orgs, clock: Clock, tls: ssl.SSLContext
) -> tuple[Finding, ...]:
    """Everything about the address. Most of it needs an address that answers."""
    certificate = await _certificate(settings, clock, tls)
    async with build_client(SECONDS, verify=tls, base_url=settings.public_url) as http:
        alive = await _alive(http, settings)
        found = [*certificate, alive]
        if not alive.todo:
            found += [finding async for finding in _behind(http, orgs)]
    return tuple(found)


async def _certificate(
    settings: Settings, clock: Clock, tls: ssl.SSLContext
) -> tuple[Finding, ...]:
    """How long the certificate is valid; nothing without TLS."""
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https":
        return ()
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(
                parts.hostname, parts.port or 443, ssl=tls, server_hostname=parts.hostname
            )
    except ssl.SSLCertVerificationError as error:
        text = f"Browsers do not trust the certificate: {error.verify_message}."
        return (fail("certificate", text, _UNTRUSTED.get(error.verify_code, _RENEW)),)
    except (OSError, TimeoutError):
        return ()  # GET /healthz tells it in better words.
    try:
        certificate: dict[str, Any] = writer.get_extra_info("peercert") or {}
    finally:
        writer.transport.abort()
    return (_days_left(str(certificate.get("notAfter", "")), clock.now()),)


def _days_left(not_after: str, now: int) -> Finding:
    days = (int(ssl.cert_time_to_seconds(not_after)) * 1000 - now) // DAY_MS
    text = f"The certificate is valid for another {days} days."
    if days < RENEW_DAYS:
        return warn("certificate", text, "Check why it was not renewed.")
    return ok("certificate", text)


async def _alive(http: httpx.AsyncClient, settings: Settings) -> Finding:
    try:
        answer = await http.get("/healthz")
    except httpx.HTTPError as error:
        text = f"{settings.public_url} does not answer ({type(error).__name__})."
        return fail("reachable", text, _PROXY)
    if answer.status_code != 200 or '"status"' not in answer.text:
        text = f"{settings.public_url}/healthz answers {answer.status_code}, unlike the adapter."
        return fail("reachable", text, _PROXY)
    return ok("reachable", f"{settings.public_url} answers (asked from this machine).")


async def _behind(http: httpx.AsyncClient, orgs: Orgs) -> AsyncIterator[Finding]:
    try:
        pages = {origin: await http.get(_page(origin)) for origin in orgs.origins or ("",)}
        hooks = [(path, await http.get(path)) for path in _endpoints(orgs)]
    except httpx.HTTPError as error:
        text = f"The public address stopped answering ({type(error).__name__})."
        yield fail("reachable", text, _PROXY)
        return
    yield _framing(pages)
    for path, answer in hooks:
        yield _webhooks(path, answer)


def _endpoints(orgs: Orgs) -> list[str]:
    """The webhook paths: the plain one for one org, one per account for several.

    Asterisk has none, because its events come through a stream that the adapter opens.
    """
    hooked = [org for org in orgs.all if org.telephony.kind == "dialstack"]
    if len(orgs.all) == 1:
        return [PATH for _ in hooked]
    return [f"{PATH}/{quote(org.account, safe='')}" for org in hooked]


def _page(origin: str) -> str:
    """As that org asks for it: of several orgs' pages each may be shown by its own alone."""
    return f"/softphone?mode=Lightning&sfdcIframeOrigin={quote(origin, safe='')}"


def _framing(pages: Mapping[str, httpx.Response]) -> Finding:
    """What lets each Salesforce origin show its page; each of these makes a blank panel."""
    for page in pages.values():
        if page.status_code != 200:
            text = f"/softphone answers {page.status_code}."
            todo = "Let the proxy pass every path, without a sign-in of its own."
            return fail("page", text, todo)
        if "X-Frame-Options" in page.headers:
            text = "A proxy adds X-Frame-Options, so browsers do not show the page in Salesforce."
            return fail("page", text, "Remove that header from the proxy's configuration.")
    known = {origin: page for origin, page in pages.items() if _NOTICE not in page.text}
    if not all(f"origin={quote(origin, safe='')}" in page.text for origin, page in known.items()):
        text = "A proxy drops what Salesforce appends to the address of /softphone."
        return fail("page", text, "Let the proxy pass the query string as it is.")
    missing = [o for o, page in pages.items() if o not in known or o not in _frames(page)]
    if any(missing):
        text = f"The running adapter does not let {', '.join(missing)} show the page."
        return fail(
            "page", text, "Restart it with these settings, and let the proxy pass its headers."
        )
    return ok("page", "The configured orgs may show the page.")


def _frames(page: httpx.Response) -> list[str]:
    policy = str(page.headers.get("Content-Security-Policy", ""))
    return policy.partition("frame-ancestors")[2].partition(";")[0].split()


def _webhooks(path: str, answer: httpx.Response) -> Finding:
    """The route accepts only POST, so the expected answer to a harmless GET is 405."""
    if answer.status_code == 405:
        return ok("webhooks", f"{path} exists.")
    if answer.status_code == 404:
        text = f"{path} does not exist: the running adapter has no provider configured."
        return fail("webhooks", text, "Restart it with the provider's account, token and secret.")
    text = f"{path} answers {answer.status_code} to a GET, not 405."
    return fail("webhooks", text, "Let the proxy pass that path unchanged, without a sign-in.")
