"""Checks an Asterisk: the adapter's rights, its application, phones, clock and event log."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from adapter.assets import folder
from adapter.doctor.findings import Finding, fail, ok, warn
from adapter.doctor.skew import Skew
from adapter.orgs import Org
from adapter.runtime.clock import Clock
from adapter.runtime.directory import DirectoryError, read_entries
from adapter.telephony.asterisk import ids
from adapter.telephony.asterisk.account import AsteriskAccount, account_of
from adapter.telephony.asterisk.cel import open_cel
from adapter.telephony.asterisk.client import AriClient
from adapter.telephony.asterisk.rest import build_http
from adapter.telephony.asterisk.webphones import socket_url
from adapter.telephony.port import ProviderError, Rejected

OLDEST = (20, 14)
"""The first maintained long-term version with everything that the adapter uses."""

_USER = "Check SOFTPHONE_ASTERISK_USER and its secret, and `permit` of that user in ari.conf."
_REACH = (
    "Check SOFTPHONE_ASTERISK_URL, enabled = yes in http.conf and ari.conf, and that this "
    "machine can connect."
)


async def asterisk_findings(org: Org, clock: Clock) -> tuple[Finding, ...]:
    """Query its version, application and phones; nothing rings and nothing changes."""
    try:
        account = account_of(org.telephony.options)
    except ValueError as error:
        return (fail("asterisk", f"{error}.", "The adapter does not start until this is fixed."),)
    skew = Skew(clock)
    client = AriClient(build_http(account, skew.see), account)
    try:
        return tuple([finding async for finding in _findings(client, account, org, skew)])
    finally:
        await client.close()


async def _findings(
    client: AriClient, account: AsteriskAccount, org: Org, skew: Skew
) -> AsyncIterator[Finding]:
    try:
        info = await client.get("/asterisk/info")
    except ProviderError as error:
        refused = isinstance(error, Rejected) and error.code.startswith("http-")
        yield fail("asterisk", error.text, _USER if refused else _REACH)
        return
    yield _version(account, info)
    yield await _writes(client)
    yield await _served(client, account)
    for found in skew.finding():
        yield found
    for found in await _phones(client, account, org):
        yield found
    yield await _cdrs(account)
    for found in (*_settings(account), *await recording_findings(client, account)):
        yield found
    async for found in browser_findings(client, account, org):
        yield found


def _version(account: AsteriskAccount, info: Any) -> Finding:
    version = str(info.get("system", {}).get("version", "")) if isinstance(info, dict) else ""
    numbers = [int(part) for part in version.split("+")[0].split(".")[:2] if part.isdecimal()]
    text = f"{account.url} answers: Asterisk {version or 'of an unknown version'}."
    if tuple(numbers) < OLDEST:
        todo = "Use Asterisk 20, 22 or later. The adapter's calls and transfers need it."
        return warn("asterisk", text, todo)
    return ok("asterisk", text)


async def _writes(client: AriClient) -> Finding:
    """Whether the user has write access: it hangs up a channel that cannot exist."""
    try:
        await client.hang_up(ids.device("softphone-doctor", 0))
    except ProviderError as error:
        text = f"The adapter's user cannot control calls: {error.text}"
        return fail("rights", text, "Set read_only = no for that user in ari.conf.")
    return ok("rights", "The adapter's user can control calls.")


async def _served(client: AriClient, account: AsteriskAccount) -> Finding:
    try:
        applications = await client.get("/applications")
    except ProviderError as error:
        return warn("application", error.text, "Run the doctor again.")
    names = {str(app.get("name")) for app in applications if isinstance(app, dict)}
    if account.app in names:
        return ok("application", f"Asterisk knows {account.app}: an adapter is or was connected.")
    text = f"No adapter has connected as {account.app} since Asterisk started."
    return warn("application", text, "Start the adapter. Until then, clicks cannot become calls.")


async def _phones(client: AriClient, account: AsteriskAccount, org: Org) -> list[Finding]:
    """Whether every phone of the directory exists, and how many are registered."""
    if org.directory_file is None:
        text = "There is no directory file, and Asterisk has no e-mail addresses to match."
        return [fail("directory", text, "Set SOFTPHONE_DIRECTORY_FILE (docs/asterisk.md).")]
    try:
        entries = await asyncio.to_thread(read_entries, org.directory_file)
        endpoints = await client.get("/endpoints")
    except DirectoryError as error:
        return [fail("directory", f"The directory file cannot be used: {error}.", "Fix the file.")]
    except ProviderError as error:
        return [warn("directory", error.text, "Run the doctor again.")]
    states = {f"{e['technology']}/{e['resource']}": e["state"] for e in endpoints}
    users = [entry.provider_user for entry in entries]
    return [*_trunk(account, states), *_judged(account, users, states)]


def _trunk(account: AsteriskAccount, states: dict[str, str]) -> Iterator[Finding]:
    """Whether the trunk of outside numbers exists, if the template names one."""
    name = re.fullmatch("PJSIP/[^/@]*@([^/@{}]+)", account.outside)
    if name is None:
        return
    if f"PJSIP/{name[1]}" in states:
        yield ok("trunk", f"Asterisk knows the trunk {name[1]}.")
    else:
        text = f"Asterisk does not know the trunk {name[1]}, so outside numbers cannot be called."
        yield fail("trunk", text, "Set SOFTPHONE_ASTERISK_OUTSIDE to an endpoint of pjsip.conf.")


def _judged(
    account: AsteriskAccount, users: list[str], states: dict[str, str]
) -> Iterator[Finding]:
    away = []
    for user in users:
        try:
            phones = account.watched_of(user)
        except ProviderError as error:
            yield fail("directory", error.text, "Correct provider_user in the directory file.")
            continue
        for phone in phones:
            if phone.startswith("PJSIP/") and phone not in states:
                text = f"Asterisk does not know {phone}, the phone of {user}."
                yield fail(
                    "directory", text, "Correct the directory file, or SOFTPHONE_ASTERISK_DEVICE."
                )
        if phones and all(states.get(phone) != "online" for phone in phones):
            away.append(user)
    if away:
        text = f"{len(away)} of {len(users)} agents have no phone registered: {', '.join(away[:5])}"
        yield warn(
            "phones", f"{text}.", "This is fine if they are away. Otherwise, check their phones."
        )
    else:
        yield ok("phones", f"All {len(users)} agents in the file have a phone registered.")


async def _cdrs(account: AsteriskAccount) -> Finding:
    if not account.cel_url:
        text = "Channel events are not logged: the end of calls without an adapter is a guess."
        return warn("CDRs", text, "Set SOFTPHONE_ASTERISK_CEL_URL (docs/asterisk.md).")
    log = None
    try:
        log = open_cel(account.cel_url, utc=account.cel_utc)
        last = await log.last()
    except ProviderError as error:
        return fail("CDRs", error.text, "Check SOFTPHONE_ASTERISK_CEL_URL and its user.")
    except ImportError as error:
        todo = "Install the driver of that database with the adapter."
        return fail("CDRs", f"The database driver is missing: {error}.", todo)
    finally:
        if log is not None:
            await log.close()
    if not last:
        todo = "Set enable = yes and events = ALL in cel.conf."
        return warn("CDRs", "The table cel is readable but empty.", todo)
    return ok("CDRs", f"The table cel is readable. Its last event is from {last}.")


async def recording_findings(client: AriClient, account: AsteriskAccount) -> list[Finding]:
    """Whether the folder for recordings exists: Asterisk answers a plain 500 if not."""
    if account.recording == "off":
        return []
    try:
        await client.get("/recordings/stored")
    except ProviderError as error:
        text = f"Calls cannot be recorded: {error.text}"
        todo = (
            "Create the folder `recording` in Asterisk's spool directory, as Asterisk's own user."
        )
        return [fail("recording", text, todo)]
    return [ok("recording", "The folder for recordings exists.")]


def _settings(account: AsteriskAccount) -> Iterator[Finding]:
    if not account.identity:
        text = "No outgoing identity is set: customers see what the trunk shows, or nothing."
        yield warn("identity", text, "Set SOFTPHONE_ASTERISK_IDENTITY to the number to show.")
    if account.emergency:
        text = "Emergency numbers are dialed. The agent's own phone rings first."
        yield warn("emergency", text, "Check route, caller id and location for every agent.")


# --- phones in the browser ----------------------------------------------------------------------

CHECK, DOCS = "browser phones", "see docs/browser-audio.md."
CONNECT_SECONDS = 3.0
TRIED = "softphone-doctor"


async def browser_findings(
    client: AriClient, account: AsteriskAccount, org: Org, library: Path | None = None
) -> AsyncIterator[Finding]:
    """Nothing if no agent has one. Creates and removes an address that no phone uses."""
    if not account.browser_phone and not await asyncio.to_thread(_listed, org):
        return
    for found in (await _made(client), await _reached(account)):
        yield found
    file = library or folder("web") / "dist" / "jssip.js"
    if file.is_file():
        yield ok(CHECK, "The library for pages (JsSIP) is built.")
    else:
        yield fail(CHECK, "The library for pages is missing.", "Run `make bundle`, then restart.")


def _listed(org: Org) -> bool:
    try:
        entries = read_entries(org.directory_file) if org.directory_file else ()
    except DirectoryError:
        return False  # Reported already.
    return any(entry.browser_phone == "yes" for entry in entries)


async def _made(client: AriClient) -> Finding:
    try:
        await client.configure("aor", TRIED, {"max_contacts": "1"})
        await client.unconfigure("aor", TRIED)
    except ProviderError as error:
        text = f"They cannot be created: {error.text}"
        return fail(CHECK, text, f"Let sorcery.conf keep phones in memory; {DOCS}")
    return ok(CHECK, "They can be created.")


async def _reached(account: AsteriskAccount) -> Finding:
    url, sip = socket_url(account.url), [Subprotocol("sip")]
    try:
        async with connect(url, subprotocols=sip, open_timeout=CONNECT_SECONDS, proxy=None):
            return ok(CHECK, f"{url} accepts SIP.")
    except (OSError, WebSocketException, TimeoutError) as error:
        text = f"{url} does not accept SIP ({type(error).__name__})."
        return fail(CHECK, text, f"Add a transport for WebSockets to pjsip.conf; {DOCS}")
