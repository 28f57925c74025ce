"""The page protocol (`softphone.v1`): what a page may say, as models that check it.

One JSON object a frame, told apart by `type`. Unknown fields are ignored (an older server may
meet a newer page); unknown types and wrong shapes are `BadFrame`, answered, never fatal.
Times of pages are their own clocks' Unix milliseconds and are used only as differences.
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
    """A frame that is no message of the protocol; the text says what is wrong with it."""


class Hello(Part):
    """The first frame: who (by ticket), which page load, and what its journal holds.

    `journal` is checked entry by entry: rubbish in one does not cost the others.
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
        """The journal's good entries, and how many were rubbish."""
        good = []
        for raw in self.journal:
            try:
                good.append(JournalEntry.model_validate(raw))
            except ValidationError:
                continue
        return tuple(good), len(self.journal) - len(good)


class Dial(Part):
    """A number was clicked or typed; `sent_at - clicked_at` is the click's age in ms.

    `confirmed`: the agent was answered "confirm-repeat", and wants to call it again.
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
        """How long ago the click was when the page sent it, by the page's own clock."""
        return max(0, self.sent_at - self.clicked_at) if self.sent_at is not None else 0


class Control(Part):
    """Something to do in a call."""

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
        """Whether the page said null for this link, rather than nothing."""
        return field in self.model_fields_set and getattr(self, field) is None


class Presence(Part):
    """Whether the page can be seen, and is in use."""

    type: Literal["presence"]
    visible: bool
    focused: bool


class Context(Part):
    """The record that the agent looks at; with `call_id`, what a call is about (null: nothing)."""

    type: Literal["context"]
    record: RecordIn | None = None
    call_id: Text = ""


class Matches(Part):
    """What a search by the other party's number found; ten at most are offered."""

    type: Literal["matches"]
    call_id: Id
    records: list[RecordIn] = Field(default_factory=list, max_length=10)


class CallCenterMessage(Part):
    """What the definition of the call center says; `problems` are keys whose values are rubbish."""

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
    """The page can save the offered log now."""

    type: Literal["accept"]
    log_id: Id


class Result(Part):
    """What saveLog answered; `expired`: the go was too old and was not executed."""

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
    """The page answers a probe: it has seen everything sent before."""

    type: Literal["probe"]
    nonce: Id


class AskAnswer(Part):
    """What came of a reading Open CTI call that the server asked for."""

    type: Literal["answer"]
    ask_id: Id
    outcome: Literal["ok", "failed"]
    value: Any = None
    errors: list[ErrorIn] = Field(default_factory=list, max_length=50)


class AvailabilityIn(Part):
    """Whether the agent wants calls; `reason` is one of those in the view's settings."""

    type: Literal["availability"]
    status: Literal["available", "away", "do-not-disturb"]
    reason: Text = ""


class FavoriteIn(Part):
    """Somebody whom the agent calls often, or no longer does (`on` is false)."""

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
    """The message in a frame. Raises BadFrame with a sentence that quotes no content."""
    if is_too_deep(frame):
        raise BadFrame("the frame: nested too deeply")
    mended = mend_json(frame)
    try:
        return _ADAPTER.validate_json(mended)
    except ValidationError as error:
        told = without_odd_values(mended, error.errors(include_url=False))
        with suppress(ValidationError):
            return _ADAPTER.validate_json(told or "")
        raise _bad(error) from None


def _bad(error: ValidationError) -> BadFrame:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "union_tag_invalid":
        # pydantic would quote what was sent as the type.
        return BadFrame("type: no message has this type")
    where = ".".join(str(part) for part in first["loc"]) or "the frame"
    return BadFrame(f"{where}: {first['msg']}")


def schema() -> dict[str, Any]:
    """The JSON Schema of everything a page may say."""
    return _ADAPTER.json_schema()
