"""The page of the protocol says all: every message and field, and every code that is sent."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields as fields_of_dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest

from adapter.core.dialing import SILENT
from adapter.core.ending import REFUSED
from adapter.core.facts import Direction, Outcome
from adapter.core.logs.model import TrayReason
from adapter.core.model import Phase
from adapter.core.tones import Tone
from adapter.page import messages
from adapter.page.messages import PageMessage
from adapter.refusals import SETTINGS
from adapter.telephony.port import Capabilities, Silence

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
WORDS = re.compile(r"\w+")


def section(heading: str) -> str:
    """What stands under that heading, up to the next one."""
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/protocol.md has no section {heading!r}"
    return found[1]


def rows(heading: str) -> dict[str, str]:
    """The table's rows by their first cell's code."""
    lines = re.findall(r"^\| `?([\w-]+)`? \| (.*) \|$", section(heading), re.MULTILINE)
    return {name: rest for name, rest in lines if set(name) != {"-"}}


def codes(heading: str) -> set[str]:
    """The first cells of the table, without its head."""
    return set(rows(heading)) - {"code"}


def named(text: str) -> set[str]:
    """All words within a text's code."""
    return set(WORDS.findall(" ".join(re.findall(r"`([^`]*)`", text))))


@cache
def tree(file: str) -> ast.Module:
    """A file of the adapter, read as Python."""
    return ast.parse((ROOT / "adapter" / file).read_text(encoding="utf-8"))


def calls(file: str, *names: str) -> Iterator[ast.Call]:
    """The calls of functions of these names in a file, methods too."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in names:
                yield node


def value(file: str, node: ast.expr) -> object:
    """What an argument is: itself, or what its module calls so."""
    if isinstance(node, ast.Starred):
        told = value(file, node.value)
        return told[0] if isinstance(told, tuple) else None
    if isinstance(node, ast.Constant):
        return node.value
    module = "adapter." + file.removesuffix(".py").replace("/", ".")
    return getattr(import_module(module), node.id, None) if isinstance(node, ast.Name) else None


def texts(file: str, place: int, *names: str) -> set[str]:
    """The argument at that place of those calls, wherever it is a text."""
    found = {
        value(file, call.args[place]) for call in calls(file, *names) if len(call.args) > place
    }
    return found_texts(found)


def found_texts(found: set[object]) -> set[str]:
    """Those of them that are texts."""
    return {one for one in found if isinstance(one, str)}


# --- what a page says ----------------------------------------------------------------------------

MODELS = {get_args(m.model_fields["type"].annotation)[0]: m for m in get_args(PageMessage)}


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_message_of_a_page_has_its_row_with_every_field(name: str) -> None:
    """In the cell of its fields, not only somewhere on the page."""
    cell = rows("What a page says")[name].partition(" | ")[0]
    assert set(MODELS[name].model_fields) - {"type"} <= named(cell)


def test_every_documented_message_exists() -> None:
    """A type that is gone goes from here, too."""
    assert rows("What a page says").keys() - {"type"} == MODELS.keys()


@pytest.mark.parametrize("model", ["RecordIn", "LinkIn", "ErrorIn", "JournalEntry", "AskedFieldIn"])
def test_each_part_of_a_message_is_named_with_its_fields(model: str) -> None:
    """In the text below the table, or in the row that holds it."""
    fields = getattr(messages, model).model_fields
    assert set(fields) <= named(section("What a page says"))


@pytest.mark.parametrize("name", sorted(MODELS))
def test_each_word_that_a_field_may_be_is_named_in_its_row(name: str) -> None:
    """Actions, outcomes, surfaces: a client cannot guess them."""
    kinds = (field.annotation for field in MODELS[name].model_fields.values())
    words = {word for kind in kinds if get_origin(kind) is Literal for word in get_args(kind)}
    parts = {part for word in words - {name} for part in WORDS.findall(word)}
    assert parts <= named(rows("What a page says")[name])


def test_a_follow_up_is_told_to_be_true_or_false() -> None:
    """Its name alone could be a date, or a text."""
    assert re.search(r"`follow_up\?` \(true or false", rows("What a page says")["wrapup"])


# --- what the adapter says -----------------------------------------------------------------------

SAYING = (
    *("page/saving.py", "page/frames.py", "page/offers.py", "opencti/surface.py"),
    *("lwc/surface.py", "salesforce/savecall.py", "salesforce/pagecalls.py"),
    *("web/sockets/framehandler.py", "web/sockets/heartbeat.py", "web/sockets/reception.py"),
)


def sent_fields() -> dict[str, set[str]]:
    """The fields of each frame that is made, by its type; two are made in other ways."""
    found: dict[str, set[str]] = {"view": {"epoch", "version", "now"}, "drain": {"after_ms"}}
    for file in SAYING:
        for node in ast.walk(tree(file)):
            keys = texts_of_keys(node) if isinstance(node, ast.Dict) else {}
            kind = keys.pop("type", None)
            if isinstance(kind, ast.Constant):
                found.setdefault(str(kind.value), set()).update(keys)
    return found


def texts_of_keys(node: ast.Dict) -> dict[str, ast.expr]:
    """What a dict says under which names."""
    pairs = zip(node.keys, node.values, strict=True)
    return {str(key.value): told for key, told in pairs if isinstance(key, ast.Constant)}


def test_each_frame_of_the_adapter_has_its_row_with_every_field() -> None:
    """Read from the code that makes them: what is added fails here."""
    table, made = rows("What the adapter says"), sent_fields()
    assert {"go", "offer", "settled", "error", "pop"} <= made.keys()
    assert table.keys() - {"type"} == made.keys()
    missing = {kind: fields - named(table[kind]) for kind, fields in made.items()}
    assert {kind: left for kind, left in missing.items() if left} == {}


def view_fields(function: str) -> set[str]:
    """The fields that a function of the view makes, with those of the helpers that it unpacks."""
    (made,) = (
        node
        for node in ast.walk(tree("core/view.py"))
        if isinstance(node, ast.FunctionDef) and node.name == function
    )
    found: set[str] = set()
    for node in ast.walk(made):
        if not isinstance(node, ast.Dict):
            continue
        found |= texts_of_keys(node).keys()
        unpacked = [told for key, told in zip(node.keys, node.values, strict=True) if key is None]
        for told in unpacked:
            if isinstance(told, ast.Call) and isinstance(told.func, ast.Name):
                found |= view_fields(told.func.id)
    return found


@pytest.mark.parametrize(
    ("row", "functions"),
    [
        ("agent", ("_agent",)),
        ("calls", ("_card",)),
        ("wrapups", ("_wrapup", "_log_state")),
        ("tray", ("_tray", "_error")),
        ("answers", ("_note",)),
        ("notices", ("_note",)),
        ("settings", ("_settings", "_choice")),
    ],
)
def test_each_field_of_the_view_is_named_in_its_row(row: str, functions: tuple[str, ...]) -> None:
    """Of every card, row and note."""
    made = set().union(*map(view_fields, functions))
    assert len(made) >= 3
    assert made - named(rows("The view")[row]) == set()


@pytest.mark.parametrize("function", ["view", "_record", "_draft"])
def test_the_view_and_what_it_repeats_are_named_with_every_field(function: str) -> None:
    """The view's own fields, a record and a draft."""
    text = section("The view") + section("What the adapter says")
    assert view_fields(function) - {"type"} <= named(text) | rows("The view").keys()


def log_states() -> set[str]:
    """The words of `core/view.py` for where a log stands."""
    (made,) = (
        node
        for node in ast.walk(tree("core/view.py"))
        if isinstance(node, ast.FunctionDef) and node.name == "_log_state"
    )
    texts = [
        n.value for part in made.body[1:] for n in ast.walk(part) if isinstance(n, ast.Constant)
    ]
    return {text for text in texts if isinstance(text, str)} - {"state", "record_id"}


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("The view", {phase.value for phase in Phase}),
        ("The view", {direction.value for direction in Direction}),
        ("The view", set(get_args(Tone))),
        ("The view", {reason.value for reason in TrayReason}),
        ("The view", log_states()),
        ("The history", {outcome.value for outcome in Outcome} - {"completed"}),
    ],
    ids=("states", "directions", "tones", "reasons", "logs", "results"),
)
def test_each_sent_word_is_listed(heading: str, words: set[str]) -> None:
    """Of states, directions, tones, reasons and results; "completed" is a provider's, no result."""
    told = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]*)`", section(heading)))))
    assert words - told == set()


def test_all_that_a_provider_can_do_is_listed() -> None:
    """No dots: a client cannot guess the names."""
    can = {field.name for field in fields_of_dataclass(Capabilities)}
    assert named(rows("The view")["can"]) == can


def test_each_field_of_a_row_of_the_history_is_named() -> None:
    """As `web/history.py` makes it."""
    (made,) = (
        n
        for n in ast.walk(tree("web/history.py"))
        if isinstance(n, ast.FunctionDef) and n.name == "shown"
    )
    dicts = [n for n in ast.walk(made) if isinstance(n, ast.Dict)]
    assert set().union(*map(texts_of_keys, dicts)) <= named(section("The history"))


def test_each_of_the_pages_settings_is_named() -> None:
    """As `web/pages.py` makes them."""
    (made,) = (
        n
        for n in ast.walk(tree("web/pages/site.py"))
        if isinstance(n, ast.AsyncFunctionDef) and n.name == "settings"
    )
    dicts = [texts_of_keys(n) for n in ast.walk(made) if isinstance(n, ast.Dict)]
    fields = set().union(*dicts) - {"Cache-Control"}
    assert len(fields) >= 7
    assert fields <= named(section("Before the socket"))


# --- codes ---------------------------------------------------------------------------------------


def test_each_code_of_an_answer_is_listed_and_no_other() -> None:
    """Refusals, what became of a placement, and of a wish in a call."""
    outcomes = [
        first.value
        for node in ast.walk(tree("runtime/perform.py"))
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "(code, text)"
        for first in [node.value.elts[0] if isinstance(node.value, ast.Tuple) else node.value]
        if isinstance(first, ast.Constant)
    ]
    assert len(outcomes) >= 5
    answered = texts("core/dialing.py", 1, "Answer") | texts("core/controlling.py", 2, "_answer")
    made = SETTINGS.keys() - texts("web/signin/salesforceuser.py", 0, "error_frame")
    assert codes("Answers") == made | answered | set(outcomes)


def test_each_code_of_a_notice_is_listed_and_no_other() -> None:
    """Wherever one is made; a phone's silence has codes of its own."""
    files = ("controlling", "deadlines", "dialing", "ending", "machine", "reporting")
    places = [f"core/{name}.py" for name in files] + ["page/guests.py"]
    assert set(SILENT) == {silence.value for silence in Silence}
    made = set().union(*(texts(file, 1, "Notice") for file in places))
    refused = {code for code, _ in REFUSED.values()}
    assert codes("Notices") == made | set(SILENT) | refused | {"not-picked-up"}


def test_each_code_of_an_error_is_listed_and_no_other() -> None:
    """Those that are frames of their own, not of the view."""
    files = (
        "web/sockets/framehandler.py",
        "web/sockets/reception.py",
        "web/signin/salesforceuser.py",
    )
    made = set().union(*(texts(file, 0, "error_frame") for file in files))
    assert codes("Errors") == made | {"not-stored"}


def test_each_code_of_an_answer_over_http_is_listed_and_no_other() -> None:
    """Of the requests that a client of this protocol makes."""
    signin = ("signin/login", "signin/devlogin", "signin/salesforcelogin")
    http = ("http/bodies", "http/middleware", "http/connection")
    rest = ("history", "desk", "pages/startupfailures", "sockets/socketdoor")
    files = [f"web/{name}.py" for name in (*signin, *http, *rest)]
    made = {
        (value(file, call.args[1]), value(file, call.args[0]))
        for file in files
        for call in calls(file, "failure", "Refused")
    }
    table = rows("Answers over HTTP")
    told = {(code, int(table[code].partition(" | ")[0])) for code in codes("Answers over HTTP")}
    assert told == made - {(None, None)}  # where one is made of the other's words


def test_each_close_code_is_listed_and_no_other() -> None:
    """1009 is the WebSocket library's own."""
    files = (
        "page/registry.py",
        "web/sockets/bridge.py",
        "web/sockets/framehandler.py",
        "web/sockets/reception.py",
    )
    places = (*files, "web/sockets/outbox.py", "app.py")
    made = {
        told
        for file in places
        for call in calls(file, "close")
        if call.args and isinstance(told := value(file, call.args[0]), int)
    }
    assert {int(code) for code in codes("Close codes")} == made | {1009}
