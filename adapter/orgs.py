"""The Salesforce orgs of a deployment, each with its own provider account, strictly apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from adapter.panelfile import PanelFile

DEV_ORG = "00D000000000DEV"


SURFACES = ("open-cti", "lwc", "voice")
"""Where in Salesforce the softphone can be."""


@dataclass(frozen=True, slots=True)
class TelephonyAccount:
    """An account at a provider of that kind; what the options mean is the kind's own business."""

    kind: str = "dialstack"
    account: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class VoiceSide:
    """An org's contact center of Salesforce Voice: where its records are, and what signs for it."""

    url: str
    contact_center: str
    key: str = field(repr=False)
    audience: str = ""
    certificate: Path | None = None


@dataclass(frozen=True, slots=True)
class SalesforceSide:
    """How an org's calls get into it; None and empty are for what the whole deployment says."""

    surface: str = "open-cti"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    task_status: str | None = None
    task_extra_fields: tuple[str, ...] | None = None
    voice: VoiceSide | None = None


@dataclass(frozen=True, slots=True)
class Org:
    """One org; `org_id` is that of the session, cookie and agents. Secrets stay out of repr."""

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

    @property
    def account(self) -> str:
        """Its account at the provider."""
        return self.telephony.account

    def is_called(self, org_id: str) -> bool:
        """Whether this is its id; of 18 letters the last three repeat the others' case."""
        return self.org_id[:15] == org_id[:15]


class Orgs:
    """All orgs of the deployment."""

    def __init__(self, orgs: tuple[Org, ...]) -> None:
        self.all = orgs
        self._by_origin = {origin: org for org in orgs for origin in org.origins}

    @property
    def origins(self) -> tuple[str, ...]:
        """Every origin that may show the softphone."""
        return tuple(self._by_origin)

    def of_origin(self, origin: str) -> Org | None:
        """The org whose origin this is, compared exactly."""
        return self._by_origin.get(origin)

    def of_id(self, org_id: str) -> Org | None:
        """The org of that id."""
        return next((org for org in self.all if org.is_called(org_id)), None)

    def named(self, org_id: str) -> Org | None:
        """The org of that id; where none is named, the only one that there is."""
        if not org_id and len(self.all) == 1:
            return self.all[0]
        return self.of_id(org_id)
