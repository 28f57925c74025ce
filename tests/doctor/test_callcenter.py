"""What the org says of its call centers: each reason for an empty phone item in its own words."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from adapter.doctor.callcenter import CENTERS, Row, call_center_findings
from adapter.doctor.findings import Grade
from adapter.page.port import ReadBackFailed

OURS = "https://phone.acme.example/softphone"


def center(url: str | None = OURS, mode: str = "Lightning", name: str = "SoftphoneCenter") -> Row:
    """A row as the query gives it."""
    settings = json.dumps({"reqUseApi": "true", "reqSalesforceCompatibilityMode": mode})
    return {"Id": f"04v{name}", "InternalName": name, "AdapterUrl": url, "CustomSettings": settings}


async def findings_for(*centers: Row, **agents: int) -> list[tuple[Grade, str, str]]:
    """What is told of an org with these, and so many users in each by name."""

    async def ask(query: str) -> Sequence[Row]:
        counted = [{"CallCenterId": f"04v{name}", "agents": n} for name, n in agents.items()]
        return centers if query == CENTERS else counted

    told = await call_center_findings(ask, OURS)
    return [(one.grade, one.text, one.todo) for one in told]


async def test_a_call_center_with_our_address_and_users_passes() -> None:
    """Another provider's beside it is nobody's business."""
    other = center("https://cti.other.example", name="Other")
    ((grade, text, todo),) = await findings_for(
        other, center(f"{OURS}/"), SoftphoneCenter=3, Other=9
    )
    assert (grade, todo) == (Grade.OK, "")
    assert text == "SoftphoneCenter has the adapter's address and 3 active users."


async def test_an_unused_call_center_beside_a_used_one_is_left_alone() -> None:
    """One was imported, the other deployed: agents belong to one of them."""
    imported = center(name="Softphone")
    assert [grade for grade, _, _ in await findings_for(imported, center(), Softphone=2)] == [
        Grade.OK
    ]


async def test_a_call_center_without_users_fails() -> None:
    """Nothing is forgotten as often, and Salesforce says nothing."""
    ((grade, text, todo),) = await findings_for(center(), Other=9)
    assert grade is Grade.FAIL
    assert "No active user is in SoftphoneCenter" in text
    assert todo.endswith("SoftphoneCenter → Manage Call Center Users.")


async def test_a_call_center_for_classic_alone_fails() -> None:
    """Salesforce's own default."""
    ((grade, text, _),) = await findings_for(center(mode="Classic"), SoftphoneCenter=3)
    assert grade is Grade.FAIL
    assert "only for Classic" in text


@pytest.mark.parametrize(
    ("centers", "word"),
    [
        ([center("https://old.acme.example/softphone")], "SoftphoneCenter has https://old.acme"),
        ([center(None)], "SoftphoneCenter has )"),
        ([], "(none is set)"),
    ],
)
async def test_an_address_without_a_call_center_is_reported(centers: list[Row], word: str) -> None:
    """With the addresses that there are; an org without Open CTI has none."""
    ((grade, text, todo),) = await findings_for(*centers, SoftphoneCenter=3)
    assert grade is Grade.WARN
    assert text.startswith(f"No call center has {OURS}")
    assert word in text
    assert "Setup → Call Centers" in todo


@pytest.mark.parametrize("settings", [None, "", "rubbish", "[]", "{}"])
async def test_unreadable_settings_are_skipped(settings: str | None) -> None:
    """What they are is Salesforce's own matter."""
    ((grade, _, _),) = await findings_for(
        {**center(), "CustomSettings": settings}, SoftphoneCenter=1
    )
    assert grade is Grade.OK


async def test_an_org_that_refuses_the_query_is_not_a_failure() -> None:
    """The integration user may read Tasks, and need not see setup."""

    async def ask(_query: str) -> Sequence[Row]:
        raise ReadBackFailed("HTTPStatusError")

    (finding,) = await call_center_findings(ask, OURS)
    assert finding.grade is Grade.WARN
    assert "by hand" in finding.todo
