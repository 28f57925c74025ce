"""A few kills at any moment of real calls; `python -m qa.asterisk.kills` does hundreds."""

import pytest

from qa.asterisk.engine import NoAsterisk, find_root
from qa.asterisk.kills import run


def _is_there() -> bool:
    try:
        find_root()
    except NoAsterisk:
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(not _is_there(), reason="no Asterisk here: see scripts/asterisk")
async def test_no_call_is_lost_by_any_kill() -> None:
    """No orphan channel, nobody called twice, one Task a call, with its true talk."""
    found = await run(4, 11)
    assert found["wrong"] == []
    assert found["runs"] == 4
