"""Hostile inputs for all that strangers reach: the verifier, parsers, numbers and the machine.

`python -m qa.fuzz --inputs 100000 --seed 1` makes that many, from broken good inputs and from
noise. It ends with a count of the outcomes, or with the input that raised an exception.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapter.core.events import Event
from adapter.core.machine import decide
from adapter.core.model import Agent, AgentKey, TelephonyUser
from adapter.core.numbers.phone import DialRules, dialable
from adapter.core.policy import Policy
from adapter.core.view import view
from adapter.page.frames import AgentMessage, agent_event, dial_event
from adapter.page.messages import BadFrame, Dial, decode
from adapter.telephony.dialstack import signing
from adapter.telephony.dialstack.wire import parse_webhook
from adapter.telephony.strictjson import Malformed
from adapter.telephony.updates import as_event

NOW = 1_760_000_000_000
SECRET = "whsec_fuzz"
KEY = AgentKey("00D000000000001", "005000000000001")

KINDS = ("initiated", "incoming", "ringing", "answered", "end", "transfer", "x")
NUMBERS = ("+15551234567", "911", "1 1 2", "٩١١", "(555) 123-4567 x204", "+8816 1234567", "204")
FRAMES: tuple[dict[str, object], ...] = (
    {"type": "dial", "request_id": "r", "number": "+15551234567", "clicked_at": 1, "sent_at": 2},
    {"type": "control", "request_id": "r", "call_id": "c0", "action": "hang_up"},
    {"type": "control", "request_id": "r", "call_id": "c0", "action": "transfer", "target": "204"},
    {"type": "wrapup", "call_id": "c0", "notes": "n", "done": True},
    {"type": "context", "record": {"id": "003000000000001", "name": "Ada"}},
    {"type": "presence", "visible": True, "focused": False},
    {"type": "hello", "ticket": "t", "page_id": "p", "journal": [{}]},
    {"type": "result", "log_id": "l", "attempt": 1, "nonce": "n", "outcome": "ok"},
)
ODD: tuple[object, ...] = (
    None, True, -1, 0, 2**63, 2**64, 1e308, -0.0, "", " ", "\x00", "\ud800", "💥" * 99, "9" * 400,
    [], {}, [[]], {"": {}}, "../../etc/passwd", "'; DROP TABLE agents; --", "<script>", "\u202e+49",
    json.loads("[" * 40 + "]" * 40),
)  # fmt: skip


@dataclass
class Fuzz:
    """One seeded run."""

    dice: random.Random
    agent: Agent = field(default_factory=lambda: Agent(KEY, TelephonyUser("acct", "user_1"), "Ada"))
    at: int = NOW
    fates: Counter[str] = field(default_factory=Counter)

    def one(self) -> None:
        """Try one input, at a random entry point."""
        target: Callable[[], str] = self.dice.choice(
            (self._signature, self._webhook, self._webhook, self._frame, self._frame, self._number)
        )
        self.at += self.dice.choice((0, 1, 500, 30_000, -10))
        self.fates[f"{target.__name__.strip('_')}: {target()}"] += 1

    def _signature(self) -> str:
        body = self._noise().encode("utf-8", "replace")
        header = self._broken(signing.header([SECRET], self.at // 1000, body))
        body += self.dice.choice((b"", b"", b" "))
        try:
            signing.verify(header, body, (SECRET,), self.at / 1000)
        except signing.BadSignature as error:
            return str(error.reason)
        return "believed"

    def _webhook(self) -> str:
        """Handle a signed random delivery, including the core's decision."""
        data: dict[str, object] = {
            "call_id": self.dice.choice(("call_0", "call_1")),
            "user_id": self.dice.choice(("user_1", "user_2", None)),
            "direction": self.dice.choice(("outbound", "inbound", "internal")),
            "from_number": self.dice.choice(NUMBERS),
            "to_number": self.dice.choice(NUMBERS),
            "duration_seconds": self.dice.randrange(100),
        }
        kind = f"call.{self.dice.choice(KINDS)}"
        sent = self._odd({"id": "evt", "type": kind, "account_id": "acct", "data": self._odd(data)})
        try:
            news = parse_webhook(self._bytes(sent), self.at).update
        except Malformed:
            return "malformed"
        if news is None:
            return "nothing"
        call_id = f"c{self.dice.randrange(3)}"
        known = self.agent.call(call_id) is not None
        event = as_event(news, at=self.at, call_id=call_id, known=known)
        self._decide(event)
        return "decided"

    def _frame(self) -> str:
        """Handle a random frame of a page, including the core's decision."""
        frame = self._odd(dict(self.dice.choice(FRAMES)))
        try:
            message = decode(self._bytes(frame).decode("utf-8", "replace"))
        except BadFrame:
            return "malformed"
        event: Event | None
        if isinstance(message, Dial):
            event = dial_event(message, self.at, f"c{self.dice.randrange(3)}")
        elif isinstance(message, AgentMessage):
            event = agent_event(message, self.at)
        else:
            return "understood"
        if event is not None:
            self._decide(event)
        return "decided"

    def _number(self) -> str:
        text = self._broken(self.dice.choice(NUMBERS))
        return type(dialable(text, DialRules(default_region="US"))).__name__.lower()

    def _decide(self, event: Event) -> None:
        self.agent = decide(self.agent, event, Policy()).agent
        json.dumps(view(self.agent, (), Policy(), {}))
        if self.dice.random() < 0.01:
            self.agent = Agent(KEY, TelephonyUser("acct", "user_1"), "Ada")

    def _odd(self, value: dict[str, object]) -> dict[str, object]:
        """The value with some of its parts replaced, removed or added."""
        odd = dict(value)
        while self.dice.random() < 0.4:
            name = self.dice.choice((*value, "extra", ""))
            if self.dice.random() < 0.2:
                odd.pop(name, None)
            else:
                odd[name] = self.dice.choice((*ODD, *NUMBERS, self._noise()))
        return odd

    def _bytes(self, value: object) -> bytes:
        """The value as JSON, sometimes broken."""
        text = json.dumps(value, ensure_ascii=self.dice.random() < 0.5)
        raw = text.encode("utf-8", "surrogatepass")
        if self.dice.random() < 0.8:
            return raw
        place, length = self.dice.randrange(len(raw) + 1), self.dice.randrange(4)
        return raw[:place] + self.dice.randbytes(length) + raw[place + self.dice.randrange(4) :]

    def _broken(self, text: str) -> str:
        """The text, in half of all cases with something inserted, removed or repeated."""
        if self.dice.random() < 0.5:
            return text
        place = self.dice.randrange(len(text) + 1)
        rest = text[place + self.dice.randrange(3) :]
        return text[:place] + self.dice.choice(("", self._noise(), text, "\x00", "٣")) + rest

    def _noise(self) -> str:
        letters = (self.dice.randrange(0x3000) for _ in range(self.dice.randrange(12)))
        return "".join(map(chr, letters))


def run(inputs: int, seed: int) -> Counter[str]:
    """Try `inputs` inputs and count the outcomes; an exception is raised."""
    fuzz = Fuzz(random.Random(seed))
    for number in range(inputs):
        try:
            fuzz.one()
        except Exception as error:
            error.add_note(f"input {number} of seed {seed}")
            raise
    return fuzz.fates


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    fates = run(options.inputs, options.seed)
    for fate, count in sorted(fates.items()):
        print(f"{count:8} {fate}")
    print(f"{fates.total():8} inputs; none raised an exception")
    return 0


if __name__ == "__main__":
    sys.exit(main())
