"""An Asterisk whose answers are made by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import respx

from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.rest import build_http
from tests.fakes.answers import answered_by

HAND_MADE = AsteriskAccount("http://127.0.0.1:8088", "softphone", "secret")


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Iterator[respx.MockRouter]:
    """Its REST interface."""
    with respx.mock(assert_all_called=False, using=None) as router:
        monkeypatch.setattr(aiohttp.ClientSession, "request", answered_by(router.async_handler))
        yield router


@pytest.fixture
async def client() -> AsyncIterator[AriClient]:
    """A client of it, which waits a fifth of a second for an answer."""
    made = AriClient(build_http(HAND_MADE, total_seconds=0.2), HAND_MADE)
    yield made
    await made.close()
