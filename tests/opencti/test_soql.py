"""Asking Salesforce for a call's Tasks: what is sent, and what no answer means."""

from __future__ import annotations

import httpx
import pytest
import respx

from adapter.core.model import AgentKey
from adapter.opencti.soql import TaskFinder, build_finder
from adapter.page.port import ReadBackFailed

ORG = "https://acme.my.salesforce.com"
ADA = AgentKey("00D000000000001", "005000000000001")


@pytest.fixture
async def finder() -> TaskFinder:
    """A finder for the org."""
    return build_finder(ORG, "client", "secret")


def signs_in(mock: respx.MockRouter) -> respx.Route:
    """The org's token endpoint."""
    return mock.post("/services/oauth2/token").respond(json={"access_token": "token-1"})


@respx.mock(base_url=ORG)
async def test_the_agents_own_tasks_of_the_call_are_found(
    respx_mock: respx.MockRouter, finder: TaskFinder
) -> None:
    """Signed in by client credentials, asked by CallObject and creator, deleted rows included."""
    token = signs_in(respx_mock)
    asked = respx_mock.get("/services/data/v57.0/queryAll").respond(
        json={"records": [{"Id": "00T1"}, {"Id": "00T2"}]}
    )
    assert await finder.find(ADA, "call_1") == ("00T1", "00T2")
    assert b"grant_type=client_credentials" in token.calls.last.request.content
    query = asked.calls.last.request.url.params["q"]
    assert "CallObject = 'call_1'" in query
    assert "CreatedById = '005000000000001'" in query
    assert asked.calls.last.request.headers["Authorization"] == "Bearer token-1"
    await finder.close()


@respx.mock(base_url=ORG)
async def test_a_task_is_found_by_the_calls_key_as_well(respx_mock: respx.MockRouter) -> None:
    """Whoever made it, and also where its CallObject says something else meanwhile."""
    finder = build_finder(ORG, "client", "secret", "Softphone_Call__c")
    signs_in(respx_mock)
    asked = respx_mock.get("/services/data/v57.0/queryAll").respond(json={"records": []})
    assert await finder.find(ADA, "call_1") == ()
    by_call = "(CallObject = 'call_1' AND CreatedById = '005000000000001')"
    where = asked.calls.last.request.url.params["q"].partition("WHERE ")[2]
    assert where.startswith(f"Softphone_Call__c = 'call_1' OR {by_call} ORDER BY")
    await finder.close()


@respx.mock(base_url=ORG)
async def test_an_expired_token_is_replaced_once(
    respx_mock: respx.MockRouter, finder: TaskFinder
) -> None:
    """The second question is asked with a new token; a third is not."""
    token = signs_in(respx_mock)
    asked = respx_mock.get("/services/data/v57.0/queryAll")
    asked.side_effect = [httpx.Response(401), httpx.Response(200, json={"records": []})]
    assert await finder.find(ADA, "call_1") == ()
    assert token.call_count == 2
    asked.side_effect = [httpx.Response(401), httpx.Response(401)]
    with pytest.raises(ReadBackFailed):
        await finder.find(ADA, "call_1")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"records": None}),
    ],
)
@respx.mock(base_url=ORG)
async def test_an_invalid_answer_is_not_evidence(
    answer: httpx.Response, respx_mock: respx.MockRouter, finder: TaskFinder
) -> None:
    """Errors and rubbish raise: "nothing found" would allow a second Task."""
    signs_in(respx_mock)
    respx_mock.get("/services/data/v57.0/queryAll").mock(return_value=answer)
    with pytest.raises(ReadBackFailed):
        await finder.find(ADA, "call_1")


@respx.mock(base_url=ORG)
async def test_without_a_token_no_query_is_sent(
    respx_mock: respx.MockRouter, finder: TaskFinder
) -> None:
    """A refused sign-in is a failure, not an empty result."""
    respx_mock.post("/services/oauth2/token").respond(json={"error": "invalid_client"})
    with pytest.raises(ReadBackFailed):
        await finder.find(ADA, "call_1")


@pytest.mark.parametrize("call_id", ["", "call' OR Id != '", "c" * 300])
async def test_an_invalid_id_is_never_queried(call_id: str, finder: TaskFinder) -> None:
    """Nothing but letters, digits, hyphens and underscores gets into a query."""
    with pytest.raises(ReadBackFailed):
        await finder.find(ADA, call_id)
