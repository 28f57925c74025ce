"""Parts of page messages: limited fields, records, errors, journal entries."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from adapter.core.details import LONGEST_PARAMS

Id = Annotated[str, Field(min_length=1, max_length=255)]
Text = Annotated[str, Field(max_length=255)]
Notes = Annotated[str, Field(max_length=32_000)]
Prefix = Annotated[str, Field(max_length=8, pattern=r"^[0-9*#]*$")]
Params = Annotated[str, BeforeValidator(lambda value: str(value or "")[:LONGEST_PARAMS])]
"""Cut rather than refused, because the call matters more than its parameters."""
Country = Annotated[str, BeforeValidator(lambda value: str(value or "").strip()[:64])]
Millis = Annotated[int, Field(ge=0, le=2**53)]

_RECORD_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?\Z")


class Part(BaseModel):
    """A frozen model that ignores unknown fields."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=False)


class RecordIn(Part):
    """A Salesforce record as onClickToDial or onNavigationChange reports it."""

    id: Text = ""
    name: str = Field("", max_length=1000)
    object_type: Text = ""
    account_id: Text = ""
    contact_id: Text = ""
    person_account: bool = False


class LinkIn(Part):
    """A related record that the agent picked."""

    id: Text = ""
    name: str = Field("", max_length=1000)


class ErrorIn(Part):
    """One error as Open CTI reports it; `details` may be any JSON value."""

    code: str = Field("GENERIC_ERROR", max_length=255)
    message: str = Field("", max_length=4000)
    description: str = Field("", max_length=4000)
    details: Any = None


class JournalEntry(Part):
    """What a page remembers of one attempt and sends when it reconnects."""

    log_id: Id
    attempt: int = Field(ge=1)
    nonce: Id
    state: Literal["sent", "ok", "refused"]
    task_id: Text = ""
    errors: list[ErrorIn] = Field(default_factory=list, max_length=50)


class AskedFieldIn(Part):
    """A field that agents fill in after a call because the admin asks for it."""

    name: Text
    label: Text = ""
    choices: list[Text] = Field(default_factory=list, max_length=200)
    required: bool = False


def is_record_id(text: str) -> bool:
    """Whether the text has the form of a Salesforce id: 15 or 18 letters and digits."""
    return bool(_RECORD_ID.match(text))
