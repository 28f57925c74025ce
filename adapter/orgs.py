"""The Salesforce orgs of a deployment, each with its own provider account, strictly apart.

One org is described by the SOFTPHONE_ variables; several by a TOML file:

    [[org]]
    id = "00D…"                                   # 15 or 18 letters
    domain = "https://acme.my.salesforce.com"     # My Domain, the issuer of its sign-ins
    client_id = "3MVG9…"                          # of the app that agents sign in with
    client_secret_file = "/run/secrets/acme"      # none for an app without a secret (PKCE alone)
    origins = ["https://acme.lightning.force.com"]
    directory_file = "/etc/softphone/acme.toml"   # optional
    panel_file = "/etc/softphone/acme-panel.toml" # optional

    [org.telephony]                               # its account at a provider
    kind = "dialstack"                            # the only word that all kinds have
    account = "acct_…"
    token_file = "/run/secrets/acme-token"        # what ends in _file is read from there
    webhook_secrets_file = "/run/secrets/acme-webhooks"   # a line each, several while rotating

    [org.salesforce]                              # optional
    surface = "open-cti"
    client_id = "3MVG9…"                          # of the app that looks for Tasks
    client_secret_file = "/run/secrets/acme-read-back"
    task_status = "Completed"
    task_extra_fields = ["Type=Call"]

`account`, `token_file` and `webhook_secrets_file` may stand beside `id` instead, for DialStack.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapter.origins import demand_https, normal_origin
from adapter.panelfile import PanelFile, read_panel_file
from adapter.settings import Settings, WrongSetting
from adapter.settings.rules import (
    is_task_field,
    secure_origin,
    split_secrets,
    whole_numbers,
    why_weak,
)

DEV_ORG = "00D000000000DEV"
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")


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


def orgs_of(settings: Settings) -> Orgs:
    """The orgs that the settings describe. Raises WrongSetting."""
    if settings.orgs_file is None:
        try:
            return Orgs((_the_one(settings),))
        except (OSError, ValueError) as error:
            path = settings.panel_file
            raise WrongSetting(f"SOFTPHONE_PANEL_FILE: {path}: {error}") from None
    try:
        rows = tomllib.loads(settings.orgs_file.read_text(encoding="utf-8")).get("org", [])
        orgs = tuple(_org(row, settings) for row in rows)
        _check_apart(orgs)
        if not settings.is_trial:
            _check_secrets(orgs)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WrongSetting(f"SOFTPHONE_ORGS_FILE: {settings.orgs_file}: {error}") from None
    return Orgs(orgs)


def _the_one(settings: Settings) -> Org:
    return Org(
        org_id=settings.org_id or DEV_ORG,
        origins=settings.org_origins,
        domain=settings.salesforce_url,
        client_id=settings.sign_in_client_id,
        client_secret=settings.sign_in_client_secret.get_secret_value(),
        telephony=_account_of(settings),
        salesforce=SalesforceSide(voice=_voice_of(settings)),
        directory_file=settings.directory_file,
        panel=_panel(settings.panel_file),
        caller_ids=settings.caller_ids,
    )


def _panel(path: str | Path | None) -> PanelFile:
    return read_panel_file(Path(path)) if path else PanelFile()


def _voice_of(settings: Settings) -> VoiceSide | None:
    if not settings.is_voice_configured:
        return None
    key = settings.voice_key.get_secret_value()
    url, center = settings.voice_url, settings.voice_contact_center
    return VoiceSide(url, center, key, settings.voice_audience, settings.voice_certificate)


def _account_of(settings: Settings) -> TelephonyAccount:
    """The provider's variables: what stands behind its name is the option's."""
    values = _variables_of(settings.provider, settings)
    options = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
        if value is not None
    }
    account = options.pop("account", settings.provider)
    return TelephonyAccount(settings.provider, account, options)


def _variables_of(kind: str, settings: Settings) -> dict[str, Any]:
    """The settings that begin with a provider's name, by what stands behind it."""
    begin = f"{kind}_"
    return {
        name.removeprefix(begin): getattr(settings, name)
        for name in type(settings).model_fields
        if name.startswith(begin)
    }


_FLAT = frozenset({"account", "token_file", "webhook_secrets_file"})
"""DialStack's, where a file has them beside the org's id."""

_NEEDED = frozenset({"id", "domain", "client_id", "origins"})
_KNOWN = _NEEDED | _FLAT | {"client_secret_file", "directory_file", "panel_file"}
_KNOWN |= {"telephony", "salesforce", "caller_ids"}


def _org(row: dict[str, Any], settings: Settings) -> Org:
    _demand("[[org]]", row, _KNOWN)
    needed = _NEEDED if "telephony" in row else _NEEDED | _FLAT
    if missing := sorted(needed - row.keys()):
        raise ValueError(f"an [[org]] needs {', '.join(missing)}")
    directory = row.get("directory_file")
    org = Org(
        org_id=row["id"],
        origins=tuple(map(secure_origin, row["origins"])),
        domain=secure_origin(row["domain"]),
        client_id=row["client_id"],
        client_secret=_read(row["client_secret_file"]) if "client_secret_file" in row else "",
        telephony=_telephony(row, settings),
        salesforce=_salesforce(row.get("salesforce", {})),
        directory_file=Path(directory) if directory else None,
        panel=_panel(row.get("panel_file") or settings.panel_file),
        caller_ids=whole_numbers(row.get("caller_ids", ())),
    )
    _check(org)
    return org


def _telephony(row: dict[str, Any], settings: Settings) -> TelephonyAccount:
    """Its own table, and what older files have beside the org's id.

    What it does not name is as the variables say, but for whose account it is and its secrets.
    """
    table = {name: row[name] for name in _FLAT & row.keys()} | row.get("telephony", {})
    kind = table.pop("kind", "dialstack")
    options = {
        name: str(value)
        for name, value in _variables_of(kind, settings).items()
        if name != "account" and value is not None and not isinstance(value, SecretStr)
    }
    options |= {
        name.removesuffix("_file"): _read(value) if name.endswith("_file") else str(value)
        for name, value in table.items()
    }
    return TelephonyAccount(kind, options.pop("account", ""), options)


def _salesforce(table: dict[str, Any]) -> SalesforceSide:
    known = {"surface", "client_id", "client_secret_file", "task_status", "task_extra_fields"}
    known |= _VOICE | {"voice_audience", "voice_certificate_file"}
    _demand("[org.salesforce]", table, known)
    surface = table.get("surface", SURFACES[0])
    if surface not in SURFACES:
        raise ValueError(f"surface is open-cti, lwc or voice, not {surface!r}")
    secret, fields = table.get("client_secret_file"), table.get("task_extra_fields")
    if bool(secret) != bool(table.get("client_id")):
        raise ValueError("[org.salesforce] has client_id and client_secret_file, or neither")
    for pair in fields or ():
        if not is_task_field(pair):
            raise ValueError(f"{pair!r} in task_extra_fields must be Field=value")
    return SalesforceSide(
        surface=surface,
        client_id=table.get("client_id", ""),
        client_secret=_read(secret) if secret else "",
        task_status=table.get("task_status"),
        task_extra_fields=None if fields is None else tuple(fields),
        voice=_voice(table),
    )


_VOICE = frozenset({"voice_url", "voice_contact_center", "voice_key_file"})


def _voice(table: dict[str, Any]) -> VoiceSide | None:
    told = _VOICE & table.keys()
    if not told:
        return None
    if told != _VOICE:
        raise ValueError(f"[org.salesforce] has {', '.join(sorted(_VOICE))}, or none of them")
    certificate = table.get("voice_certificate_file", "")
    return VoiceSide(
        url=demand_https(normal_origin(table["voice_url"])),
        contact_center=table["voice_contact_center"],
        key=_read(table["voice_key_file"]),
        audience=table.get("voice_audience", ""),
        certificate=Path(certificate) if certificate else None,
    )


def _demand(where: str, row: dict[str, Any], known: Collection[str]) -> None:
    if strange := sorted(row.keys() - known):
        raise ValueError(
            f"{where} has no {', '.join(strange)}; it knows {', '.join(sorted(known))}"
        )


def _check(org: Org) -> None:
    if not _ORG_ID.fullmatch(org.org_id):
        raise ValueError(f"{org.org_id!r} is no org id: 00D and 12 or 15 letters and digits")
    if not org.origins or not org.account:
        raise ValueError(f"{org.org_id} needs origins, and an account at its provider")


def _check_apart(orgs: tuple[Org, ...]) -> None:
    """Two orgs share nothing by which one could be taken for the other."""
    if not orgs:
        raise ValueError("it names no [[org]]")
    names: tuple[tuple[str, Callable[[Org], str]], ...] = (
        ("id", lambda org: org.org_id[:15]),
        ("domain", lambda org: org.domain),
        ("account", lambda org: org.account),
    )
    for what, of in names:
        _check_once(what, [of(org) for org in orgs])
    _check_once("origin", [origin for org in orgs for origin in org.origins])
    secrets = [secret for org in orgs for secret in _webhook_secrets(org)]
    if len(secrets) != len(set(secrets)):
        raise ValueError("two orgs share a webhook secret")


def _check_secrets(orgs: tuple[Org, ...]) -> None:
    for org in orgs:
        for secret in _webhook_secrets(org):
            if wrong := why_weak(secret):
                raise ValueError(f"a webhook secret of {org.org_id} {wrong}")


def _webhook_secrets(org: Org) -> set[str]:
    return set(split_secrets(org.telephony.options.get("webhook_secrets", "")))


def _check_once(what: str, values: list[str]) -> None:
    value, count = Counter(values).most_common(1)[0]
    if count > 1:
        raise ValueError(f"the {what} {value} is named {count} times")


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip()
