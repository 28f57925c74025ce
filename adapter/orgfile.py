"""Reads the orgs from the settings, or from a file with several orgs.

One org is described by the SOFTPHONE_ variables, several by a TOML file (docs/operations.md).
`account`, `token_file` and `webhook_secrets_file` may stand beside `id`, as in older files.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from adapter.orgs import (
    DEV_ORG,
    SURFACES,
    Org,
    Orgs,
    SalesforceSide,
    TelephonyAccount,
    VoiceSide,
)
from adapter.origins import demand_https, normal_origin
from adapter.panelfile import PanelFile, read_panel_file
from adapter.settings import Settings, WrongSetting
from adapter.settings.rules import (
    demand_one_word,
    is_task_field,
    secure_origin,
    split_secrets,
    whole_numbers,
    why_weak,
)

_ORG_ID = re.compile(r"00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?")


def orgs_of(settings: Settings) -> Orgs:
    """The orgs that the settings describe. Raises WrongSetting."""
    if settings.orgs_file is None:
        try:
            return Orgs((_the_one(settings),))
        except OSError as error:
            raise WrongSetting(f"SOFTPHONE_PANEL_FILE: {_unread(error)}") from None
        except ValueError as error:
            path = settings.panel_file
            raise WrongSetting(f"SOFTPHONE_PANEL_FILE: {path}: {error}") from None
    return Orgs(tuple(_read_file(settings.orgs_file, settings)))


def _read_file(path: Path, settings: Settings) -> list[Org]:
    """The orgs of the file. Raises WrongSetting with a line for each error."""
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("org", [])
    except OSError as error:
        raise WrongSetting(f"SOFTPHONE_ORGS_FILE: {_unread(error)}") from None
    except ValueError as error:
        raise WrongSetting(f"SOFTPHONE_ORGS_FILE: {path}: {error}") from None
    orgs: list[Org] = []
    wrong = [] if rows and isinstance(rows, list) else ["each org begins with [[org]]"]
    for number, row in enumerate(rows if not wrong else (), 1):
        try:
            orgs.append(_org(row, settings))
        except OSError as error:
            wrong.append(f"[[org]] {number}: {_unread(error)}")
        except (ValueError, TypeError, AttributeError) as error:
            wrong.append(f"[[org]] {number}: {error}")
    if not wrong:
        wrong += _mixed_up(orgs)
        wrong += () if settings.is_trial else _weak_secrets(orgs)
    if wrong:
        raise WrongSetting("\n".join(f"SOFTPHONE_ORGS_FILE: {path}: {each}" for each in wrong))
    return orgs


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
        proxy=settings.https_proxy.get_secret_value(),
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
    """The provider's variables, by option name (the part after the provider's name)."""
    values = _variables_of(settings.provider, settings)
    options = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
        if value is not None
    }
    account = options.pop("account", settings.provider)
    return TelephonyAccount(settings.provider, account, options)


def _variables_of(kind: str, settings: Settings) -> dict[str, Any]:
    """The settings whose names begin with a provider's name, by the rest of the name."""
    begin = f"{kind}_"
    return {
        name.removeprefix(begin): getattr(settings, name)
        for name in type(settings).model_fields
        if name.startswith(begin)
    }


_FLAT = frozenset({"account", "token_file", "webhook_secrets_file"})
"""DialStack's options that a file may have beside the org's id."""

_NEEDED = frozenset({"id", "domain", "client_id", "origins"})
_KNOWN = _NEEDED | _FLAT | {"client_secret_file", "directory_file", "panel_file"}
_KNOWN |= {"telephony", "salesforce", "caller_ids"}


def _org(row: dict[str, Any], settings: Settings) -> Org:
    _demand("[[org]]", row, _KNOWN)
    _demand_texts(row)
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
        proxy=settings.https_proxy.get_secret_value(),
    )
    _check(org)
    return org


def _telephony(row: dict[str, Any], settings: Settings) -> TelephonyAccount:
    """The org's [org.telephony] table, and options that older files have beside the org's id.

    Other options come from the variables, except the account and its secrets.
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
    try:
        demand_one_word(options.get("token", ""))
    except ValueError as error:
        raise ValueError(f"token_file: its content {error}") from None
    return TelephonyAccount(kind, options.pop("account", ""), options)


def _salesforce(table: dict[str, Any]) -> SalesforceSide:
    known = {"surface", "client_id", "client_secret_file", "task_status", "task_extra_fields"}
    known |= _VOICE | {"voice_audience", "voice_certificate_file"}
    _demand("[org.salesforce]", table, known)
    surface = table.get("surface", SURFACES[0])
    if surface not in SURFACES:
        raise ValueError(f"surface must be open-cti, lwc or voice, not {surface!r}")
    secret, fields = table.get("client_secret_file"), table.get("task_extra_fields")
    if bool(secret) != bool(table.get("client_id")):
        raise ValueError(
            "[org.salesforce] must have both client_id and client_secret_file, or neither"
        )
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
    given_keys = _VOICE & table.keys()
    if not given_keys:
        return None
    if given_keys != _VOICE:
        raise ValueError(
            f"[org.salesforce] must have all of {', '.join(sorted(_VOICE))}, or none of them"
        )
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
            f"{where} has no {', '.join(strange)}; it accepts {', '.join(sorted(known))}"
        )


def _demand_texts(row: dict[str, Any]) -> None:
    """Raise ValueError for a value that is not a text or, where allowed, a list or a table."""
    for name, value in row.items():
        if name in {"origins", "caller_ids"}:
            if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
                raise ValueError(f'{name} must be a list of texts, such as ["…"]')
        elif name in {"telephony", "salesforce"}:
            if not isinstance(value, dict):
                raise ValueError(f"{name} must be a table that begins with [org.{name}]")
        elif not isinstance(value, str):
            raise ValueError(f"{name} must be a text in quotation marks")


def _check(org: Org) -> None:
    if not _ORG_ID.fullmatch(org.org_id):
        raise ValueError(f"{org.org_id!r} is not an org id: 00D and 12 or 15 letters and digits")
    if not org.origins or not org.account:
        raise ValueError(f"{org.org_id} needs origins and a provider account")


def _mixed_up(orgs: list[Org]) -> Iterator[str]:
    """Errors of orgs that share an id, domain, account, origin or secret."""
    names: tuple[tuple[str, Callable[[Org], str]], ...] = (
        ("id", lambda org: org.org_id[:15]),
        ("domain", lambda org: org.domain),
        ("account", lambda org: org.account),
        ("Asterisk application", _application),
    )
    for label, of in names:
        yield from _repeated(label, filter(None, map(of, orgs)))
    yield from _repeated("origin", [origin for org in orgs for origin in org.origins])
    secrets = [secret for org in orgs for secret in _webhook_secrets(org)]
    if len(secrets) != len(set(secrets)):
        yield "two orgs share a webhook secret"


def _application(org: Org) -> str:
    """Asterisk sends an application's events to the program that connected as it last."""
    options = org.telephony.options
    url = options.get("url", "").rstrip("/").lower()
    return f"{options['app']} of {url}" if "app" in options else ""


def _weak_secrets(orgs: list[Org]) -> Iterator[str]:
    for org in orgs:
        for wrong in filter(None, map(why_weak, _webhook_secrets(org))):
            yield f"a webhook secret of {org.org_id} {wrong}"


def _webhook_secrets(org: Org) -> set[str]:
    return set(split_secrets(org.telephony.options.get("webhook_secrets", "")))


def _repeated(label: str, values: Iterable[str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"the {label} {value} is listed {count} times"


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8").strip()


def _unread(error: OSError) -> str:
    return f"cannot read {error.filename}: {error.strerror}"
