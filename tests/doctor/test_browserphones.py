"""What keeps a panel from being a telephone, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import serve

from adapter.doctor.browserphones import browser_findings
from adapter.doctor.findings import Finding, Grade
from adapter.orgs import Org
from adapter.telephony.asterisk.account import AsteriskAccount
from adapter.telephony.port import Rejected

ORG = Org("00D000000000001", ("https://acme.example",))


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


async def examined(client: Client, account: AsteriskAccount, org: Org = ORG, **how: Any) -> Any:
    """What is found."""
    found: list[Finding] = [one async for one in browser_findings(client, account, org, **how)]  # type: ignore[arg-type]
    return found


async def test_without_browser_phones_nothing_is_checked(tmp_path: Path) -> None:
    """Nor where the directory cannot be read, which is told elsewhere; one agent is enough."""
    client, account = Client(), AsteriskAccount("http://127.0.0.1:1", "u", "s")
    book = tmp_path / "agents.toml"
    assert await examined(client, account) == []
    assert await examined(client, account, Org(ORG.org_id, (), directory_file=book)) == []
    book.write_text('[[agent]]\nemail = "a@x"\nprovider_user = "ada"\nbrowser_phone = "yes"\n')
    assert await examined(client, account, Org(ORG.org_id, (), directory_file=book)) != []


@pytest.mark.parametrize("good", [True, False])
async def test_each_missing_part_has_its_message(tmp_path: Path, good: bool) -> None:
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
        found = await examined(client, account, library=library)
    assert [one.grade for one in found] == [Grade.OK if good else Grade.FAIL] * 3
    assert client.asked[0] == "make aor softphone-doctor"
    assert ("remove aor softphone-doctor" in client.asked) is good
