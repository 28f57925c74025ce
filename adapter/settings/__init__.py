"""All settings: environment variables `SOFTPHONE_…`, listed one by one in `.env.example`.

This module has the settings of the deployment as a whole; each other group has its own module.
environment.py reads them. Durations are seconds.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr, field_validator

from adapter.core.policy import Policy
from adapter.origins import is_for_this_machine, normal_origin
from adapter.settings.dialing import DialingSettings
from adapter.settings.rules import (
    Texts,
    each,
    is_database_url,
    is_endpoint,
    is_network,
    is_proxy,
    milliseconds,
    secure_origin,
)
from adapter.settings.salesforce import SalesforceSettings
from adapter.settings.telephony import TelephonySettings

PREFIX = "SOFTPHONE_"
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")
ANYBODY = f"{PREFIX}SIGN_IN=dev lets anybody sign in as anyone, so it requires {PREFIX}"


class WrongSetting(Exception):
    """Settings are missing or wrong; one line each names the variable and what it must be."""


class Settings(TelephonySettings, DialingSettings, SalesforceSettings):
    """The settings of a deployment; each field is the variable of its name with the prefix."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

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
    https_proxy: SecretStr = SecretStr("")
    replica_address: str = ""
    sockets_per_address: Annotated[int, Field(ge=1)] = 2000
    delivery_days: Annotated[int, Field(ge=7, le=3650)] = 30
    call_days: Annotated[int, Field(ge=7, le=3650)] = 90
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_hash_key: SecretStr = SecretStr("")

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        return normal_origin(value)

    @field_validator("host")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        return value[1:-1] if value.startswith("[") and value.endswith("]") else value

    @field_validator("database_url")
    @classmethod
    def _is_a_databases(cls, value: str) -> str:
        if not is_database_url(value):
            raise ValueError(
                "must be sqlite:///path without ? and %, or "
                "postgresql://user:password@host:port/name (in a password "
                "write %40 for @, %2F for /, %23 for # and %25 for %)"
            )
        return value

    @field_validator("org_id")
    @classmethod
    def _is_an_org_id(cls, value: str) -> str:
        if value and not _ORG_ID.fullmatch(value):
            raise ValueError(
                "must be the org's id, 15 or 18 letters and digits that begin with 00D. "
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
        return each(value, is_network, "is not an IP address or a network such as 10.0.0.0/24")

    @field_validator("supervisors")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        one = re.compile(r"[^@\s;]+@[^@\s;]+")
        return each(value, one.fullmatch, "is not one e-mail address; separate several with commas")

    @field_validator("https_proxy")
    @classmethod
    def _is_a_proxy(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not is_proxy(value.get_secret_value()):
            raise ValueError(
                "must be http://host:port or http://user:password@host:port (in a password write "
                "%40 for @, %2F for /, %3A for : and %25 for %)"
            )
        return value

    @field_validator("replica_address")
    @classmethod
    def _is_an_endpoint(cls, value: str) -> str:
        if value and not is_endpoint(value):
            raise ValueError(
                "must be the host and port at which other replicas reach this one, such as "
                "10.0.0.7:8090"
            )
        return value

    def demand_safe_to_serve(self) -> None:
        """Raise WrongSetting if strangers could sign in, or if replicas share no database.

        A proxy in front of loopback lets strangers in, and a public address implies a proxy.
        Commands that only write files need that address before the Salesforce sign-in works.
        """
        if self.sign_in == "dev" and not is_for_this_machine(self.public_url):
            raise WrongSetting(
                f"{ANYBODY}PUBLIC_URL to be a loopback address such as http://localhost:8080, "
                f"not {self.public_url}. For other agents, set {PREFIX}SIGN_IN=salesforce"
            )
        if self.replica_address and not self.database_url.startswith(("postgresql:", "postgres:")):
            raise WrongSetting(
                f"{PREFIX}REPLICA_ADDRESS is for replicas that share a PostgreSQL database. Set "
                f"{PREFIX}DATABASE_URL to its address, or remove this setting"
            )

    @property
    def is_trial(self) -> bool:
        """Whether both the pages and the (simulated) provider are on this machine."""
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

    def policy(self) -> Policy:
        """The policy of the core (milliseconds)."""
        return Policy(
            outcome_ms=milliseconds(self.outcome_seconds),
            ring_ms=milliseconds(self.ring_seconds),
            dial_ms=milliseconds(self.dial_seconds),
            bridged_ms=milliseconds(self.bridged_check_seconds),
            cdr_wait_ms=milliseconds(self.cdr_wait_seconds),
            wrapup_ms=milliseconds(self.wrap_up_seconds),
            dial_while_wrapup=self.dial_while_wrap_up,
            log_missed=self.log_missed_calls,
            per_minute=self.dials_per_minute,
            per_hour=self.dials_per_hour,
            per_minute_org=self.dials_per_minute_per_org,
            repeat_ms=milliseconds(self.confirm_repeat_seconds),
            dial=self.dial_rules(),
            save=self.save_policy(),
            dispositions=self.disposition_texts(),
            ring_profiles=self.ring_profiles,
        )
