"""Checks the adapter's own access to Salesforce: the sign-in, and the search for Tasks.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm&type=5 lists
the error codes of a refused sign-in.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator

import httpx

from adapter.core.model import AgentKey
from adapter.doctor.callcenter import call_center_findings
from adapter.doctor.findings import Finding, about, fail, ok
from adapter.orgs import Org, Orgs
from adapter.outbound import build_client
from adapter.page.port import ReadBackFailed
from adapter.runtime.clock import Clock
from adapter.settings import Settings
from adapter.web.signin.oidc import Flow, IdentityProvider, SignInRefused

SECONDS = 10.0
NOBODY = AgentKey("00D000000000000AAA", "005000000000000AAA")
"""Nobody's Tasks are searched: the check is whether Salesforce answers."""

_ERROR = re.compile(r"error=([a-z_]+)")
_APP = "Setup → External Client App Manager → Softphone → Settings → OAuth Settings"
_TODO = {
    "invalid_client_id": f"Copy the Consumer Key from {_APP}. A new app takes ten minutes to work.",
    "redirect_uri_mismatch": f"Add the callback URL in {_APP}.",
    "invalid_scope": f"Allow the scopes id and openid in {_APP}.",
}


async def salesforce_findings(
    settings: Settings, orgs: Orgs, clock: Clock, tls: ssl.SSLContext
) -> tuple[Finding, ...]:
    """Nothing if the settings need no access to Salesforce."""
    findings: list[Finding] = []
    if settings.sign_in == "salesforce":
        proxy = settings.https_proxy.get_secret_value()
        async with build_client(SECONDS, verify=tls, proxy=proxy) as http:
            for org in orgs.all:
                callback = f"{settings.public_origin}/auth/callback"
                provider = IdentityProvider(org, http, callback, clock)
                findings += [finding async for finding in _sign_in(org, provider, http, callback)]
    for org in orgs.all:
        findings += await _read_back(org, settings)
    return tuple(findings)


async def _sign_in(
    org: Org, provider: IdentityProvider, http: httpx.AsyncClient, callback: str
) -> AsyncIterator[Finding]:
    """Check My Domain first: the app can be checked only at the right address."""
    try:
        url = await provider.authorize_url(Flow("doctor"))
    except SignInRefused as error:
        todo = (
            "Copy it from Setup → My Domain: https://….my.salesforce.com, without a trailing slash."
        )
        yield fail("My Domain", f"{org.domain or 'No address'}: {error.text}", todo)
        return
    yield ok("My Domain", f"Agents sign in at {org.domain}.")
    try:
        answer = await http.get(url)
    except httpx.HTTPError as error:
        text = f"{org.domain} did not show its sign-in page ({type(error).__name__})."
        yield fail("sign-in app", text, "Try again in a minute.")
        return
    yield _app(org, answer, callback)


def _app(org: Org, answer: httpx.Response, callback: str) -> Finding:
    reply = f"{answer.headers.get('Location', '')} {answer.text}"
    error = _ERROR.search(reply)
    if error is None and answer.status_code < 400:
        return ok("sign-in app", f"{org.domain} knows the Consumer Key and the callback URL.")
    code = error.group(1) if error else f"status {answer.status_code}"
    text = f"{org.domain} refuses the Consumer Key {org.client_id[:8]}… with {callback}: {code}."
    return fail("sign-in app", text, _TODO.get(code, f"Compare {_APP} with the settings."))


async def _read_back(org: Org, settings: Settings) -> tuple[Finding, ...]:
    """Nothing if the server does not search for the org's Tasks."""
    # Imported here because adapter/opencti may be deleted.
    from adapter.opencti.setup import finder_of  # noqa: PLC0415

    finder = finder_of(org, settings)
    if finder is None:
        found = _half_set(settings)
        return about(org.org_id, found) if settings.orgs_file is not None else found
    try:
        await finder.find(NOBODY, "doctor")
        centers = await call_center_findings(finder.rows, f"{settings.public_url}/softphone")
    except ReadBackFailed as error:
        text = f"Tasks cannot be searched at {org.domain}: {error}."
        todo = (
            "SOFTPHONE_SALESFORCE_CLIENT_ID, or client_id in [org.salesforce], needs an External"
            " Client App with the client credentials flow, the scope api, and a run-as user who"
            " can read Tasks."
        )
        return (fail("read-back", text, todo),)
    finally:
        await finder.close()
    return (ok("read-back", f"Tasks can be searched at {org.domain}."), *centers)


def _half_set(settings: Settings) -> tuple[Finding, ...]:
    """A failure if some of what a search for Tasks needs is set, and some is not."""
    secret = settings.salesforce_client_secret.get_secret_value()
    if not (settings.salesforce_client_id or secret):
        return ()
    text = "The server does not search for Tasks: of three settings that it needs, one is missing."
    todo = (
        "Set SOFTPHONE_SALESFORCE_CLIENT_ID, SOFTPHONE_SALESFORCE_CLIENT_SECRET and"
        " SOFTPHONE_SALESFORCE_URL, or neither of the first two."
    )
    return (fail("read-back", text, todo),)
