"""Sets up Salesforce Voice for an org: the writer of its records and its key."""

from __future__ import annotations

from contextlib import AsyncExitStack

from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.orgs import Org
from adapter.page.port import SalesforceOrg, Surface
from adapter.runtime.clock import Clock
from adapter.settings import Settings, WrongSetting
from adapter.voice.client import VoiceClient, build_http
from adapter.voice.record import RecordRules, VoiceWriter
from adapter.voice.token import BadKey, Issuer, read_key

SURFACE = Surface("voice", Route.BACKEND)
PROVIDER = "Softphone"
"""The Telephony-Provider-Name of each request."""


def connect(
    org: Org, _settings: Settings, rules: Policy, clock: Clock, stack: AsyncExitStack
) -> SalesforceOrg:
    """The org's surface, if it is set up; `stack` closes its client. Raises WrongSetting."""
    voice = org.salesforce.voice
    if voice is None:
        return SalesforceOrg()
    try:
        key = read_key(voice.key)
    except BadKey as error:
        raise WrongSetting(f"SOFTPHONE_VOICE_KEY of {org.org_id}: {error}") from None
    client = VoiceClient(
        build_http(voice.url, org.proxy),
        Issuer(org.org_id, voice.contact_center, voice.audience),
        key,
        provider_name=PROVIDER,
        now_ms=clock.now,
        token_id=clock.nonce,
    )
    stack.push_async_callback(client.close)
    writer = VoiceWriter(client, RecordRules(voice.contact_center, rules.disposition))
    return SalesforceOrg((SURFACE,), writer=writer)
