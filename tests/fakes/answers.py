"""Answers for aiohttp's client that respx makes up, so that both clients' tests read alike."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
import httpx
from yarl import URL

Asked = Callable[..., AbstractAsyncContextManager["Answer"]]


class Body(NamedTuple):
    """What an answer brings."""

    whole: bytes

    async def iter_any(self) -> AsyncIterator[bytes]:
        """All of it."""
        yield self.whole


class Answer(NamedTuple):
    """As much of an answer as our client reads."""

    status: int
    reason: str
    headers: Mapping[str, str]
    content: Body


def answered_by(handler: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> Asked:
    """Stand in for `aiohttp.ClientSession.request`."""

    @asynccontextmanager
    async def request(
        session: aiohttp.ClientSession,
        method: str,
        url: URL,
        *,
        data: bytes | None,
        headers: Mapping[str, str] | None,
        **_: Any,
    ) -> AsyncIterator[Answer]:
        told = {**session.headers, **(headers or {})}
        answer = await handler(httpx.Request(method, str(url), headers=told, content=data))
        body = await answer.aread()
        yield Answer(answer.status_code, answer.reason_phrase, answer.headers, Body(body))

    return request
