"""What is written to Salesforce, through which surface, and how the server queries it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator

from adapter.core.facts import Outcome
from adapter.core.policy import Policy, SavePolicy
from adapter.origins import demand_https, normal_origin
from adapter.settings.rules import (
    LONGEST_SECONDS,
    Seconds,
    Texts,
    each,
    is_disposition,
    is_seconds,
    is_task_field,
    milliseconds,
    split_fields,
)


class SalesforceSettings(BaseModel):
    """Call logs as Tasks or in Salesforce Voice, and the server's own access."""

    open_cti_version: Annotated[str, Field(pattern=r"^[1-9][0-9]\.0$", examples=["57.0"])] = "57.0"
    log_missed_calls: bool = True
    task_status: str = "Completed"
    task_extra_fields: Texts = ()
    task_first_line: Annotated[str, Field(max_length=255)] = ""
    task_after_wrap_up: bool = False
    dispositions: Texts = ()
    read_back: bool = False
    read_back_class: str = "SoftphoneCallLog"
    salesforce_url: str = ""
    salesforce_client_id: str = ""
    salesforce_client_secret: SecretStr = SecretStr("")
    report_seconds: Seconds = 30
    journal_seconds: Seconds = 30
    read_back_seconds: Texts = ("30", "60", "120", "330")

    voice_url: str = ""
    voice_contact_center: Annotated[
        str, Field(pattern="^([A-Za-z][A-Za-z0-9_]*)?$", examples=["Softphone_Voice"])
    ] = ""
    voice_key: SecretStr = SecretStr("")
    voice_certificate: Path | None = None
    voice_audience: Annotated[str, Field(max_length=255)] = ""
    voice_library: Path | None = None

    @field_validator("salesforce_url", "voice_url")
    @classmethod
    def _is_a_secure_origin_or_nothing(cls, value: str) -> str:
        return demand_https(normal_origin(value)) if value else value

    @field_validator("task_extra_fields", mode="before")
    @classmethod
    def _comma_before_a_name(cls, value: object) -> object:
        """Separated by commas before a name and its "=", because a value may contain both."""
        return split_fields(value) if isinstance(value, str) else value

    @field_validator("task_extra_fields")
    @classmethod
    def _are_task_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return each(
            value, is_task_field, "must be a Task field that you may set and its value: Type=Call"
        )

    @field_validator("dispositions")
    @classmethod
    def _are_dispositions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = ", ".join(outcome.value for outcome in Outcome)
        return each(
            value, is_disposition, f"must be outcome=text, where the outcome is one of {known}"
        )

    @field_validator("read_back_seconds")
    @classmethod
    def _are_ascending_seconds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = f"is not a number of seconds from 0 to {LONGEST_SECONDS}"
        seconds = [float(text) for text in each(value, is_seconds, wrong)]
        if any(later <= sooner for sooner, later in pairwise(seconds)):
            raise ValueError("must be ascending, such as 30,60,120,330")
        return value

    @property
    def is_voice_configured(self) -> bool:
        """Whether VoiceCall records can be written; all three settings are required."""
        key = self.voice_key.get_secret_value()
        return bool(self.voice_url and self.voice_contact_center and key)

    @property
    def asks_salesforce(self) -> bool:
        """Whether the server itself searches for Tasks (otherwise the Apex class, if set)."""
        secret = self.salesforce_client_secret.get_secret_value()
        return bool(self.salesforce_url and self.salesforce_client_id and secret)

    def save_policy(self) -> SavePolicy:
        """How long to wait for a page's report, and when to ask Salesforce."""
        return SavePolicy(
            report_ms=milliseconds(self.report_seconds),
            journal_ms=milliseconds(self.journal_seconds),
            read_back=self.read_back or self.asks_salesforce,
            read_back_at=tuple(milliseconds(float(text)) for text in self.read_back_seconds),
            after_wrapup=self.task_after_wrap_up,
        )

    def disposition_texts(self) -> tuple[tuple[Outcome, str], ...]:
        """The CallDisposition of each outcome."""
        texts = dict(Policy().dispositions)
        for pair in self.dispositions:
            outcome, _, text = pair.partition("=")
            texts[Outcome(outcome.strip())] = text.strip()
        return tuple(texts.items())

    def extra_fields(self) -> tuple[tuple[str, str], ...]:
        """Constant Task fields by API name."""
        return task_fields_of(self.task_extra_fields)


def task_fields_of(pairs: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Names and values of `Field=value` texts."""
    parts = (pair.partition("=") for pair in pairs)
    return tuple((name.strip(), value.strip()) for name, _, value in parts)
