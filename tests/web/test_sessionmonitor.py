"""Sockets end with their sign-in, also when it ended elsewhere or by itself."""

from __future__ import annotations

from adapter.storage.port import StorageError
from adapter.web.signin.sessions import IDLE_MS, SESSION_MS
from tests.scenarios.conftest import World
from tests.web.conftest import SetClock


async def test_a_connected_page_keeps_its_session_alive(world: World, clock: SetClock) -> None:
    """Hours without a click are no idleness: the page that drops may come back."""
    page = await world.page()
    for _ in range(5):
        clock.later += IDLE_MS // 2
        await world.app.watch.look()
    assert page.close_codes == []
    assert await page.ticket()


async def test_an_expired_session_ends_its_sockets(world: World, clock: SetClock) -> None:
    """4003 at the next look after twelve hours."""
    page = await world.page()
    clock.later = SESSION_MS
    await world.app.watch.look()
    assert await page.until_closed() == 4003


async def test_a_sign_out_at_another_replica_is_found(world: World) -> None:
    """The store no longer has the session: only its own page goes."""
    page, other = await world.page(), await world.page("grace")
    (session,) = {p.session for p in world.app.pages.everyone()} - {
        p.session for p in world.app.pages.everyone() if p.page_id == other.page_id
    }
    kept = await world.app.watch.sessions.keep(session)
    assert kept is not None
    await world.app.watch.sessions.store.drop_sessions(kept.agent)
    await world.app.watch.look()
    assert await page.until_closed() == 4003
    assert other.close_codes == []


async def test_a_hint_checks_only_that_agents_sign_ins(world: World) -> None:
    """Two agents' sessions are gone from the store; the one that is hinted goes at once."""
    page, other = await world.page(), await world.page("grace")
    keys = {p.page_id: p.key for p in world.app.pages.everyone()}
    for key in keys.values():
        await world.app.watch.sessions.store.drop_sessions(key)
    world.app.watch.hinted(keys[page.page_id], 0)
    assert await page.until_closed() == 4003
    assert other.close_codes == []


async def test_a_failed_check_is_repeated(world: World) -> None:
    """A bug of one look must not leave those signed out elsewhere connected for ever."""
    page, watch = await world.page(), world.app.watch
    (key,) = {p.key for p in world.app.pages.everyone()}
    await watch.sessions.store.drop_sessions(key)
    look, failures = watch.look, [ZeroDivisionError("a bug"), StorageError("away")]

    async def odd() -> None:
        if failures:
            raise failures.pop()
        await look()

    watch.look = odd  # type: ignore[method-assign]
    watch.seconds = 0.01
    world.app.tasks.start("watch", watch.run(), endless=True)
    assert await page.until_closed() == 4003
