"""Cookies, sessions, tickets: who is let in, for how long, and what nobody ever reads."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from adapter.core.model import AgentKey
from adapter.orgs import DEV_ORG
from adapter.storage.open import open_store
from adapter.storage.port import Session
from adapter.web.signin.secret import token_hash
from adapter.web.signin.sessions import IDLE_MS, SESSION_MS, TOUCH_MS, Sessions, cookie_name
from tests.fakes.page import FakePage
from tests.scenarios.conftest import World
from tests.web.conftest import SetClock


@pytest.fixture
async def page(world: World) -> FakePage:
    """A page that has signed in, without a socket."""
    signed_in = FakePage(world.url, "ada", world.salesforce)
    await signed_in.sign_in()
    return signed_in


async def test_the_cookie_survives_a_foreign_frame_and_no_script_reads_it(world: World) -> None:
    """Each attribute by name: host-bound, partitioned, of one org, as long as the session."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/auth/dev", json={"name": "Ada"}, headers={"Origin": world.url})
    name, *rest = answer.headers["set-cookie"].split("; ")
    assert name.startswith(f"__Host-softphone-{DEV_ORG}=")
    assert sorted(rest) == [
        "HttpOnly",
        f"Max-Age={SESSION_MS // 1000}",
        "Partitioned",
        "Path=/",
        "SameSite=None",
        "Secure",
    ]
    user = answer.json()["user"]
    assert (user["org_id"], user["name"]) == (DEV_ORG, "Ada")
    assert len(user["user_id"]) == 15


async def test_only_cookies_of_configured_orgs_are_read(
    world: World, page: FakePage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request with hundreds of them costs no more than one."""
    asked: list[str] = []
    keep = Sessions.keep

    async def counted(sessions: Sessions, hashed: str) -> object:
        asked.append(hashed)
        return await keep(sessions, hashed)

    monkeypatch.setattr(Sessions, "keep", counted)
    others = [f"__Host-softphone-{n:0>15}=x" for n in range(60)]
    others += [f"__Host-softphone-flow-{n}=x" for n in range(60)]
    headers = {"Origin": world.url, "Cookie": "; ".join([*others, page.cookie])}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/api/ws-ticket", json={}, headers=headers)
    assert answer.status_code == 200
    assert len(asked) == 1


async def test_stored_session_data_lets_nobody_in(
    world: World, page: FakePage, tmp_path: object
) -> None:
    """The store has the secret's hash; a copy of it is no cookie."""
    token = page.cookie.partition("=")[2]
    page.cookie = f"{cookie_name(DEV_ORG)}={token_hash(token)}"
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


@pytest.mark.parametrize("name", ["", " ", "a" * 65, "<script>", "a\nb", "ada@example.com"])
async def test_an_invalid_name_is_refused_with_a_message(world: World, name: str) -> None:
    """400 with what to type instead."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url}
        answer = await http.post("/auth/dev", json={"name": name}, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad-name"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 30_000, b'{"name": 5e999}'])
async def test_a_missing_body_is_refused_too(world: World, body: bytes) -> None:
    """Never a 500."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/auth/dev", content=body, headers={"Origin": world.url})
    assert answer.status_code in {200, 400}


@pytest.mark.parametrize("path", ["/auth/dev", "/auth/sign-out", "/api/ws-ticket"])
@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_another_sites_page_may_do_nothing(
    world: World, page: FakePage, path: str, origin: str | None
) -> None:
    """403, even with the cookie; and the session lives on."""
    headers = {"Cookie": page.cookie, **({"Origin": origin} if origin else {})}
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post(path, json={"name": "mallory"}, headers=headers)
    assert answer.status_code == 403
    assert await page.ticket()


async def test_without_a_cookie_there_is_no_ticket(world: World, page: FakePage) -> None:
    """401, which tells the page to show the sign-in."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        answer = await http.post("/api/ws-ticket", headers={"Origin": world.url})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signed-out")


async def test_a_cookie_under_another_orgs_name_is_ignored(page: FakePage) -> None:
    """The cookie's name and its session's org must agree."""
    page.cookie = f"{cookie_name('00D000000000XYZ')}={page.cookie.partition('=')[2]}"
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


async def test_a_session_that_nobody_uses_ends_after_an_hour(
    page: FakePage, clock: SetClock
) -> None:
    """Idle: still good at the hour, gone just after."""
    clock.later = IDLE_MS + 60_000
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


async def test_a_session_in_use_lives_for_twelve_hours_and_no_longer(
    page: FakePage, clock: SetClock
) -> None:
    """Each use moves the idle end, nothing moves the absolute one."""
    while clock.later + IDLE_MS // 2 < SESSION_MS:
        clock.later += IDLE_MS // 2
        assert await page.ticket()
    clock.later = SESSION_MS
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


async def test_signing_out_takes_the_cookie_away(world: World, page: FakePage) -> None:
    """204, a cookie that ends at once, and the old one is worth nothing."""
    async with httpx.AsyncClient(base_url=world.url, trust_env=False) as http:
        headers = {"Origin": world.url, "Cookie": page.cookie}
        answer = await http.post("/auth/sign-out", headers=headers)
        again = await http.post("/auth/sign-out", headers=headers)
    assert (answer.status_code, again.status_code) == (204, 204)
    told = SimpleCookie(answer.headers["set-cookie"].replace("; Partitioned", ""))
    assert [(c.value, c["max-age"]) for c in told.values()] == [("", "0")]
    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await page.ticket()


async def test_a_session_is_marked_as_used_now_and_then(
    world: World, page: FakePage, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A storm of tickets must not be a storm of writes: at most one mark in five minutes."""
    from adapter.storage.sqlstore import SqlStore

    puts: list[str] = []
    real = SqlStore.update_session

    async def counted(self: SqlStore, session: Session) -> bool:
        puts.append(session.token_hash)
        return await real(self, session)

    monkeypatch.setattr(SqlStore, "update_session", counted)
    own = token_hash(page.cookie.partition("=")[2])
    await page.ticket()
    assert puts.count(own) == 0
    clock.later = TOUCH_MS
    await page.ticket()
    await page.ticket()
    assert puts.count(own) == 1


async def test_a_session_that_ends_while_it_is_marked_stays_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sign-out everywhere, perhaps because of a thief, comes between the reading and the mark."""
    clock = SetClock()
    store = await open_store(f"sqlite:///{tmp_path}/sessions.db", clock_ms=clock.now)
    sessions, key = Sessions(store, clock), AgentKey(DEV_ORG, "005000000000009")
    session, token = await sessions.begin(key, "Zoe", "zoe@example.com")
    clock.later = TOUCH_MS
    read = store.session

    async def read_just_before_the_sign_out(hashed: str) -> Session | None:
        found = await read(hashed)
        await sessions.end_all(key)
        return found

    monkeypatch.setattr(store, "session", read_just_before_the_sign_out)
    assert await sessions.keep(token_hash(token)) is None
    assert await read(session.token_hash) is None
    await store.close()


async def test_a_name_with_half_an_emoji_is_repaired_before_it_is_stored(tmp_path: Path) -> None:
    """Whatever identity provider it came from."""
    clock = SetClock()
    store = await open_store(f"sqlite:///{tmp_path}/sessions.db", clock_ms=clock.now)
    nobody: Callable[[object], None] = lambda _: None  # noqa: E731
    sessions = Sessions(store, clock, nobody, nobody, nobody)
    key = AgentKey(DEV_ORG, "005000000000009")
    session, token = await sessions.begin(key, "Zoe \ud83d", "zoe@example.com")
    assert await store.session(token_hash(token)) == session
    assert session.name == "Zoe �"
    await store.close()
