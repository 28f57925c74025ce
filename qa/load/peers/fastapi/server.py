# mypy: ignore-errors
"""FastAPI, SQLAlchemy async, aiosqlite: check the signature, commit each delivery durably, push.

Installed by the bench into a virtual environment of its own (var/bench/fastapi).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from sqlalchemy import event as hooks
from sqlalchemy import update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PORT, FILE, SECRET = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
PAGES: dict[str, WebSocket] = {}
# One connection: SQLite has one writer, and with several of them 32 requests at once wait for its
# lock, some of them forever. This is faster, in the peer's favor.
ENGINE = create_async_engine(f"sqlite+aiosqlite:///{FILE}", pool_size=1, max_overflow=0)
SESSIONS = async_sessionmaker(ENGINE, expire_on_commit=False)


class Base(DeclarativeBase):
    """The tables."""


class Delivery(Base):
    """The deliveries received."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[bytes]


class Agent(Base):
    """The agents' current state."""

    __tablename__ = "agents"
    id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    version: Mapped[int]


@hooks.listens_for(ENGINE.sync_engine, "connect")
def _durable(connection, _record) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


@asynccontextmanager
async def lifespan(_app):
    """Create the tables."""
    async with ENGINE.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


@app.websocket("/ws")
async def connect(socket: WebSocket, user: str) -> None:
    """Serve one page."""
    await socket.accept()
    PAGES[user] = socket
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        return


@app.post("/webhooks/dialstack")
async def receive(request: Request) -> Response:
    """Take one delivery."""
    body = await request.body()
    stamp, _, signature = request.headers["X-DialStack-Signature"].partition(",v1=")
    expected = hmac.new(SECRET, stamp[2:].encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature):
        return Response(status_code=401)
    event = json.loads(body)
    data = event["data"]
    call = {"call_id": data["call_id"], "number": data["from_number"], "type": event["type"]}
    async with SESSIONS() as session, session.begin():
        statement = insert(Delivery).values(id=event["id"], body=body).on_conflict_do_nothing()
        if (await session.execute(statement)).rowcount:
            values = {"state": json.dumps(call), "version": Agent.version + 1}
            moved = update(Agent).where(Agent.id == data["user_id"]).values(values)
            if not (await session.execute(moved)).rowcount:
                session.add(Agent(id=data["user_id"], state=json.dumps(call), version=1))
    page = PAGES.get(data["user_id"])
    if page is not None:
        shown = {"type": "view", "state": event["type"], "calls": [call]}
        await page.send_text(json.dumps(shown))
    return Response(status_code=200)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False)
