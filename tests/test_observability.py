"""Logs: what may be read in them, and what may not."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import stamina
import structlog
from aiohttp.http_exceptions import InvalidHeader
from hypothesis import given
from hypothesis import strategies as st
from structlog.contextvars import bound_contextvars

from adapter import observability
from adapter.core.numbers.phone import DialKind
from adapter.observability import FOREIGN_PER_MINUTE, Masker, iso_time, set_up

MASK = Masker("key")
NUMBER = "+14155550167"
HASHED = MASK.number(NUMBER)


def masked(**line: Any) -> dict[str, Any]:
    """One line after the masker."""
    return dict(MASK(None, "info", line))


# --- numbers ----------------------------------------------------------------------------------


def test_a_number_keeps_its_end_and_a_hash_to_join_by() -> None:
    """The same number has the same hash under the same key, and another under another."""
    assert HASHED.startswith("…67#")
    assert len(HASHED) == len("…67#") + 8
    assert MASK.number(NUMBER) == HASHED != Masker("other").number(NUMBER)
    assert MASK.number("+14155550168") != HASHED
    assert MASK.number("") == ""


def test_without_a_key_nobody_else_can_make_the_hash() -> None:
    """Two processes without a key have two hashes; each is true to itself."""
    one, other = Masker(""), Masker("")
    assert one.number(NUMBER) == one.number(NUMBER) != other.number(NUMBER)


def test_a_short_number_is_hidden_completely() -> None:
    """An extension's last two digits would be half of it."""
    assert MASK.number("911").startswith("…#")
    assert MASK.number("123456").startswith("…#")
    assert MASK.number("1234567").startswith("…67#")


@pytest.mark.parametrize(
    "number",
    [
        NUMBER,
        "4155550167",
        "(415) 555-0167",
        "+1 (415) 555-0167",
        "415.555.0167",
        "+49 30 901820",
        "5550167",
        "123456789012345",
        "030/123456",
        "0221 / 123 45 67",
    ],
)
@pytest.mark.parametrize(
    "text",
    [
        "tel-{}",
        "tel_{}",
        "{}x204",
        "{} ext. 5",
        "{}",
        "refused {}: busy",
        "“{}”",
        "dialed {}.",
        "to={},",
    ],
)
def test_a_number_in_a_text_is_hidden(number: str, text: str) -> None:
    """However it is written, and whatever stands around it."""
    said = MASK.text(text.format(number))
    assert number not in said
    assert "#" in said
    assert sum(c.isdigit() for c in said.partition("…")[0]) == 0


@pytest.mark.parametrize("name", ["event", "text", "reason", "error", "path", "exception", "any"])
def test_a_number_is_hidden_under_every_name(name: str) -> None:
    """A new name in a log line needs no change here."""
    assert NUMBER not in json.dumps(masked(**{name: f"calling {NUMBER} failed"}))


@pytest.mark.parametrize("name", ["number", "digits", "target", "from_number", "dial_string"])
@pytest.mark.parametrize("value", ["911", "42", 4155550167, "sip:ada@example.com", ["42"]])
def test_a_field_named_number_is_always_hidden(name: str, value: Any) -> None:
    """Extensions and emergency numbers too."""
    told = json.dumps(masked(**{name: value})).removeprefix(f'{{"{name}": ').partition("#")[0]
    assert str(value).strip("[']") not in told
    assert "\\u2026" in told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("timestamp", "2026-11-21T04:20:24.123456Z"),
        ("event", "at 2026-11-21T04:20:24Z it began"),
        ("call", "call_01h455vb4pex5vsknk084sn02q"),
        ("reason", "no log call_01h455vb4pex5vsknk084sn02q here"),
        ("agent", "00D000000000001/005000000000001"),
        ("user", "005000000000001"),
        ("delivery", "1234567890"),
        ("request", "req-12345678"),
        ("event", "id 550e8400-e29b-41d4-a716-446655440000"),
        ("event", "task 00T000000000001 saved"),
        ("error", "HTTP 503 after 1250 ms, 3 of 10"),
        ("event", "server 127.0.0.1:8080"),
        ("event", "v1.2.3-rc4"),
    ],
)
def test_ids_and_times_stay_readable(name: str, text: str) -> None:
    """Lines are joined by them."""
    assert masked(**{name: text}) == {name: text}


def test_numbers_and_booleans_are_unchanged() -> None:
    """Numbers of JSON are no phone numbers, unless named so."""
    line = {"at": 1_760_000_000_000, "seconds": 1.5, "ok": True, "nothing": None}
    assert masked(**line) == line


def test_an_enum_is_written_as_its_value() -> None:
    """An enum's member is written as its value."""
    assert json.dumps(masked(kind=DialKind.EMERGENCY)) == '{"kind": "emergency"}'


@given(texts=st.lists(st.text(max_size=50) | st.sampled_from(["busy", NUMBER, "٠١٢٣٤٥٦٧٨"])))
def test_a_line_does_not_depend_on_earlier_ones(texts: list[str]) -> None:
    """Words are remembered; that is never seen."""
    seasoned = Masker("key")
    for text in [*texts, *texts]:
        line = {"event": text, "call": text, "number": text, "notes": text}
        assert seasoned(None, "info", dict(line)) == Masker("key")(None, "info", dict(line))


def test_the_cache_of_words_is_limited() -> None:
    """Whatever people and providers say, and whatever names it has; texts that vary never."""
    busy = Masker("key")
    for n in range(3000):
        word = "".join(chr(ord("a") + int(digit)) for digit in str(n))
        varied = {"event": f"took {n} ms", "reason": word * 50}
        line = {word: word, f"{word}_token": word, **varied}
        assert busy(None, "info", line) == {**line, f"{word}_token": "[hidden]"}
    (words,) = [held for held in vars(busy).values() if isinstance(held, set)]
    assert 0 < len(words) <= 1024
    assert 0 < len(observability._KINDS) <= 1024
    assert max(map(len, words)) <= 4


# --- secrets ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "notes",
        "ticket",
        "token",
        "dialstack_token",
        "access_token",
        "secret",
        "webhook_secrets",
        "cookie",
        "Set-Cookie",
        "Authorization",
        "nonce",
        "password",
        "draft",
    ],
)
@pytest.mark.parametrize("value", ["hush", ["hush"], {"a": "hush"}, b"hush", None, 42])
def test_secrets_are_hidden(name: str, value: Any) -> None:
    """By its name, of whatever kind it is."""
    assert masked(**{name: value}) == {name: "[hidden]"}


def test_lists_and_objects_are_masked_inside() -> None:
    """As deep as anybody logs."""
    inner = {"number": "42", "Notes": "hush", "said": [f"to {NUMBER}", {"token": "hush"}]}
    assert masked(body=[inner], kinds=("a", 1)) == {
        "body": [
            {
                "number": MASK.number("42"),
                "Notes": "[hidden]",
                "said": [f"to {HASHED}", {"token": "[hidden]"}],
            }
        ],
        "kinds": ["a", 1],
    }


def test_numbers_as_keys_are_hidden() -> None:
    """An object by number gives none away."""
    assert masked(calls={NUMBER: 1, 4155550167: 2}) == {
        "calls": {HASHED: 1, MASK.number("4155550167"): 2}
    }


# --- odd values -------------------------------------------------------------------------------


class Mute:
    """Something that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no")


def test_odd_values_cost_no_line() -> None:
    """Endless, huge, mute and foreign values are replaced by words."""
    endless: list[Any] = []
    endless.append(endless)
    line = masked(a=endless, b=10**6000, c=Mute(), d={Mute(): 1}, e={1, 2}, f=b"x", g="\ud800")
    assert line["a"] == [[[[[["[too deep]"]]]]]]
    assert (line["b"], line["c"], line["d"]) == ("[too big]", "[Mute]", {"[Mute]": 1})
    assert (line["e"], line["f"], line["g"]) == ([1, 2], "b'x'", "\ud800")
    assert json.dumps(line)


def test_an_objects_own_words_are_masked() -> None:
    """A value of ours that is logged by mistake shows no number."""
    assert NUMBER not in json.dumps(masked(effect=ValueError(f"no {NUMBER}")))


def test_a_long_text_is_cut() -> None:
    """A line has an end."""
    assert len(masked(event="x" * 100_000)["event"]) == 16_000


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.builds(Mute)
    | st.decimals(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.integers()), inner)
        | st.tuples(inner)
    ),
    max_leaves=10,
)


@given(line=st.dictionaries(st.text(st.characters()), ANYTHING))
def test_no_line_raises_an_exception(line: dict[str, Any]) -> None:
    """Whatever is logged comes out as JSON."""
    assert json.dumps(dict(MASK(None, "info", line)))


@given(line=st.dictionaries(st.text(), ANYTHING), number=st.from_regex(r"\A\+[1-9][0-9]{9,13}\Z"))
def test_no_line_shows_a_number(line: dict[str, Any], number: str) -> None:
    """At any depth, beside anything."""
    hiding = {**line, "extra": [{"deep": ({"er": f"call {number} now"},)}]}
    assert number not in json.dumps(dict(MASK(None, "info", hiding)))


@given(nanoseconds=st.integers(0, 4_000_000_000 * 10**9))
def test_a_lines_time_is_in_utc(nanoseconds: int) -> None:
    """To the microsecond; the same second twice, and another one."""
    for moment in (nanoseconds, nanoseconds + 1000, nanoseconds + 10**9):
        second, rest = divmod(moment // 1000, 10**6)
        plain = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        assert iso_time(moment) == f"{plain}.{rest:06}Z"


# --- the whole --------------------------------------------------------------------------------


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Logs as a process writes them; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    root.handlers = []
    try:
        set_up("info", "key", stream)
        yield stream
    finally:
        structlog.reset_defaults()
        root.handlers, root.level = handlers, level


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line, read as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(logs: io.StringIO) -> None:
    """With level, time and the ids that the logger is bound to."""
    before = datetime.now(UTC)
    structlog.get_logger().bind(agent="00D/005").info("call.placed", call="call_1", number=NUMBER)
    (line,) = lines(logs)
    assert before <= datetime.fromisoformat(line.pop("timestamp")) <= datetime.now(UTC)
    assert line == {
        "event": "call.placed",
        "level": "info",
        "agent": "00D/005",
        "call": "call_1",
        "number": HASHED,
    }


def test_a_line_has_the_ids_that_its_task_has_bound(logs: io.StringIO) -> None:
    """Its own come before these."""
    with bound_contextvars(account="pbx", call="c1"):
        structlog.get_logger().info("asterisk.connected", call="c2")
    line = json.loads(logs.getvalue())
    assert (line["account"], line["call"]) == ("pbx", "c2")


def test_a_traceback_hides_numbers(logs: io.StringIO) -> None:
    """The exception is in the same line."""
    try:
        raise ValueError(f"cannot call {NUMBER}")
    except ValueError:
        structlog.get_logger().exception("effect.failed")
    (line,) = lines(logs)
    assert f"ValueError: cannot call {HASHED}" in line["exception"]
    assert NUMBER not in logs.getvalue()


def test_the_level_is_the_lowest_one_written(logs: io.StringIO) -> None:
    """Debug lines stay away at info."""
    structlog.get_logger().debug("sweep.raced")
    structlog.get_logger().warning("socket.slow")
    assert [line["event"] for line in lines(logs)] == ["socket.slow"]


def test_other_libraries_warnings_have_the_same_format(logs: io.StringIO) -> None:
    """Their lines are masked too, tracebacks with them."""
    logging.getLogger("asyncio").info("GET /softphone")
    try:
        raise ValueError(NUMBER)
    except ValueError:
        logging.getLogger("asyncio").exception("Error with %s", NUMBER)
    (line,) = lines(logs)
    assert (line["event"], line["level"]) == (f"Error with {HASHED}", "error")
    assert NUMBER not in logs.getvalue()


def test_aiohttps_errors_are_logged_without_the_request(logs: io.StringIO) -> None:
    """It quotes headers that it cannot read: a cookie is one. And strangers do not fill the log."""
    for _ in range(FOREIGN_PER_MINUTE + 50):
        try:
            raise InvalidHeader(b"Authorization: Bearer s3cret")
        except InvalidHeader as error:
            logging.getLogger("aiohttp.server").exception("Error %s", error.message)
    logging.getLogger("aiohttp.server").warning("Cookie: s3cret")
    assert "s3cret" not in logs.getvalue()
    told = lines(logs)
    assert len(told) == FOREIGN_PER_MINUTE
    assert told[0]["event"].startswith("aiohttp.server: InvalidHeader at test_observability.py:")


def test_logs_go_to_standard_error_unless_told_otherwise(
    logs: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output is for what a command prints."""
    set_up("error", "key")
    structlog.get_logger().error("x")
    said = capsys.readouterr()
    assert (said.out, json.loads(said.err)["event"], logs.getvalue()) == ("", "x", "")
    assert sys.stderr is not sys.__stderr__


def test_a_line_begins_with_time_and_event(logs: io.StringIO) -> None:
    """A viewer that cuts lines off shows what happened."""
    structlog.get_logger().info("call.placed", call="call_1", agent="00D1/0051")
    assert list(json.loads(logs.getvalue())) == ["timestamp", "level", "event", "call", "agent"]


class Terminal(io.StringIO):
    """Where people read."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """Logs set up for a terminal."""
    stream = Terminal()
    set_up("info", "key", stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    structlog.reset_defaults()
    logging.basicConfig(force=True)


def test_on_a_terminal_a_line_is_for_people(terminal: Terminal) -> None:
    """Time, level and event in columns, then names and values; numbers hidden as ever."""
    told = {"agent": "00D1/0051", "reason": "no answer", "number": NUMBER, "tries": 3}
    structlog.get_logger().warning("call.rejected", **told)
    time, line = terminal.getvalue().split(" ", 1)
    assert len(time) == len("19:42:11.123")
    assert line == (
        "warning  call.rejected            "
        f'agent=00D1/0051 reason="no answer" number={HASHED} tries=3\n'
    )


def test_a_line_has_no_terminal_control_sequences(terminal: Terminal) -> None:
    """Escapes come from strangers too: in a value, and in a traceback."""
    structlog.get_logger().warning("odd", said="\x1b]0;owned\x07", more="\x9b31m")
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        structlog.get_logger().exception("failed")
    assert "Traceback" in terminal.getvalue()
    assert "\n  File" in terminal.getvalue()
    assert not {"\x1b", "\x07", "\x9b"} & set(terminal.getvalue())


def test_a_retry_is_logged_with_the_ids_that_its_task_has_bound(terminal: Terminal) -> None:
    """Stamina's own line names the code, but neither the agent nor the call."""
    with stamina.set_testing(True, attempts=2, cap=True), bound_contextvars(call="call_1"):
        for attempt in stamina.retry_context(on=ValueError):
            with attempt:
                if attempt.num == 1:
                    raise ValueError("away")
    line = terminal.getvalue()
    assert "stamina.retry_scheduled" in line
    assert "call=call_1" in line
