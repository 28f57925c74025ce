"""Salesforce as OpenID Connect provider: discovery, keys, code exchange and checks.

OpenID Connect Core 1.0 section 3.1.3.7 for the ID token, RFC 7636 for PKCE. Only RS256 is accepted.
Law of this file: claims are used only after their signature, issuer, audience, expiry and nonce
were checked, and requests go only to the identity provider's own origin.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapter.core.numbers.callerid import one_line
from adapter.core.values import mend
from adapter.orgs import Org
from adapter.outbound import SMALL, AnswerTooLong, build_client
from adapter.runtime.clock import Clock
from adapter.web.signin.secret import s256, same

log = structlog.get_logger(__name__)

LEEWAY_SECONDS = 60
DISCOVERY_MS = 3_600_000
NAME_LENGTH = 121
"""The longest name of a user in Salesforce, in characters:
https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_user.htm"""

KEYS_AGAIN_MS = 10_000
"""The shortest time between reads of the keys, which an unknown key causes."""
TIMEOUT_SECONDS = 10.0
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")


class SignInRefused(Exception):
    """The sign-in is refused; `code` is for the log and the page, the text for the agent."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True, slots=True)
class Identity:
    """The user as given by the identity provider."""

    org_id: str
    user_id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in's secrets, derived from one that only the pop-up's cookie has."""

    secret: str

    @property
    def state(self) -> str:
        """The state returned with the code, which proves that this browser began the sign-in."""
        return s256("state " + self.secret)

    @property
    def nonce(self) -> str:
        """The nonce that the ID token must repeat."""
        return s256("nonce " + self.secret)

    @property
    def verifier(self) -> str:
        """The verifier for the token endpoint (PKCE)."""
        return s256("verifier " + self.secret)


@dataclass(frozen=True, slots=True)
class _Endpoints:
    authorize: str
    token: str
    keys: str
    userinfo: str


class IdentityProvider:
    """One org's My Domain."""

    def __init__(self, org: Org, http: httpx.AsyncClient, redirect_uri: str, clock: Clock) -> None:
        self._org = org
        self._http = http
        self._redirect_uri = redirect_uri
        self._clock = clock
        self._endpoints: _Endpoints | None = None
        self._endpoints_until = 0
        self._keys = KeySet([])
        self._keys_at = -KEYS_AGAIN_MS
        self._asking = asyncio.Lock()

    async def authorize_url(self, flow: Flow) -> str:
        """The URL to send the pop-up to. Raises SignInRefused."""
        endpoints = await self._discover()
        query = {
            "response_type": "code",
            "client_id": self._org.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": s256(flow.verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoints.authorize}?{urlencode(query)}"

    async def identify(self, code: str, flow: Flow) -> Identity:
        """The identity that signed in with this code. Raises SignInRefused."""
        endpoints = await self._discover()
        tokens = await self._exchange(endpoints, code, flow)
        claims = await self._claims(str(tokens.get("id_token", "")), flow.nonce)
        bearer = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
        userinfo = await self._fetch("GET", endpoints.userinfo, headers=bearer)
        return self._identity(claims, userinfo)

    async def _discover(self) -> _Endpoints:
        now = self._clock.now()
        if self._endpoints is not None and now < self._endpoints_until:
            return self._endpoints
        config = await self._fetch("GET", f"{self._org.domain}/.well-known/openid-configuration")
        if config.get("issuer") != self._org.domain:
            raise SignInRefused("wrong-issuer", "Salesforce reported an unexpected issuer.")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
        endpoints = [self._check_own(str(config.get(name, ""))) for name in names]
        self._endpoints = _Endpoints(*endpoints)
        self._endpoints_until = now + DISCOVERY_MS
        return self._endpoints

    def _check_own(self, url: str) -> str:
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" != self._org.domain:
            raise SignInRefused(
                "foreign-endpoint", "Salesforce named an address outside its own site."
            )
        return url

    async def _exchange(self, endpoints: _Endpoints, code: str, flow: Flow) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._org.client_id,
            "code_verifier": flow.verifier,
        }
        if self._org.client_secret:
            form["client_secret"] = self._org.client_secret
        return await self._fetch("POST", endpoints.token, data=form)

    async def _claims(self, id_token: str, nonce: str) -> dict[str, Any]:
        """The ID token's checked claims; keys are read again if none fits."""
        token = self._decode(id_token)
        if token is None:
            await self._read_keys()
            token = self._decode(id_token)
        if token is None:
            raise SignInRefused("bad-signature", "Salesforce's answer is not signed with its keys.")
        checks = jwt.JWTClaimsRegistry(
            now=self._clock.now() // 1000,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._org.domain},
            aud={"essential": True, "value": self._org.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True},
        )
        try:
            checks.validate(token.claims)
        except JoseError as error:
            self._check_clock(token.claims.get("iat"))
            raise SignInRefused("bad-claim", f"Salesforce's answer is not valid: {error}") from None
        if not same(str(token.claims["nonce"]), nonce):
            raise SignInRefused("wrong-nonce", "Salesforce's answer belongs to another sign-in.")
        return token.claims

    def _check_clock(self, issued: Any) -> None:
        """Raise SignInRefused if a token that was issued just now has another time."""
        if not isinstance(issued, int):
            return
        ahead = self._clock.now() // 1000 - issued
        if abs(ahead) > LEEWAY_SECONDS:
            text = f"The softphone server's clock is {_span(abs(ahead))} "
            text += "ahead of Salesforce's." if ahead > 0 else "behind Salesforce's."
            raise SignInRefused("wrong-clock", f"{text} Ask your admin to correct it.")

    def _decode(self, id_token: str) -> jwt.Token | None:
        try:
            return jwt.decode(id_token, self._keys, algorithms=["RS256"])
        except (JoseError, ValueError, TypeError, KeyError):
            return None

    async def _read_keys(self) -> None:
        async with self._asking:
            now = self._clock.now()
            if now - self._keys_at < KEYS_AGAIN_MS:
                return
            key_set = await self._fetch("GET", (await self._discover()).keys)
            try:
                self._keys = KeySet.import_key_set(key_set)  # type: ignore[arg-type]
            except (JoseError, ValueError, TypeError, KeyError):
                raise SignInRefused("bad-keys", "Salesforce's keys cannot be read.") from None
            self._keys_at = now

    def _identity(self, claims: dict[str, Any], userinfo: dict[str, Any]) -> Identity:
        """The identity, if userinfo is about the same user, active and in our org."""
        if not same(str(userinfo.get("sub", "")), str(claims["sub"])):
            raise SignInRefused(
                "wrong-user", "The ID token and the user info name different users."
            )
        org_id, user_id = str(userinfo.get("organization_id", "")), str(userinfo.get("user_id", ""))
        if not self._org.is_called(org_id) or len(org_id) not in {15, 18}:
            text = "This softphone is not set up for your org."
            if _ORG_ID.fullmatch(org_id):
                text += f" Ask your admin to compare its id, {org_id}, with SOFTPHONE_ORG_ID."
            raise SignInRefused("wrong-org", text)
        if userinfo.get("active") is not True or not user_id.startswith("005"):
            raise SignInRefused("inactive", "Your Salesforce user is not active.")
        email = str(userinfo.get("email", "")) if userinfo.get("email_verified") is True else ""
        # Agents may write their own name, and colleagues and the board read it.
        name = one_line(mend(str(userinfo.get("name", ""))))[:NAME_LENGTH]
        # The org's id as configured, because cookies and rows use that spelling.
        return Identity(self._org.org_id, user_id, name or user_id, email)

    async def _fetch(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        """Request a JSON object. Nothing is logged, because it contains codes and tokens."""
        try:
            try:
                answer = await self._http.request(method, url, **options)
            except (httpx.RemoteProtocolError, httpx.ReadError) as lost:
                if isinstance(lost, AnswerTooLong):
                    raise
                # The server closed or reset a kept connection as the request went out. A code that
                # it has taken all the same is refused: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
                answer = await self._http.request(method, url, **options)
            body = answer.json()
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            log.warning("sign_in.unavailable", org=self._org.org_id, reason=type(error).__name__)
            raise SignInRefused("unavailable", "Salesforce does not answer. Try again.") from None
        if answer.status_code != httpx.codes.OK or not isinstance(body, dict):
            log.warning("sign_in.refused", org=self._org.org_id, status=answer.status_code)
            raise SignInRefused("refused", "Salesforce refused the sign-in. Try again.")
        return body


def _span(seconds: int) -> str:
    """A time span for a sentence: "90 seconds", "61 minutes"."""
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


def build_http(proxy: str = "") -> httpx.AsyncClient:
    """An HTTP client for Salesforce, with a deadline."""
    return build_client(TIMEOUT_SECONDS, most=SMALL, proxy=proxy)
