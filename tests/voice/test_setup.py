"""An org's Salesforce Voice, from settings."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from adapter.core.policy import Policy
from adapter.core.route import Route
from adapter.orgfile import orgs_of
from adapter.page.port import SalesforceOrg
from adapter.runtime.clock import SystemClock
from adapter.settings import WrongSetting
from adapter.settings.environment import load
from adapter.voice.setup import connect
from tests.fakes.voicecalls import CENTER, key_pair

VOICE = {"voice_url": "https://acme.my.salesforce-scrt.com", "voice_contact_center": CENTER}


async def connected(**told: str) -> SalesforceOrg:
    """The org of these settings."""
    settings = load({}, **told)
    async with AsyncExitStack() as stack:
        org = orgs_of(settings).all[0]
        return connect(org, settings, Policy(), SystemClock(), stack)


async def test_without_all_three_settings_there_is_no_voice() -> None:
    """Open CTI goes on alone."""
    assert await connected() == SalesforceOrg()
    assert await connected(**VOICE) == SalesforceOrg()


async def test_with_all_three_settings_the_backend_writes() -> None:
    """By a key that is read before anything starts."""
    org = await connected(**VOICE, voice_key=key_pair()[0])
    assert [(one.name, one.route) for one in org.surfaces] == [("voice", Route.BACKEND)]
    assert org.writer is not None


async def test_an_unusable_key_prevents_the_start_by_name() -> None:
    """And nothing of the key is in the sentence."""
    with pytest.raises(WrongSetting, match=r"SOFTPHONE_VOICE_KEY of .*must be a PEM"):
        await connected(**VOICE, voice_key="hunter2")
