"""What export-number and erase-number share: whose data, in which org, in which store."""

from __future__ import annotations

import argparse

from adapter.commands import CommandFailed
from adapter.core.callcenter import is_region
from adapter.core.numbers.query import NumberQuery, sought
from adapter.orgfile import orgs_of
from adapter.runtime.privacy import EVERYTHING, PersonalData, Scope, collect
from adapter.settings import Settings
from adapter.storage.archive import Archive
from adapter.storage.open import open_reader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which number, and where."""
    parser.add_argument("number", help="the person's number, preferably in E.164: +4930901820145")
    parser.add_argument("--org", default="", help="only in this org (00D…)")
    parser.add_argument(
        "--region",
        action="append",
        default=[],
        help="another country (DE) whose agents may have written the number without its country"
        " code; SOFTPHONE_DEFAULT_REGION is always included; may be repeated",
    )


def sought_by(options: argparse.Namespace, settings: Settings) -> NumberQuery:
    """The number in the arguments. Raises CommandFailed."""
    regions = tuple(dict.fromkeys((settings.default_region, *options.region)))
    if unknown := [region for region in regions if not is_region(region)]:
        raise CommandFailed(f"{', '.join(unknown)}: a country is two letters, such as DE")
    query = sought(options.number, regions)
    if query is None:
        raise CommandFailed("this is not a phone number: write it in E.164, such as +4930901820145")
    return query


async def found_in(url: str, sought: NumberQuery, scope: Scope) -> PersonalData:
    """What the store has of the number. Raises StorageError."""
    reader = open_reader(url)
    try:
        return await collect(Archive(reader), sought, scope)
    finally:
        await reader.close()


def scope_of(options: argparse.Namespace, settings: Settings) -> Scope:
    """The org in the arguments, with its provider account. Raises CommandFailed."""
    if not options.org:
        return EVERYTHING
    org = orgs_of(settings).of_id(options.org)
    if org is None:
        raise CommandFailed(f"--org: no org {options.org} is configured")
    return Scope(org.org_id, frozenset({org.account}))
