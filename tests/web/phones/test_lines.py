"""Which page has an agent's phone: the last one, at whichever replica."""

from __future__ import annotations

from typing import Any

from adapter.core.model import AgentKey
from adapter.fanout.local import LocalHints
from adapter.telephony.port import Rejected
from adapter.web.phones.lines import SIGNED_OUT, TAKEN, PhoneLine, PhoneLines

ADA, GRACE = AgentKey("00D1", "005ada"), AgentKey("00D1", "005grace")


class Outbox:
    """Remembers why it was closed."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def close(self, code: int, reason: str) -> None:
        """Noted."""
        self.codes.append(code)


class Phones:
    """Remembers what it was asked."""

    def __init__(self, error: Rejected | None = None) -> None:
        self.closed: list[bool] = []
        self.comforted: list[str] = []
        self.error = error

    async def comfort(self, user: str) -> None:
        """Noted, or refused."""
        self.comforted.append(user)
        if self.error is not None:
            raise self.error

    async def close_phone(self, user: str, *, unused: bool = False) -> None:
        """Noted, or refused."""
        self.closed.append(unused)
        if self.error is not None:
            raise self.error


def a_line(
    key: AgentKey = ADA, session: str = "s1", phones: Any = None
) -> tuple[PhoneLine, Outbox]:
    """A phone, and what became of its socket."""
    outbox: Any = Outbox()
    maker: Any = phones or Phones()
    return PhoneLine(key, session, outbox, maker, "ada"), outbox


def test_the_last_of_an_agents_phones_stays() -> None:
    """Another agent's is left alone, and the old one's goodbye changes nothing."""
    lines = PhoneLines(LocalHints())
    (first, gone), (second, stays), (other, others) = a_line(), a_line(), a_line(GRACE)
    for line in (other, first, second):
        lines.add(line)
    lines.remove(first)
    assert (gone.codes, stays.codes, others.codes) == ([TAKEN], [], [])
    assert lines.everyone() == [other, second]


def test_a_phone_at_another_replica_ends_the_one_here() -> None:
    """Two processes share their hints; one's own hint ends nobody."""
    hints = LocalHints()
    here, there = PhoneLines(hints), PhoneLines(hints)
    (mine, gone), (theirs, stays) = a_line(), a_line()
    here.add(mine)
    there.add(theirs)
    assert (gone.codes, stays.codes) == ([TAKEN], [])
    hints.publish(ADA, 7)
    assert stays.codes == []


def test_a_sign_out_ends_the_phones_of_that_sign_in() -> None:
    """One sign-in's; the other agent's stay."""
    lines = PhoneLines(LocalHints())
    (mine, gone), (other, stays) = a_line(), a_line(GRACE, "s2")
    lines.add(mine)
    lines.add(other)
    lines.sign_out("s1")
    assert (gone.codes, stays.codes, mine.signed_out) == ([SIGNED_OUT], [], True)
    assert lines.sign_ins(GRACE) == {"s2"}
    lines.sign_out("s2")
    assert lines.sign_ins(AgentKey("00D1", "nobody")) == set()
    assert stays.codes == [SIGNED_OUT]


async def test_a_returned_phone_is_not_removed() -> None:
    """One that is not is, and a provider that fails is told of and no more."""
    lines, phones = PhoneLines(LocalHints()), Phones(Rejected("x", "no"))
    line, _ = a_line(phones=phones)
    await lines.take_away(line, 0.0)
    await lines.take_away(line, 0.001)
    lines.add(line)
    await lines.take_away(line, 0.001)
    assert phones.closed == [False, True]
    assert phones.comforted == ["ada"], "music for whom a page leaves without a word"
