"""The Salesforce orgs of a deployment, each with its own provider account, strictly apart.

One org is described by the SOFTPHONE_ variables; several by a TOML file:

    [[org]]
    id = "00D…"                                   # 15 or 18 letters
    domain = "https://acme.my.salesforce.com"     # My Domain, the issuer of its sign-ins
    client_id = "3MVG9…"                          # of the app that agents sign in with
    client_secret_file = "/run/secrets/acme"      # none for an app without a secret (PKCE alone)
    origins = ["https://acme.lightning.force.com"]
    account = "acct_…"                            # at the provider
    token_file = "/run/secrets/acme-token"
    webhook_secrets_file = "/run/secrets/acme-webhooks"   # a line each, several while rotating
    directory_file = "/etc/softphone/acme.toml"   # optional
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapter.settingrules import secure_origin, why_weak
from adapter.settings import Settings, WrongSetting

DEV_ORG = "00D000000000DEV"
_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Org:
    """One org; `org_id` is that of the session, cookie and agents. Secrets stay out of repr."""

    org_id: str
    origins: tuple[str, ...]
    domain: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    account: str = ""
    token: str = field(default="", repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    directory_file: Path | None = None

    @property
    def is_provider_configured(self) -> bool:
        """Whether calls can be placed and heard of."""
        return bool(self.token and self.account and self.webhook_secrets)

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
        return Orgs((_the_one(settings),))
    try:
        rows = tomllib.loads(settings.orgs_file.read_text(encoding="utf-8")).get("org", [])
        orgs = tuple(_org(row) for row in rows)
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
        account=settings.dialstack_account,
        token=settings.dialstack_token.get_secret_value(),
        webhook_secrets=settings.webhook_secrets,
        directory_file=settings.directory_file,
    )


def _org(row: dict[str, Any]) -> Org:
    known = {"id", "domain", "client_id", "client_secret_file", "origins", "account"}
    known |= {"token_file", "webhook_secrets_file", "directory_file"}
    if strange := sorted(row.keys() - known):
        raise ValueError(
            f"[[org]] has no {', '.join(strange)}; it knows {', '.join(sorted(known))}"
        )
    if missing := sorted(_NEEDED - row.keys()):
        raise ValueError(f"an [[org]] needs {', '.join(missing)}")
    directory = row.get("directory_file")
    secrets = _read(row["webhook_secrets_file"]).replace(",", "\n").split("\n")
    org = Org(
        org_id=row["id"],
        origins=tuple(map(secure_origin, row["origins"])),
        domain=secure_origin(row["domain"]),
        client_id=row["client_id"],
        client_secret=_read(row["client_secret_file"]) if "client_secret_file" in row else "",
        account=row["account"],
        token=_read(row["token_file"]),
        webhook_secrets=tuple(secret.strip() for secret in secrets if secret.strip()),
        directory_file=Path(directory) if directory else None,
    )
    _check(org)
    return org


_NEEDED = frozenset(
    {"id", "domain", "client_id", "origins", "account", "token_file", "webhook_secrets_file"}
)


def _check(org: Org) -> None:
    if not _ORG_ID.fullmatch(org.org_id):
        raise ValueError(f"{org.org_id!r} is no org id: 00D and 12 or 15 letters and digits")
    if not org.origins or not org.is_provider_configured:
        raise ValueError(f"{org.org_id} needs origins, an account, its token and webhook secrets")


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
    secrets = [secret for org in orgs for secret in set(org.webhook_secrets)]
    if len(secrets) != len(set(secrets)):
        raise ValueError("two orgs share a webhook secret")


def _check_secrets(orgs: tuple[Org, ...]) -> None:
    for org in orgs:
        for secret in org.webhook_secrets:
            if wrong := why_weak(secret):
                raise ValueError(f"a webhook secret of {org.org_id} {wrong}")


def _check_once(what: str, values: list[str]) -> None:
    value, count = Counter(values).most_common(1)[0]
    if count > 1:
        raise ValueError(f"the {what} {value} is named {count} times")


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip()
