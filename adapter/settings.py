"""All settings: environment variables `SOFTPHONE_…`, listed one by one in `.env.example`.

A secret may also come from a file: `SOFTPHONE_DIALSTACK_TOKEN_FILE=/run/secrets/token`.
Durations are seconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adapter.core.facts import Outcome
from adapter.core.phone import DialRules
from adapter.core.policy import Policy, SavePolicy

PREFIX = "SOFTPHONE_"

Texts = Annotated[tuple[str, ...], NoDecode]
Seconds = Annotated[float, Field(ge=0, le=86_400)]


class WrongSetting(Exception):
    """A setting is missing or wrong; the text names its variable and what it should be."""


class Settings(BaseSettings):
    """What a deployment sets; every field is the variable of its name, prefixed."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    public_url: str = "http://localhost:8080"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    database_url: str = "sqlite:///var/softphone.db"
    sign_in: Literal["dev"] = "dev"
    org_origins: Texts = ()

    dialstack_url: str = "https://api.dialstack.ai"
    dialstack_token: SecretStr = SecretStr("")
    dialstack_account: str = ""
    dialstack_user_field: Literal["user_id", "user"] = "user_id"
    dialstack_webhook_secrets: SecretStr = SecretStr("")
    directory_file: Path | None = None

    default_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    regions: Texts = ()
    premium_numbers: bool = False
    satellite_numbers: bool = False
    allow_numbers: Texts = ()
    deny_numbers: Texts = ()
    extension_digits: Annotated[str, Field(pattern=r"^([1-9]-[1-9]|none)$")] = "2-6"
    dials_per_minute: Annotated[int, Field(ge=1)] = 10
    dials_per_hour: Annotated[int, Field(ge=1)] = 200

    outcome_seconds: Seconds = 15
    ring_seconds: Seconds = 45
    dial_seconds: Seconds = 120
    bridged_check_seconds: Seconds = 300
    record_seconds: Seconds = 5
    wrap_up_seconds: Seconds = 60
    dial_while_wrap_up: bool = False
    log_missed_calls: bool = True

    task_status: str = "Completed"
    task_extra_fields: Texts = ()
    dispositions: Texts = ()
    read_back: bool = False
    read_back_class: str = "SoftphoneCallLog"
    salesforce_url: str = ""
    salesforce_client_id: str = ""
    salesforce_client_secret: SecretStr = SecretStr("")
    report_seconds: Seconds = 30
    journal_seconds: Seconds = 30
    read_back_seconds: Texts = ("30", "60", "120", "330")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_hash_key: SecretStr = SecretStr("")

    @field_validator(
        "org_origins",
        "regions",
        "allow_numbers",
        "deny_numbers",
        "task_extra_fields",
        "dispositions",
        "read_back_seconds",
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url", "dialstack_url")
    @classmethod
    def _is_a_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an http or https address, such as https://phone.example.com")
        return value.rstrip("/")

    @field_validator("org_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            if origin != f"{parts.scheme}://{parts.netloc}" or not parts.hostname:
                raise ValueError(
                    f"{origin!r} is not an origin, such as https://acme.lightning.force.com"
                )
        return value

    @model_validator(mode="after")
    def _dev_sign_in_stays_at_home(self) -> Settings:
        if not is_loopback(self.host):
            raise ValueError(
                f"{PREFIX}SIGN_IN=dev lets anybody be anyone: it needs {PREFIX}HOST to be a "
                f"loopback address such as 127.0.0.1, not {self.host}"
            )
        return self

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of our own pages, as browsers write it."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """All live secrets of the provider's webhooks, the newest first by custom."""
        text = self.dialstack_webhook_secrets.get_secret_value()
        return tuple(part.strip() for part in text.split(",") if part.strip())

    @property
    def is_provider_configured(self) -> bool:
        """Whether calls can be placed and heard of."""
        return bool(
            self.dialstack_token.get_secret_value()
            and self.dialstack_account
            and self.webhook_secrets
        )

    @property
    def asks_salesforce(self) -> bool:
        """Whether Tasks are looked for from server to server (else by the Apex class, if set)."""
        secret = self.salesforce_client_secret.get_secret_value()
        return bool(self.salesforce_url and self.salesforce_client_id and secret)

    def policy(self) -> Policy:
        """The machine's numbers (milliseconds)."""
        return Policy(
            outcome_ms=_ms(self.outcome_seconds),
            ring_ms=_ms(self.ring_seconds),
            dial_ms=_ms(self.dial_seconds),
            bridged_ms=_ms(self.bridged_check_seconds),
            record_ms=_ms(self.record_seconds),
            wrapup_ms=_ms(self.wrap_up_seconds),
            dial_while_wrapup=self.dial_while_wrap_up,
            log_missed=self.log_missed_calls,
            per_minute=self.dials_per_minute,
            per_hour=self.dials_per_hour,
            dial=self._dial_rules(),
            save=self._save_policy(),
            dispositions=self._dispositions(),
        )

    def _dial_rules(self) -> DialRules:
        house = self.extension_digits != "none"
        shortest, longest = (self.extension_digits if house else "2-6").split("-")
        return DialRules(
            default_region=self.default_region,
            regions=frozenset(self.regions),
            extensions=house,
            extension_digits=(int(shortest), int(longest)),
            premium=self.premium_numbers,
            satellite=self.satellite_numbers,
            allow=self.allow_numbers,
            deny=self.deny_numbers,
        )

    def _save_policy(self) -> SavePolicy:
        return SavePolicy(
            report_ms=_ms(self.report_seconds),
            journal_ms=_ms(self.journal_seconds),
            read_back=self.read_back or self.asks_salesforce,
            read_back_at=tuple(_ms(float(text)) for text in self.read_back_seconds),
        )

    def _dispositions(self) -> tuple[tuple[Outcome, str], ...]:
        texts = dict(Policy().dispositions)
        for pair in self.dispositions:
            outcome, _, text = pair.partition("=")
            texts[Outcome(outcome.strip())] = text.strip()
        return tuple(texts.items())

    def extra_fields(self) -> tuple[tuple[str, str], ...]:
        """Constant Task fields by API name."""
        pairs = (pair.partition("=") for pair in self.task_extra_fields)
        return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach that address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def load(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """The settings of this environment. Raises WrongSetting, which names the variable."""
    env = os.environ if environment is None else environment
    values: dict[str, object] = {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        if variable in env:
            values[name] = env[variable]
        elif f"{variable}_FILE" in env:
            values[name] = _read(f"{variable}_FILE", env[f"{variable}_FILE"])
    try:
        return Settings.model_validate({**values, **overrides})
    except ValidationError as error:
        raise WrongSetting("; ".join(_sentence(e) for e in error.errors())) from None


def _read(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongSetting(f"{variable}: cannot read {path}: {error.strerror}") from None


def _sentence(error: Mapping[str, object]) -> str:
    where = error.get("loc")
    name = PREFIX + str(where[0]).upper() if isinstance(where, tuple) and where else ""
    said = str(error.get("msg", "")).removeprefix("Value error, ")
    return f"{name}: {said}" if name else said
