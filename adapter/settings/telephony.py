"""Which provider places the calls, and its credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, field_validator

from adapter.origins import demand_https, normal_url
from adapter.settings.rules import LONGEST_SECONDS, demand_one_word, split_secrets

TURN_URL = "turn:turn.example.com:3478?transport=udp"
TURN_URLS = r"^((stun|turns?):[A-Za-z0-9.:\[\]-]+(\?transport=(udp|tcp))?(,|$))*$"


class TelephonySettings(BaseModel):
    """The provider's account, and which agent has which phone there."""

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
    asterisk_app: Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,40}$", examples=["softphone"])] = (
        "softphone"
    )
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
    asterisk_recording: Literal["off", "on-demand", "always"] = "off"
    asterisk_recording_pause: bool = False
    asterisk_device_state: str = ""
    asterisk_browser_phone: bool = False
    asterisk_browser_codecs: Annotated[
        str, Field(pattern="^[a-z0-9,]{1,80}$", examples=["ulaw,alaw"])
    ] = "ulaw,alaw"
    asterisk_browser_return_seconds: Annotated[int, Field(ge=5, le=600)] = 30
    asterisk_turn_urls: Annotated[str, Field(pattern=TURN_URLS, examples=[TURN_URL])] = ""
    asterisk_turn_secret: SecretStr = SecretStr("")
    directory_file: Path | None = None
    panel_file: Path | None = None

    @field_validator("dialstack_url", "asterisk_url")
    @classmethod
    def _is_a_secure_url(cls, value: str) -> str:
        return demand_https(normal_url(value))

    @field_validator("dialstack_token")
    @classmethod
    def _is_one_word(cls, value: SecretStr) -> SecretStr:
        demand_one_word(value.get_secret_value())
        return value

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """All valid secrets of the provider's webhooks, by convention the newest first."""
        return split_secrets(self.dialstack_webhook_secrets.get_secret_value())

    @property
    def is_provider_configured(self) -> bool:
        """Whether the adapter can place calls and receive their events."""
        return bool(
            self.dialstack_token.get_secret_value()
            and self.dialstack_account
            and self.webhook_secrets
        )
