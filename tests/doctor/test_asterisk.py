"""An Asterisk under the doctor's eyes: what is wrong, and what to do about it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import serve

from adapter.doctor.asterisk import asterisk_findings, browser_findings
from adapter.doctor.findings import Finding, Grade
from adapter.doctor.provider import provider_findings
from adapter.orgs import Org, TelephonyAccount
from adapter.runtime.clock import SystemClock
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.port import Rejected
from qa.asterisk.bench import Bench, imitated
from qa.asterisk.standin import USER, StandIn
from tests.doctor.conftest import ORG, texts_of

ORG_ID = "00D000000000001"


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """A stand-in with ada's phone registered, and somebody who serves the application."""
    async with imitated(tmp_path) as made:
        assert isinstance(made.world, StandIn)
        made.world.phone("ada")
        made.world.exchange.served = lambda text: None
        yield made


def book(folder: Path, *users: str) -> Path:
    """A directory file."""
    path = folder / "agents.toml"
    rows = [
        f'[[agent]]\nemail = "{n}@example.com"\nprovider_user = "{u}"\n'
        for n, u in enumerate(users)
    ]
    path.write_text("".join(rows))
    return path


async def examined(
    bench: Bench, directory: Path | None = None, **options: str
) -> tuple[Finding, ...]:
    """What is found there."""
    usual = {"url": bench.world.url, "user": USER, "secret": bench.world.secret, "app": "cti"}
    account = TelephonyAccount("asterisk", "pbx", usual | {"identity": "+1555"} | options)
    org = Org(ORG_ID, (ORG,), telephony=account, directory_file=directory)
    return await asterisk_findings(org, SystemClock())


def grades(found: tuple[Finding, ...]) -> dict[str, Grade]:
    """The worst of each check."""
    order = [Grade.OK, Grade.WARN, Grade.FAIL]
    worst: dict[str, Grade] = {}
    for one in found:
        worst[one.check] = max(worst.get(one.check, Grade.OK), one.grade, key=order.index)
    return worst


async def test_a_configured_asterisk_passes(bench: Bench, tmp_path: Path) -> None:
    """It answers, we may steer, phones are registered, the log can be read."""
    cel = bench.world.cel_url
    with closing(sqlite3.connect(cel.removeprefix("sqlite:///"))) as base, base:
        base.execute("INSERT INTO cel VALUES ('ANSWER','2026-11-29 15:00:00','','','','','','','')")
    found = await examined(bench, book(tmp_path, "ada"), cel_url=cel, recording="always")
    assert set(grades(found).values()) == {Grade.OK}
    account = TelephonyAccount("asterisk", "pbx", {"url": "http://127.0.0.1:1", "user": "u"})
    (away,) = await provider_findings(Org(ORG_ID, (ORG,), telephony=account), SystemClock())
    assert away.check == "asterisk"
    assert {one.check for one in found} == {
        *("asterisk", "rights", "application", "clock", "trunk", "phones", "CDRs", "recording"),
    }


async def test_each_missing_part_has_its_message(bench: Bench, tmp_path: Path) -> None:
    """A phone that does not exist, one that is away, nobody who serves, an empty log."""
    assert isinstance(bench.world, StandIn)
    bench.world.exchange.served = None
    users = ("grace", "nobody", "a,b")
    found = await examined(
        bench,
        book(tmp_path, *users),
        cel_url=bench.world.cel_url,
        identity="",
        emergency="true",
    )
    worst = grades(found)
    assert worst["directory"] is Grade.FAIL
    assert worst["phones"] is worst["application"] is worst["CDRs"] is Grade.WARN
    assert worst["identity"] is worst["emergency"] is Grade.WARN
    assert any(
        "PJSIP/nobody, the phone of nobody" in text for _, text in texts_of(found, "directory")
    )


async def test_a_trunk_that_is_not_there_is_found_before_the_first_call(
    bench: Bench, tmp_path: Path
) -> None:
    """Where the dialplan picks it, nothing is said."""
    directory = book(tmp_path, "ada")
    found = await examined(bench, directory, outside="PJSIP/{number}@nowhere")
    assert grades(found)["trunk"] is Grade.FAIL
    found = await examined(bench, directory, outside="Local/{number}@from-internal/n")
    assert "trunk" not in grades(found)


async def test_without_a_directory_nobody_has_a_phone(bench: Bench, tmp_path: Path) -> None:
    """Or with one that cannot be read."""
    assert grades(await examined(bench))["directory"] is Grade.FAIL
    broken = tmp_path / "broken.toml"
    broken.write_text("[[agent]")
    assert grades(await examined(bench, broken))["directory"] is Grade.FAIL


async def test_an_unreadable_cel_is_reported(bench: Bench, tmp_path: Path) -> None:
    """No table, or no driver for such a database."""
    for url in (f"sqlite:///{tmp_path}/none.db", "mysql+pymysql://pbx/asteriskcdrdb"):
        assert grades(await examined(bench, cel_url=url))["CDRs"] is Grade.FAIL
    assert grades(await examined(bench))["CDRs"] is Grade.WARN


async def test_an_unreachable_port_and_a_refused_user_are_reported(bench: Bench) -> None:
    """Each has its own advice, and nothing else is asked."""
    (refused,) = await examined(bench, secret="wrong")
    assert "SOFTPHONE_ASTERISK_USER" in refused.todo
    (away,) = await examined(bench, url="http://127.0.0.1:1")
    assert "SOFTPHONE_ASTERISK_URL" in away.todo
    (wrong,) = await examined(bench, device="PJSIP/ada")
    assert "{user}" in wrong.text


async def test_a_read_only_user_and_an_old_version_are_reported(bench: Bench) -> None:
    """Nothing rings to find out."""
    assert isinstance(bench.world, StandIn)
    bench.world.read_only, bench.world.version = True, "16.28.0~dfsg"
    worst = grades(await examined(bench))
    assert worst["rights"] is Grade.FAIL
    assert worst["asterisk"] is Grade.WARN


NO_FILE = Org("00D000000000001", ("https://acme.example",))


class Client:
    """Makes what it is asked for, or may not."""

    def __init__(self, error: Rejected | None = None) -> None:
        self.asked: list[str] = []
        self._error = error

    async def configure(self, kind: str, name: str, fields: dict[str, str]) -> None:
        """Noted, or refused."""
        self.asked.append(f"make {kind} {name}")
        if self._error:
            raise self._error

    async def unconfigure(self, kind: str, name: str) -> None:
        """Noted."""
        self.asked.append(f"remove {kind} {name}")


async def phones_found(
    client: Client, account: AsteriskAccount, org: Org = NO_FILE, **how: Any
) -> Any:
    """What is found."""
    found: list[Finding] = [one async for one in browser_findings(client, account, org, **how)]  # type: ignore[arg-type]
    return found


async def test_without_browser_phones_nothing_is_checked(tmp_path: Path) -> None:
    """Nor where the directory cannot be read, which is told elsewhere; one agent is enough."""
    client, account = Client(), AsteriskAccount("http://127.0.0.1:1", "u", "s")
    book = tmp_path / "agents.toml"
    assert await phones_found(client, account) == []
    assert await phones_found(client, account, Org(NO_FILE.org_id, (), directory_file=book)) == []
    book.write_text('[[agent]]\nemail = "a@x"\nprovider_user = "ada"\nbrowser_phone = "yes"\n')
    assert await phones_found(client, account, Org(NO_FILE.org_id, (), directory_file=book)) != []


@pytest.mark.parametrize("good", [True, False])
async def test_each_missing_part_of_a_browser_phone_has_its_message(
    tmp_path: Path, good: bool
) -> None:
    """The right to make phones, a socket for SIP, the file for browsers."""
    client = Client(None if good else Rejected("http-403", "The phone system refused our user."))
    library = tmp_path / "jssip.js"
    if good:
        library.write_text("")

    async def nothing(socket: Any) -> None:
        await socket.wait_closed()

    async with serve(nothing, "127.0.0.1", 0, subprotocols=["sip"]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1] if good else 1
        account = AsteriskAccount(f"http://127.0.0.1:{port}", "u", "s", browser_phone=True)
        found = await phones_found(client, account, library=library)
    assert [one.grade for one in found] == [Grade.OK if good else Grade.FAIL] * 3
    assert client.asked[0] == "make aor softphone-doctor"
    assert ("remove aor softphone-doctor" in client.asked) is good
