"""Runs all checks: first those without the network, then the others in parallel."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from itertools import chain

from adapter.doctor.database import database_findings
from adapter.doctor.dialing import dialing_findings
from adapter.doctor.findings import Finding, about, fail
from adapter.doctor.provider import provider_findings
from adapter.doctor.public import public_findings
from adapter.doctor.salesforce import salesforce_findings
from adapter.doctor.settings import settings_findings, version_finding
from adapter.doctor.socket import socket_finding
from adapter.doctor.voice import voice_api_findings, voice_findings
from adapter.orgfile import orgs_of
from adapter.runtime.clock import Clock
from adapter.settings import WrongSetting
from adapter.settings.environment import load


async def examine(
    environment: Mapping[str, str], clock: Clock, tls: ssl.SSLContext
) -> tuple[Finding, ...]:
    """All findings, in the order in which an admin fixes them."""
    try:
        settings = load(environment)
        orgs = orgs_of(settings)
    except WrongSetting as error:
        todo = "The adapter does not start until this is fixed."
        lines = (line if line[-1] in ".?" else f"{line}." for line in str(error).splitlines())
        return tuple(fail("settings", line, todo) for line in lines)
    database = await asyncio.to_thread(lambda: tuple(database_findings(settings.database_url)))
    providers, salesforce, public, socket, voice = await asyncio.gather(
        asyncio.gather(*[provider_findings(org, clock, settings.public_url) for org in orgs.all]),
        salesforce_findings(settings, orgs, clock, tls),
        public_findings(settings, orgs, clock, tls),
        socket_finding(settings, tls),
        voice_api_findings(orgs, clock),
    )
    own = settings_findings(environment, settings, orgs)
    if settings.orgs_file is not None:
        providers = [about(org.org_id, f) for org, f in zip(orgs.all, providers, strict=True)]
    return (
        *own,
        version_finding(settings, clock.now()),
        *dialing_findings(settings),
        *voice_findings(settings, orgs, clock.now()),
        *voice,
        *database,
        *chain.from_iterable(providers),
        *salesforce,
        *public,
        socket,
    )
