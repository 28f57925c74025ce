"""Nothing that an identity provider says is believed before it is checked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from adapter.orgs import Org
from adapter.outbound import SMALL
from adapter.web.signin.oidc import (
    DISCOVERY_MS,
    Flow,
    Identity,
    IdentityProvider,
    SignInRefused,
    build_http,
)
from tests.fakes.identity import FakeIdentity, an_identity, new_key
from tests.web.conftest import SetClock

FLOW = Flow("secret")
REDIRECT = "http://localhost/auth/callback"


@pytest.fixture
async def fake() -> AsyncIterator[FakeIdentity]:
    """A My Domain."""
    async with an_identity() as it:
        yield it


@pytest.fixture
async def provider(fake: FakeIdentity, clock: SetClock) -> AsyncIterator[IdentityProvider]:
    """Our side of it."""
    org = Org("00D000000000001", (), domain=fake.url, client_id="client")
    async with build_http() as http:
        yield IdentityProvider(org, http, REDIRECT, clock)


async def identify(provider: IdentityProvider, flow: Flow = FLOW, login: str = "ada") -> Identity:
    """Sign in there, and come back with the code."""
    async with build_http() as http:
        answer = await http.get(await provider.authorize_url(FLOW) + f"&login={login}")
    code = answer.headers["location"].split("code=")[1].split("&")[0]
    return await provider.identify(code, flow)


async def test_an_identity_has_the_normalized_org_id(provider: IdentityProvider) -> None:
    """The org's id as configured, the user's as Salesforce says, and the e-mail."""
    identity = await identify(provider)
    assert identity == Identity(
        "00D000000000001", "005000000000001AAA", "Ada Lovelace", "ada@example.com"
    )


@pytest.mark.parametrize(
    ("claim", "value", "code"),
    [
        ("iss", "https://evil.example", "bad-claim"),
        ("iss", None, "bad-claim"),
        ("aud", "another-client", "bad-claim"),
        ("aud", None, "bad-claim"),
        ("exp", 1, "bad-claim"),
        ("exp", None, "bad-claim"),
        ("exp", "soon", "bad-claim"),
        ("iat", 2**40, "wrong-clock"),
        ("nonce", "another", "wrong-nonce"),
        ("nonce", None, "bad-claim"),
        ("sub", None, "bad-claim"),
        ("sub", "somebody else", "wrong-user"),
    ],
)
async def test_each_forged_claim_is_refused(
    fake: FakeIdentity, provider: IdentityProvider, claim: str, value: object, code: str
) -> None:
    """One wrong or missing claim is enough, however good the signature."""
    fake.bend_claims = {claim: value}
    with pytest.raises(SignInRefused) as refused:
        await identify(provider)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("later_ms", "words"),
    [
        (3_600_000 * 24, "clock is 1440 minutes ahead of Salesforce's. Ask your admin"),
        (-90_000, "clock is 90 seconds behind Salesforce's. Ask your admin"),
    ],
)
async def test_a_clock_that_is_wrong_is_named(
    fake: FakeIdentity, provider: IdentityProvider, clock: SetClock, later_ms: int, words: str
) -> None:
    """A token is seconds old when it arrives, so its times give the clock away."""
    clock.stop()
    issued = clock.now() // 1000
    fake.bend_claims = {"iat": issued, "exp": issued + 120}
    clock.later = later_ms
    with pytest.raises(SignInRefused, match=words):
        await identify(provider)


async def test_a_user_of_another_org_reads_which_id_to_compare(
    fake: FakeIdentity, provider: IdentityProvider
) -> None:
    """The setting may have a wrong id; what is no id is not repeated."""
    fake.bend_userinfo = {"organization_id": "00D000000000002AAA"}
    with pytest.raises(SignInRefused, match="its id, 00D000000000002AAA, with SOFTPHONE_ORG_ID"):
        await identify(provider)
    fake.bend_userinfo = {"organization_id": "<script>"}
    with pytest.raises(SignInRefused) as refused:
        await identify(provider)
    assert "script" not in refused.value.text


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"organization_id": "00D000000000002AAA"}, "wrong-org"),
        ({"organization_id": None}, "wrong-org"),
        ({"organization_id": "00D000000000001AAAevil"}, "wrong-org"),
        ({"active": False}, "inactive"),
        ({"active": None}, "inactive"),
        ({"active": "true"}, "inactive"),
        ({"user_id": None}, "inactive"),
        ({"user_id": "003000000000001AAA"}, "inactive"),
        ({"sub": "somebody else"}, "wrong-user"),
    ],
)
async def test_only_active_users_of_the_org_get_in(
    fake: FakeIdentity, provider: IdentityProvider, said: dict[str, Any], code: str
) -> None:
    """Another org's user is refused by the org's id, a frozen one by `active`."""
    fake.bend_userinfo = said
    with pytest.raises(SignInRefused) as refused:
        await identify(provider)
    assert refused.value.code == code


async def test_an_unverified_email_matches_nobody(
    fake: FakeIdentity, provider: IdentityProvider
) -> None:
    """Else an agent could write a colleague's address into their own profile."""
    for said in (False, None, "true", 1):
        fake.bend_userinfo = {"email_verified": said}
        assert (await identify(provider)).email == ""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada\u202e\nLovelace\0 ", "Ada Lovelace"),
        ("Ada \ud800", "Ada \ufffd"),
        ("\u5b50" * 200, "\u5b50" * 121),
        ("\u202e\n", "005000000000001AAA"),
        (None, "Ada Lovelace"),
    ],
)
async def test_a_name_is_one_line_of_text_that_can_be_stored(
    fake: FakeIdentity, provider: IdentityProvider, name: str | None, shown: str
) -> None:
    """Agents may write their own in Salesforce, and colleagues read it on the board."""
    fake.bend_userinfo = {"name": name} if name else {}
    assert (await identify(provider)).name == shown


async def test_a_foreign_key_is_refused_under_a_known_name(
    fake: FakeIdentity, provider: IdentityProvider
) -> None:
    """The key id is only a hint."""
    fake.signing_key = new_key()
    with pytest.raises(SignInRefused, match="bad-signature"):
        await identify(provider)


def forged(fake: FakeIdentity, algorithm: str) -> str:
    """A token with all the right claims, "signed" by somebody who knows only what is public."""
    header, claims, _ = fake.id_token("ada", FLOW.nonce).split(".")
    plain = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "kid": fake.key.kid}).encode())
    header = plain.rstrip(b"=").decode()
    if algorithm == "none":
        return f"{header}.{claims}."
    public = fake.key.as_pem(private=False)
    digest = hmac.new(public, f"{header}.{claims}".encode(), hashlib.sha256).digest()
    return f"{header}.{claims}." + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_an_unkeyed_signature_is_refused(
    fake: FakeIdentity, provider: IdentityProvider, algorithm: str
) -> None:
    """No signature, and one with the public key for a shared secret."""
    token = forged(fake, algorithm)
    fake.id_token = lambda login, nonce: token  # type: ignore[method-assign]
    with pytest.raises(SignInRefused, match="bad-signature"):
        await identify(provider)


@pytest.mark.parametrize(
    ("name", "value"),
    [("sub", "somebody else"), ("exp", 2**33), ("nonce", FLOW.nonce), ("aud", ["client"])],
)
async def test_a_token_that_was_edited_after_signing_is_refused(
    fake: FakeIdentity, provider: IdentityProvider, name: str, value: object
) -> None:
    """Whatever was changed, be it to what is expected: another flow's token, an old one."""
    header, claims, signature = fake.id_token("ada", "another flow's").split(".")
    edited = {**json.loads(base64.urlsafe_b64decode(claims + "==")), name: value}
    body = base64.urlsafe_b64encode(json.dumps(edited).encode()).rstrip(b"=").decode()
    fake.id_token = lambda login, nonce: f"{header}.{body}.{signature}"  # type: ignore[method-assign]
    with pytest.raises(SignInRefused, match="bad-signature"):
        await identify(provider)


TOKEN, KEYS, USERINFO = "/services/oauth2/token", "/id/keys", "/services/oauth2/userinfo"


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        (TOKEN, (200, {}, "[]"), "refused"),
        (TOKEN, (200, {}, "{"), "unavailable"),
        (TOKEN, (200, {}, "[" * 100_000), "unavailable"),
        (TOKEN, (200, {}, "{}"), "bad-signature"),
        (TOKEN, (200, {}, '{"id_token": {"a": 1}}'), "bad-signature"),
        (TOKEN, (200, {}, f'{{"x": "{"x" * SMALL}"}}'), "unavailable"),
        (TOKEN, (500, {}, "{}"), "refused"),
        (KEYS, (200, {}, '{"keys": [{"kty": "RSA"}]}'), "bad-keys"),
        (KEYS, (200, {}, '{"keys": 7}'), "bad-keys"),
        (KEYS, (200, {}, '{"keys": []}'), "bad-keys"),
        (USERINFO, (401, {}, "{}"), "refused"),
        (USERINFO, (200, {}, "{}"), "wrong-user"),
    ],
)
async def test_an_invalid_answer_lets_nobody_in(
    fake: FakeIdentity,
    provider: IdentityProvider,
    path: str,
    answer: tuple[int, dict[str, str], str],
    code: str,
) -> None:
    """Of no shape, too large, refused: a reason each time, never an error of ours."""
    fake.instead[path] = answer
    with pytest.raises(SignInRefused) as refused:
        await identify(provider)
    assert refused.value.code == code


@pytest.mark.parametrize("path", [TOKEN, KEYS, USERINFO])
async def test_redirects_are_refused(
    fake: FakeIdentity, provider: IdentityProvider, path: str
) -> None:
    """A redirect is refused: codes, secrets and tokens stay with Salesforce."""
    fake.instead[path] = (307, {"Location": f"{fake.url}/elsewhere"}, "{}")
    with pytest.raises(SignInRefused, match="refused"):
        await identify(provider)
    assert "/elsewhere" not in fake.asked


async def test_a_rotated_key_is_found(
    fake: FakeIdentity, provider: IdentityProvider, clock: SetClock
) -> None:
    """Keys are read anew for a key that is unknown, but not at everybody's whim."""
    await identify(provider)
    await identify(provider, login="grace")
    assert fake.asked.count("/id/keys") == 1
    fake.rotate()
    with pytest.raises(SignInRefused, match="bad-signature"):
        await identify(provider)
    clock.later = 20_000
    assert (await identify(provider)).user_id == "005000000000001AAA"
    assert fake.asked.count("/id/keys") == 2


@asynccontextmanager
async def closing_kept_connections(
    answer: dict[str, object], *, by_reset: bool
) -> AsyncIterator[list[int]]:
    """A server that answers once on each connection, and closes it at the next request."""
    requests: list[int] = []
    served: list[asyncio.Future[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = json.dumps(answer).encode()
        await reader.readuntil(b"\r\n\r\n")
        requests.append(1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            requests.append(2)
        if by_reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.close()
        await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.ensure_future(serve(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    answer["issuer"] = f"http://{host}:{port}"
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        answer[name] = f"http://{host}:{port}/{name}"
    async with server:
        yield requests
        await asyncio.gather(*served)


@pytest.mark.parametrize("by_reset", [False, True])
async def test_a_kept_connection_that_closes_costs_no_sign_in(
    clock: SetClock, by_reset: bool
) -> None:
    """A load balancer closes idle connections, sometimes just as the next request goes out."""
    config: dict[str, object] = {}
    async with (
        closing_kept_connections(config, by_reset=by_reset) as requests,
        build_http() as http,
    ):
        org = Org("00D000000000001", (), domain=str(config["issuer"]), client_id="client")
        provider = IdentityProvider(org, http, REDIRECT, clock)
        await provider.authorize_url(FLOW)
        clock.later = DISCOVERY_MS
        assert (await provider.authorize_url(FLOW)).startswith(f"{config['issuer']}/")
    assert requests == [1, 2, 1]


async def test_another_flows_verifier_gets_no_token(provider: IdentityProvider) -> None:
    """PKCE: the code alone is worth nothing."""
    with pytest.raises(SignInRefused, match="refused"):
        await identify(provider, Flow("another secret"))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"issuer": "https://evil.example"}, "wrong-issuer"),
        ({"issuer": None}, "wrong-issuer"),
        ({"token_endpoint": "https://evil.example/token"}, "foreign-endpoint"),
        ({"jwks_uri": "http://169.254.169.254/keys"}, "foreign-endpoint"),
        ({"userinfo_endpoint": None}, "foreign-endpoint"),
        ({"authorization_endpoint": "file:///etc/passwd"}, "foreign-endpoint"),
    ],
)
async def test_the_issuer_is_contacted_only_at_its_own_origin(
    fake: FakeIdentity, provider: IdentityProvider, said: dict[str, Any], code: str
) -> None:
    """A discovery document that points elsewhere is not followed."""
    fake.bend_discovery = said
    with pytest.raises(SignInRefused) as refused:
        await provider.authorize_url(FLOW)
    assert refused.value.code == code


async def test_an_unresponsive_issuer_lets_nobody_in(clock: SetClock) -> None:
    """And says so, to try again."""
    org = Org("00D000000000001", (), domain="http://127.0.0.1:9", client_id="client")
    async with build_http() as http:
        with pytest.raises(SignInRefused, match="unavailable"):
            await IdentityProvider(org, http, REDIRECT, clock).authorize_url(FLOW)


def test_the_secrets_of_a_flow_reveal_nothing_about_each_other() -> None:
    """State and nonce travel in addresses; the verifier must not follow from them."""
    assert len({FLOW.secret, FLOW.state, FLOW.nonce, FLOW.verifier}) == 4
    assert all(len(part) == 43 for part in (FLOW.state, FLOW.nonce, FLOW.verifier))
