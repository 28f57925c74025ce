"""The Salesforce orgs of a deployment, each with its own provider account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapter.panelfile import PanelFile

DEV_ORG = "00D000000000DEV"


SURFACES = ("open-cti", "lwc", "voice")
"""The places in Salesforce where the softphone can run."""


@dataclass(frozen=True, slots=True)
class TelephonyAccount:
    """An account at a provider; the options are specific to its kind."""

    kind: str = "dialstack"
    account: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class VoiceSide:
    """An org's contact center of Salesforce Voice: its records and its signing key."""

    url: str
    contact_center: str
    key: str = field(repr=False)
    audience: str = ""
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class SalesforceSide:
    """How an org's calls are logged; None and empty mean the deployment's settings."""

    surface: str = "open-cti"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    task_status: str | None = None
    task_extra_fields: tuple[str, ...] | None = None
    voice: VoiceSide | None = None


@dataclass(frozen=True, slots=True)
class Org:
    """One org; sessions, cookies and agents have its `org_id`. repr shows no secrets."""

    org_id: str
    origins: tuple[str, ...]
    domain: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    telephony: TelephonyAccount = TelephonyAccount()
    salesforce: SalesforceSide = SalesforceSide()
    directory_file: Path | None = None
    panel: PanelFile = field(default_factory=PanelFile)
    caller_ids: tuple[str, ...] = ()
    proxy: str = field(default="", repr=False)
    """The deployment's HTTP proxy to Salesforce and DialStack; may contain a password."""

    @property
    def account(self) -> str:
        """The org's account at the provider."""
        return self.telephony.account

    def is_called(self, org_id: str) -> bool:
        """Whether the id is the org's; of 18 characters the last three are a case checksum."""
        return self.org_id[:15] == org_id[:15]


class Orgs:
    """All orgs of the deployment."""

    def __init__(self, orgs: tuple[Org, ...]) -> None:
        self.all = orgs
        self._by_origin = {origin: org for org in orgs for origin in org.origins}

    @property
    def origins(self) -> tuple[str, ...]:
        """All origins that may embed the softphone."""
        return tuple(self._by_origin)

    def of_origin(self, origin: str) -> Org | None:
        """The org with exactly this origin; None if there is none."""
        return self._by_origin.get(origin)

    def of_id(self, org_id: str) -> Org | None:
        """The org with this id; None if there is none."""
        return next((org for org in self.all if org.is_called(org_id)), None)

    def named(self, org_id: str) -> Org | None:
        """The org with this id; without an id, the only org of the deployment."""
        if not org_id and len(self.all) == 1:
            return self.all[0]
        return self.of_id(org_id)
