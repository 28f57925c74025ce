"""Sign-in with Salesforce, in a pop-up beside the cross-site iframe.

iframe: opens /auth/start with the challenge of a secret that stays in the iframe
pop-up: Salesforce → /auth/callback → a code of eight letters for one use within a minute
iframe: gets the code by postMessage (or the agent types it), redeems it with its secret

A code is useless without the iframe's secret, so an overheard code cannot be used, and nobody can
sign an agent in as somebody else. Only our own window may begin a sign-in: with a stranger's link,
the agent could read out a code that fits the stranger's challenge.

Only failures count against an address's limit, because an office shares one and signs in at nine.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from html import escape
from typing import Any

import structlog
from aiohttp import web

from adapter.core.model import AgentKey
from adapter.orgs import Org, Orgs
from adapter.runtime.clock import Clock
from adapter.tenants import SignIn, Tenants
from adapter.web.http.address import NO_PROXIES, Proxies, address_of
from adapter.web.http.middleware import failure
from adapter.web.http.throttle import Throttle
from adapter.web.signin.login import Login, read_object
from adapter.web.signin.oidc import Flow, Identity, SignInRefused
from adapter.web.signin.onetimetokens import OneTimeTokens
from adapter.web.signin.secret import s256, same

log = structlog.get_logger(__name__)

FLOW_MS = 600_000
"""How long the agent may take at Salesforce, second factor included."""
CODE_MS = 60_000
CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8
FLOW_COOKIE = "__Host-softphone-flow-"

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")


@dataclass(eq=False, repr=False, kw_only=True)
class SalesforceLogin:
    """The pop-up's endpoints, and the one that redeems its code."""

    login: Login
    orgs: Orgs
    tenants: Tenants[Any]
    once: OneTimeTokens
    clock: Clock
    tries: Throttle
    flows: Throttle
    proxies: Proxies = NO_PROXIES

    async def start(self, request: web.Request) -> web.Response:
        """GET /auth/start?origin=…&challenge=…&org=…: redirect to the org's sign-in page."""
        if not _is_opened_by_us(request):
            log.warning("sign_in.foreign_start", site=request.headers.get("Sec-Fetch-Site", ""))
            return _page("Open the softphone in Salesforce and sign in from there.", status=403)
        org = self._org_of(request)
        challenge = request.query.get("challenge", "")
        if org is None or not _CHALLENGE.match(challenge):
            return _page("Open the softphone in Salesforce and sign in from there.", status=400)
        if not self.flows.allows(address_of(request, self.proxies)):
            return _page("Too many sign-ins. Wait a minute, then try again.", status=429)
        flow = Flow(self.clock.nonce() + self.clock.nonce())
        try:
            url = await self._provider_of(org).authorize_url(flow)
        except SignInRefused as error:
            return _refusal_page(org, error)
        key = AgentKey(org.org_id, "")
        await self.once.put("flow", flow.secret, key, FLOW_MS, challenge=challenge)
        response = web.Response(status=302, headers={"Location": url, "Cache-Control": "no-store"})
        _set_flow_cookie(response, flow, flow.secret, FLOW_MS // 1000)
        return response

    def _provider_of(self, org: Org) -> SignIn:
        tenant = self.tenants.of_org(org.org_id)
        if tenant is None or tenant.identity is None:
            raise SignInRefused("wrong-org", "This softphone is not set up for your org.")
        return tenant.identity

    def _org_of(self, request: web.Request) -> Org | None:
        """The org that embeds the panel; the board, which none embeds, names one of several."""
        origin = request.query.get("origin", "")
        if not self.login.is_own(origin):
            return self.orgs.of_origin(origin)
        return self.orgs.named(request.query.get("org", ""))

    async def callback(self, request: web.Request) -> web.Response:
        """GET /auth/callback?state=…&code=…: the agent returns from Salesforce."""
        state = request.query.get("state", "")
        flow = Flow(request.cookies.get(_cookie_name(state), ""))
        if not flow.secret or not same(flow.state, state):
            log.warning("sign_in.wrong_state")
            return _page("This sign-in was not started in this browser. Try again.", status=400)
        taken = await self.once.take("flow", flow.secret)
        org = self.orgs.of_id(taken[0].org_id) if taken else None
        if taken is None or org is None:
            return _page("This sign-in has expired. Try again.", status=400)
        try:
            if "error" in request.query:
                raise _denied(request.query["error"])
            code = request.query.get("code", "")
            identity: Identity = await self._provider_of(org).identify(code, flow)
        except SignInRefused as error:
            response = _refusal_page(org, error)
        else:
            self.flows.give_back(address_of(request, self.proxies))
            code = await self._code_for(identity, taken[1]["challenge"])
            response = _page(code=code, who=identity.name, org=org)
        _set_flow_cookie(response, flow, "", 0)
        return response

    async def redeem(self, request: web.Request) -> web.Response:
        """POST /auth/redeem {code, verifier, cookies}: sign the iframe in."""
        self.login.demand_own(request)
        address = address_of(request, self.proxies)
        if not self.tries.allows(address):
            text = "Too many codes were entered. Wait a minute, then sign in again."
            return failure(429, "too-many", text, **{"Retry-After": "60"})
        body = await read_object(request, code=str, verifier=str, cookies=bool)
        code = re.sub(r"[\s-]", "", body.get("code", "")).upper()
        row = await self.once.take("code", code)
        if row is None:
            return failure(401, "wrong-code", "This code is wrong, used or expired. Sign in again.")
        key, values = row
        if not same(s256(body.get("verifier", "")), values["challenge"]):
            log.warning("sign_in.stolen_code", agent=str(key))
            return failure(401, "wrong-code", "This code was made for another window.")
        self.tries.give_back(address)
        bearer = body.get("cookies") is False
        return await self.login.signed_in(
            request, key, values["name"], values["email"], bearer=bearer
        )

    async def _code_for(self, identity: Identity, challenge: str) -> str:
        random = hashlib.sha256(self.clock.nonce().encode()).digest()
        code = "".join(CODE_LETTERS[byte % 32] for byte in random[:CODE_LENGTH])
        key = AgentKey(identity.org_id, identity.user_id)
        values = {"name": identity.name, "email": identity.email, "challenge": challenge}
        await self.once.put("code", code, key, CODE_MS, **values)
        return code


def _is_opened_by_us(request: web.Request) -> bool:
    """Whether one of our pages opened this in a window.

    Browsers report it, also for pop-ups of a cross-site frame; a link, an image or another site's
    script cannot fake it (https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header).
    """
    headers = request.headers
    return (
        headers.getall("Sec-Fetch-Site", []) == ["same-origin"]
        and headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
        and headers.get("Sec-Fetch-Dest", "document") == "document"
    )


def _cookie_name(state: str) -> str:
    """One cookie per sign-in, because two orgs may be signed in to at the same time."""
    return FLOW_COOKIE + re.sub(r"[^A-Za-z0-9]", "", state)[:16]


def _set_flow_cookie(response: web.Response, flow: Flow, value: str, max_age: int) -> None:
    """The pop-up's cookie: Lax, so it is sent when Salesforce redirects back."""
    name = _cookie_name(flow.state)
    cookie = f"{name}={value}; Max-Age={max_age}; Path=/; Secure; HttpOnly; SameSite=Lax"
    response.headers.add("Set-Cookie", cookie)


def _denied(error: str) -> SignInRefused:
    """The agent said no, or Salesforce did: usually because a permission set is missing.

    https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm&type=5
    """
    if error.replace("-", "_") == "access_denied":
        return SignInRefused("denied", "You did not sign in. Close this window.")
    named = f" ({error})" if re.fullmatch(r"\w{1,64}", error, re.ASCII) else ""
    text = f"Salesforce did not let you use the softphone{named}. Ask your admin to assign you the "
    return SignInRefused("not-approved", text + "permission set Softphone Agent.")


def _refusal_page(org: Org, error: SignInRefused) -> web.Response:
    log.warning("sign_in.refused", org=org.org_id, reason=error.code)
    return _page(error.text, status=502 if error.code == "unavailable" else 403)


def _page(
    text: str = "", *, code: str = "", who: str = "", org: Org | None = None, status: int = 200
) -> web.Response:
    """The pop-up's page: a code to pass on or type, or the reason why there is none.

    The page warns that whoever began this sign-in and gets the code dials as the named agent.
    """
    shown = f"{code[:4]}-{code[4:]}" if code else ""
    words = "Type this code into the softphone and nowhere else:" if code else text
    warning = ""
    if org is not None:
        panels = " or ".join(org.origins) or "your company"
        warning = (
            f"With it, the softphone of {panels} calls and writes as {who}. Nobody else needs "
            "this code. If somebody asks you for it, do not share it, and close this window."
        )
    return web.Response(
        text=PAGE.format(
            words=escape(words), code=escape(code), shown=escape(shown), warning=escape(warning)
        ),
        status=status,
        content_type="text/html",
        headers={"Cache-Control": "no-store", "Content-Security-Policy": POPUP_POLICY},
    )


POPUP_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Softphone sign-in</title>
<link rel="stylesheet" href="/softphone/tokens.css">
<link rel="stylesheet" href="/softphone/panel.css">
</head>
<body class="popup">
<main class="screen">
<p>{words}</p>
<p class="code"><output id="code" data-code="{code}">{shown}</output></p>
<p>{warning}</p>
</main>
<script type="module" src="/softphone/handover.js"></script>
</body>
</html>
"""
