"""All settings: environment variables `SOFTPHONE_…`, listed one by one in `.env.example`.

How they are read is environment.py's. Durations are seconds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from adapter.core.dialplan import DialPlan
from adapter.core.facts import Outcome
from adapter.core.phone import DialRules
from adapter.core.policy import Policy, SavePolicy
from adapter.origins import (
    demand_https,
    is_for_this_machine,
    is_loopback,
    normal_origin,
    normal_url,
)
from adapter.settingrules import (
    EVERYWHERE,
    LONGEST_SECONDS,
    NO_REGION,
    each,
    is_disposition,
    is_network,
    is_number_prefix,
    is_region,
    is_seconds,
    is_task_field,
    plan_parts,
    secure_origin,
    split_fields,
    why_weak,
)

PREFIX = "SOFTPHONE_"
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")

Texts = Annotated[tuple[str, ...], NoDecode]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS, allow_inf_nan=False)]


_ANYBODY = f"{PREFIX}SIGN_IN=dev lets anybody be anyone: it needs {PREFIX}"


class WrongSetting(Exception):
    """A setting is missing or wrong; the text names its variable and what it should be."""


class Settings(BaseSettings):
    """What a deployment sets; every field is the variable of its name, prefixed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, str_strip_whitespace=True
    )

    public_url: str = "http://localhost:8080"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    database_url: str = "sqlite:///var/softphone.db"
    sign_in: Literal["dev", "salesforce"] = "dev"
    org_id: str = ""
    org_origins: Texts = ()
    supervisors: Texts = ()
    sign_in_client_id: str = ""
    sign_in_client_secret: SecretStr = SecretStr("")
    check_salesforce_user: bool = False
    orgs_file: Path | None = None
    proxies: Texts = ()
    sockets_per_address: Annotated[int, Field(ge=1)] = 2000
    delivery_days: Annotated[int, Field(ge=7, le=3650)] = 30
    call_days: Annotated[int, Field(ge=7, le=3650)] = 90

    provider: str = "dialstack"
    dialstack_url: str = "https://api.dialstack.ai"
    dialstack_token: SecretStr = SecretStr("")
    dialstack_account: str = ""
    dialstack_user_field: Literal["user", "user_id"] = "user"
    dialstack_tolerance_seconds: Annotated[float, Field(ge=30, le=LONGEST_SECONDS)] = 300
    dialstack_webhook_secrets: SecretStr = SecretStr("")
    asterisk_url: str = "http://127.0.0.1:8088"
    asterisk_user: str = ""
    asterisk_secret: SecretStr = SecretStr("")
    asterisk_app: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,40}$")] = "softphone"
    asterisk_device: str = "PJSIP/{user}"
    asterisk_outside: str = "PJSIP/{number}@trunk"
    asterisk_inside: str = "PJSIP/{number}"
    asterisk_identity: str = ""
    asterisk_identity_name: str = ""
    asterisk_emergency: bool = False
    asterisk_cel_url: SecretStr = SecretStr("")
    asterisk_cel_utc: bool = False
    asterisk_ring_seconds: Annotated[int, Field(ge=1, le=600)] = 40
    asterisk_dial_seconds: Annotated[int, Field(ge=1, le=600)] = 60
    asterisk_call_limit_seconds: Annotated[int, Field(ge=60, le=86_400)] = 14_400
    directory_file: Path | None = None

    default_region: str = "US"
    regions: Texts = ()
    premium_numbers: bool = False
    satellite_numbers: bool = False
    allow_numbers: Texts = ()
    deny_numbers: Texts = ()
    extension_digits: str = "2-6"
    dial_plans: Texts = ()
    ring_profiles: Texts = ()
    dials_per_minute: Annotated[int, Field(ge=1)] = 10
    dials_per_hour: Annotated[int, Field(ge=1)] = 200
    dials_per_minute_per_org: Annotated[int, Field(ge=0)] = 300
    confirm_repeat_seconds: Seconds = 10

    outcome_seconds: Seconds = 15
    ring_seconds: Seconds = 45
    dial_seconds: Seconds = 120
    bridged_check_seconds: Seconds = 300
    cdr_wait_seconds: Seconds = 5
    wrap_up_seconds: Seconds = 60
    dial_while_wrap_up: bool = False
    log_missed_calls: bool = True

    open_cti_version: Annotated[str, Field(pattern=r"^[1-9][0-9]\.0$")] = "57.0"
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
    voice_contact_center: Annotated[str, Field(pattern="^([A-Za-z][A-Za-z0-9_]*)?$")] = ""
    voice_key: SecretStr = SecretStr("")
    voice_audience: Annotated[str, Field(max_length=255)] = ""
    voice_library: Path | None = None

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_hash_key: SecretStr = SecretStr("")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what it is given: `load` reads the environment, and tells whose fault it is."""
        return (init_settings,)

    @field_validator(
        "org_origins",
        "proxies",
        "supervisors",
        "regions",
        "allow_numbers",
        "deny_numbers",
        "dial_plans",
        "ring_profiles",
        "dispositions",
        "read_back_seconds",
        mode="before",
    )
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        return normal_origin(value)

    @field_validator("dialstack_url", "asterisk_url")
    @classmethod
    def _is_a_secure_url(cls, value: str) -> str:
        return demand_https(normal_url(value))

    @field_validator("salesforce_url", "voice_url")
    @classmethod
    def _is_a_secure_origin_or_nothing(cls, value: str) -> str:
        return demand_https(normal_origin(value)) if value else value

    @field_validator("org_id")
    @classmethod
    def _is_an_org_id(cls, value: str) -> str:
        if value and not _ORG_ID.fullmatch(value):
            raise ValueError(
                "must be the org's id, 15 or 18 letters and digits that begin with 00D: "
                "Salesforce shows it under Setup → Company Information"
            )
        return value

    @field_validator("org_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(secure_origin, value))

    @field_validator("proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return each(value, is_network, "is no IP address or network, such as 10.0.0.0/24")

    @field_validator("default_region")
    @classmethod
    def _is_a_region(cls, value: str) -> str:
        return each((value,), is_region, NO_REGION)[0]

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return value if value == (EVERYWHERE,) else each(value, is_region, NO_REGION)

    @field_validator("allow_numbers", "deny_numbers")
    @classmethod
    def _are_number_prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = "must be + and digits, such as +49900, or the digits of an extension"
        return each(value, is_number_prefix, wrong)

    @field_validator("dial_plans")
    @classmethod
    def _are_dial_plans(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = (
            "must be the digits before an outside line, a long distance number and an "
            "international one, perhaps after their country: US:9/1/011"
        )
        return each(value, plan_parts, wrong)

    @field_validator("extension_digits")
    @classmethod
    def _are_shortest_and_longest(cls, value: str) -> str:
        if value != "none" and not (re.fullmatch("[1-9]-[1-9]", value) and value[0] <= value[2]):
            raise ValueError("must be the shortest and longest extension, such as 2-6, or none")
        return value

    @field_validator("task_extra_fields", mode="before")
    @classmethod
    def _comma_before_a_name(cls, value: object) -> object:
        """Parted by commas before a name and its "=": a value may hold both."""
        return split_fields(value) if isinstance(value, str) else value

    @field_validator("task_extra_fields")
    @classmethod
    def _are_task_fields(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return each(value, is_task_field, "must be a field of yours and its value: Type=Call")

    @field_validator("dispositions")
    @classmethod
    def _are_dispositions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        known = ", ".join(outcome.value for outcome in Outcome)
        return each(value, is_disposition, f"must be outcome=text, the outcome one of {known}")

    @field_validator("read_back_seconds")
    @classmethod
    def _are_ascending_seconds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        wrong = f"is not a number of seconds from 0 to {LONGEST_SECONDS}"
        seconds = [float(text) for text in each(value, is_seconds, wrong)]
        if any(later <= sooner for sooner, later in pairwise(seconds)):
            raise ValueError("must be ascending, such as 30,60,120,330")
        return value

    @model_validator(mode="after")
    def _dev_sign_in_requires_loopback(self) -> Settings:
        if self.sign_in == "dev" and not is_loopback(self.host):
            raise ValueError(
                f"{_ANYBODY}HOST to be a loopback address such as 127.0.0.1, not {self.host}"
            )
        return self

    @model_validator(mode="after")
    def _webhook_secrets_are_secret(self) -> Settings:
        """The simulator's may be known to all."""
        if self.is_trial:
            return self
        for secret in self.webhook_secrets:
            if wrong := why_weak(secret):
                raise ValueError(
                    f"{PREFIX}DIALSTACK_WEBHOOK_SECRETS: one of them {wrong}. Use the secret that "
                    f"the provider made: python -m adapter webhooks register"
                )
        return self

    @model_validator(mode="after")
    def _salesforce_sign_in_is_whole(self) -> Settings:
        if self.sign_in != "salesforce":
            return self
        if not (self.public_url.startswith("https://") or is_for_this_machine(self.public_url)):
            raise ValueError(f"{PREFIX}PUBLIC_URL must be https: browsers keep no cookie without")
        needed = {
            "ORG_ID": self.org_id,
            "SALESFORCE_URL": self.salesforce_url,
            "SIGN_IN_CLIENT_ID": self.sign_in_client_id,
        }
        missing = [PREFIX + name for name, value in needed.items() if not value]
        if missing and self.orgs_file is None:
            raise ValueError(
                f"{PREFIX}SIGN_IN=salesforce needs {', '.join(missing)}, or {PREFIX}ORGS_FILE"
            )
        return self

    def demand_safe_to_serve(self) -> None:
        """Raise WrongSetting where strangers would reach the dev sign-in.

        A proxy in front of loopback lets them in, and the public address tells of one. Commands
        that only write files need that address before anybody can sign in with Salesforce.
        """
        if self.sign_in == "dev" and not is_for_this_machine(self.public_url):
            raise WrongSetting(
                f"{_ANYBODY}PUBLIC_URL to be a loopback address such as http://localhost:8080, "
                f"not {self.public_url}; for agents elsewhere set {PREFIX}SIGN_IN=salesforce"
            )

    @property
    def is_trial(self) -> bool:
        """Whether all of it is on this machine: the pages, and a simulated provider."""
        return is_for_this_machine(self.dialstack_url) and is_for_this_machine(self.public_url)

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of our own pages, as browsers write it."""
        return self.public_url

    @property
    def supervisors_or_everybody(self) -> frozenset[str] | None:
        """E-mail addresses that may see the board; None (everybody) with the dev sign-in."""
        if self.sign_in == "dev":
            return None
        return frozenset(email.casefold() for email in self.supervisors)

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
    def is_voice_configured(self) -> bool:
        """Whether VoiceCall records can be written: all three, or Salesforce Voice is not there."""
        key = self.voice_key.get_secret_value()
        return bool(self.voice_url and self.voice_contact_center and key)

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
            record_ms=_ms(self.cdr_wait_seconds),
            wrapup_ms=_ms(self.wrap_up_seconds),
            dial_while_wrapup=self.dial_while_wrap_up,
            log_missed=self.log_missed_calls,
            per_minute=self.dials_per_minute,
            per_hour=self.dials_per_hour,
            per_minute_org=self.dials_per_minute_per_org,
            repeat_ms=_ms(self.confirm_repeat_seconds),
            dial=self._dial_rules(),
            save=self._save_policy(),
            dispositions=self._dispositions(),
            ring_profiles=self.ring_profiles,
        )

    def _dial_rules(self) -> DialRules:
        house = self.extension_digits != "none"
        shortest, longest = (self.extension_digits if house else "2-6").split("-")
        return DialRules(
            default_region=self.default_region,
            regions=frozenset(self.allowed_regions),
            home_region=self.default_region,
            plans=tuple(self._plan(text) for text in self.dial_plans),
            extensions=house,
            extension_digits=(int(shortest), int(longest)),
            premium=self.premium_numbers,
            satellite=self.satellite_numbers,
            allow=self.allow_numbers,
            deny=self.deny_numbers,
        )

    def _plan(self, text: str) -> DialPlan:
        region, *prefixes = plan_parts(text)
        return DialPlan(region or self.default_region, *prefixes)

    @property
    def allowed_regions(self) -> tuple[str, ...]:
        """The countries that may be called: the home region unless told otherwise, () for all."""
        if self.regions == (EVERYWHERE,):
            return ()
        return self.regions or (self.default_region,)

    def _save_policy(self) -> SavePolicy:
        return SavePolicy(
            report_ms=_ms(self.report_seconds),
            journal_ms=_ms(self.journal_seconds),
            read_back=self.read_back or self.asks_salesforce,
            read_back_at=tuple(_ms(float(text)) for text in self.read_back_seconds),
            after_wrapup=self.task_after_wrap_up,
        )

    def _dispositions(self) -> tuple[tuple[Outcome, str], ...]:
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


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
