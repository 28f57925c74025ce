"""Who comes in: a hello by a ticket, in time, and not too many."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapter.page import registry
from tests.scenarios.conftest import World, a_world


async def test_a_page_that_comes_in_is_known_and_shown_where_its_agent_works(world: World) -> None:
    """The first page of an agent says which surface that is."""
    page = await world.page()
    assert page.view["agent"]["surface"] == "open-cti"
    (known,) = world.app.pages.everyone()
    assert (known.surface, known.writes, known.can_save) == ("open-cti", True, True)


async def test_a_connector_of_salesforce_voice_may_not_save(world: World) -> None:
    """Whatever it offers: the backend writes there."""
    await world.page(surface="voice")
    (known,) = world.app.pages.everyone()
    assert (known.surface, known.writes, known.can_save) == ("voice", False, False)


async def test_the_directory_file_says_where_an_agent_works(tmp_path: Path) -> None:
    """Whatever page comes first: that of another product is a guest."""
    path = tmp_path / "directory.csv"
    path.write_text("email,provider_user,surface\nada@example.com,user_ada,voice\n")
    async with a_world(tmp_path, directory_file=path) as world:
        panel = await world.page()
        assert panel.view["agent"]["surface"] == "voice"
        assert [notice["code"] for notice in panel.view["notices"]] == ["other-surface"]


async def test_one_page_too_many_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And closed, with the code that keeps it from coming back at once."""
    monkeypatch.setattr(registry, "PAGES_PER_AGENT", 1)
    await world.page()
    late = world.another_page()
    await late.sign_in()
    await late.say_hello(await late.ticket())
    assert late._reader is not None
    await late._reader
    assert [frame["code"] for frame in late.heard] == ["too-many-pages"]
    assert late.close_codes == [4009]
