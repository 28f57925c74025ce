"""The page protocol (`softphone.v1`): what a page may say, as models that check it.

Each frame is one JSON object with a `type`. Unknown fields are ignored (an older server may
meet a newer page). Unknown types and wrong shapes raise `BadFrame`; the socket stays open.
A page's times are Unix milliseconds by its own clock; only their differences are used.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError

from adapter.core.favorite import LONGEST_NUMBER
from adapter.core.nesting import is_too_deep
from adapter.core.values import mend_json
from adapter.page.oddvalues import without_odd_values
from adapter.page.parts import (
    AskedFieldIn,
    Country,
    ErrorIn,
    Id,
    JournalEntry,
    LinkIn,
    Millis,
    Notes,
    Params,
    Part,
    Prefix,
    RecordIn,
    Text,
)

SUBPROTOCOL = "softphone.v1"
MAX_FRAME_BYTES = 160 * 1024
"""Notes have up to 32,000 characters, which may be four bytes each in UTF-8."""


class BadFrame(ValueError):
    """A frame is not a valid message of the protocol; the text says why."""


class Hello(Part):
    """The first frame: the agent (by ticket), the page load, and the page's journal.

    Journal entries are validated one by one; an invalid entry does not discard the others.
    """

    type: Literal["hello"]
    ticket: Id
    page_id: Id
    build: Text = ""
    surface: Literal["lightning", "classic", "lwc", "voice"] = "lightning"
    time_zone: str = Field("UTC", max_length=64)
    visible: bool = True
    focused: bool = False
    journal: list[Any] = Field(default_factory=list, max_length=500)

    def entries(self) -> tuple[tuple[JournalEntry, ...], int]:
        """The journal's valid entries, and the number of invalid ones."""
        good = []
        for raw in self.journal:
            try:
                good.append(JournalEntry.model_validate(raw))
            except ValidationError:
                continue
        return tuple(good), len(self.journal) - len(good)


class Dial(Part):
    """A number was clicked or typed; `sent_at - clicked_at` is the click's age in ms.

    `confirmed`: the agent got the answer "confirm-repeat" and wants to call again.
    """

    type: Literal["dial"]
    request_id: Id
    number: str = Field(max_length=255)
    clicked_at: Millis
    sent_at: Millis | None = None
    record: RecordIn | None = None
    params: Params = ""
    work_id: Text = ""
    ring_profile: Text = ""
    caller_id: Text = ""
    confirmed: bool = False

    @property
    def age_ms(self) -> int:
        """The click's age in milliseconds when the page sent it, by the page's clock."""
        return max(0, self.sent_at - self.clicked_at) if self.sent_at is not None else 0


class Control(Part):
    """The agent asks for a control during a call."""

    type: Literal["control"]
    request_id: Id
    call_id: Id
    action: Literal[
        "check",
        "hang_up",
        "transfer",
        "hold",
        "resume",
        "mute",
        "unmute",
        "digits",
        "answer",
        "decline",
        "pause_recording",
        "resume_recording",
        "record",
        "stop_recording",
        "consult",
        "swap",
        "merge",
        "complete",
        "cancel",
    ]
    target: Text = ""
    digits: str = Field("", max_length=64)


class WrapupIn(Part):
    """What the agent entered; only the fields that were touched. A null link clears it."""

    type: Literal["wrapup"]
    call_id: Id
    subject: Text | None = None
    notes: Notes | None = None
    disposition: Text | None = None
    who: LinkIn | None = None
    what: LinkIn | None = None
    follow_up: bool | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    done: bool = False

    def cleared(self, field: str) -> bool:
        """Whether the page sent null for this link, rather than leaving it out."""
        return field in self.model_fields_set and getattr(self, field) is None


class Presence(Part):
    """Whether the page is visible and has the focus."""

    type: Literal["presence"]
    visible: bool
    focused: bool


class Context(Part):
    """The record on the agent's screen; with `call_id`, the record of that call (null: none)."""

    type: Literal["context"]
    record: RecordIn | None = None
    call_id: Text = ""


class Matches(Part):
    """The records that a search by the other party's number found, at most ten."""

    type: Literal["matches"]
    call_id: Id
    records: list[RecordIn] = Field(default_factory=list, max_length=10)


class CallCenterMessage(Part):
    """The call center's settings; `problems` are the keys whose values are invalid."""

    type: Literal["settings"]
    wrap_up_seconds: int | None = Field(None, ge=0, le=3600)
    dispositions: list[Annotated[str, Field(min_length=1, max_length=255)]] = Field(
        default_factory=list, max_length=50
    )
    default_country: Country = ""
    outside_prefix: Prefix = ""
    long_distance_prefix: Prefix = ""
    international_prefix: Prefix = ""
    task_fields: dict[str, Any] = Field(default_factory=dict)
    ask_fields: list[AskedFieldIn] = Field(default_factory=list, max_length=20)
    problems: list[Text] = Field(default_factory=list, max_length=50)


class Work(Part):
    """Sales Engagement started a work item with this number (hvs.onWorkStart)."""

    type: Literal["work"]
    work_id: Id
    to: Text = ""
    complete_when: Text = ""


class Accept(Part):
    """The page is ready to save the offered log."""

    type: Literal["accept"]
    log_id: Id


class Result(Part):
    """The answer of saveLog; `expired`: the go was too old and was not executed."""

    type: Literal["result"]
    log_id: Id
    attempt: int = Field(ge=1)
    nonce: Id
    outcome: Literal["ok", "refused", "expired"]
    task_id: Text = ""
    errors: list[ErrorIn] = Field(default_factory=list, max_length=50)


class Popped(Part):
    """The page offers to pop the caller's record, or has done so."""

    type: Literal["popped"]
    pop_id: Id


class TrayChoice(Part):
    """What the agent chose for a log in the tray."""

    type: Literal["tray"]
    log_id: Id
    action: Literal["save_again", "already_there", "dismiss"]
    task_id: Text = ""


class ProbeAnswer(Part):
    """The page answers a probe, so it has received every frame sent before it."""

    type: Literal["probe"]
    nonce: Id


class AskAnswer(Part):
    """The result of a read-only Open CTI call that the server asked for."""

    type: Literal["answer"]
    ask_id: Id
    outcome: Literal["ok", "failed"]
    value: Any = None
    errors: list[ErrorIn] = Field(default_factory=list, max_length=50)


class AvailabilityIn(Part):
    """Whether the agent accepts calls; `reason` is one of those in the view's settings."""

    type: Literal["availability"]
    status: Literal["available", "away", "do-not-disturb"]
    reason: Text = ""


class FavoriteIn(Part):
    """Adds a favorite number, or removes it (`on` is false)."""

    type: Literal["favorite"]
    number: str = Field(min_length=1, max_length=LONGEST_NUMBER)
    name: str = Field("", max_length=1000)
    record: RecordIn | None = None
    on: bool = True


class DismissNotice(Part):
    """The agent has read a notice."""

    type: Literal["dismiss_notice"]
    notice_id: Id


PageMessage: TypeAlias = (
    Hello
    | Dial
    | Control
    | WrapupIn
    | Presence
    | Context
    | Matches
    | CallCenterMessage
    | Work
    | Accept
    | Result
    | Popped
    | TrayChoice
    | ProbeAnswer
    | AskAnswer
    | AvailabilityIn
    | FavoriteIn
    | DismissNotice
)

_ADAPTER: TypeAdapter[PageMessage] = TypeAdapter(
    Annotated[PageMessage, Field(discriminator="type")]
)


def decode(frame: str) -> PageMessage:
    """The message in a frame. Raises BadFrame, whose text quotes no content."""
    if is_too_deep(frame):
        raise BadFrame("the frame: nested too deeply")
    frame_text = mend_json(frame)
    try:
        return _ADAPTER.validate_json(frame_text)
    except ValidationError as error:
        repaired = without_odd_values(frame_text, error.errors(include_url=False))
        with suppress(ValidationError):
            return _ADAPTER.validate_json(repaired or "")
        raise _bad_frame(error) from None


def _bad_frame(error: ValidationError) -> BadFrame:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "union_tag_invalid":
        # pydantic's message would quote the type that was sent.
        return BadFrame("type: no message has this type")
    where = ".".join(str(part) for part in first["loc"]) or "the frame"
    return BadFrame(f"{where}: {first['msg']}")


def schema() -> dict[str, Any]:
    """The JSON Schema of all messages from pages."""
    return _ADAPTER.json_schema()
