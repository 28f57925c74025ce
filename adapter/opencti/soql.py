"""Finds the Tasks of a call in Salesforce, server to server, as an integration user.

The alternative to the Apex class that a page calls. It needs no page, but its own client in
Salesforce (an External Client App with the client-credentials flow). It only reads; the agent's
page saves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapter.core.model import AgentKey
from adapter.outbound import SMALL, build_client
from adapter.page.parts import is_record_id
from adapter.page.port import ReadBackFailed

TOTAL_SECONDS = 15.0
QUERY_PATH = "/services/data/v57.0/queryAll"
_CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")


@dataclass(eq=False, repr=False)
class TaskFinder:
    """Finds Tasks by their CallObject. Owns `http`, whose base address is the org's domain.

    `key_field` is the custom field with the call's id, if there is one. It finds the Task whoever
    created it, even if an automation has changed its CallObject.
    """

    http: httpx.AsyncClient
    client_id: str
    client_secret: str
    key_field: str = ""
    _token: str = field(default="", init=False)

    async def find(self, agent: AgentKey, call_id: str) -> tuple[str, ...]:
        """Ids of the Tasks of this agent's call, including deleted ones, oldest first.

        Raises ReadBackFailed.
        """
        if not _CALL_ID.match(call_id) or not is_record_id(agent.user_id):
            raise ReadBackFailed("the call's or the agent's id is invalid")
        # Both ids were checked above, so nothing can be injected.
        fits = f"CallObject = '{call_id}' AND CreatedById = '{agent.user_id}'"
        if self.key_field:
            fits = f"{self.key_field} = '{call_id}' OR ({fits})"
        query = f"SELECT Id FROM Task WHERE {fits} ORDER BY CreatedDate LIMIT 10"  # noqa: S608
        return tuple(str(row["Id"]) for row in await self.rows(query) if row.get("Id"))

    async def rows(self, query: str) -> tuple[dict[str, Any], ...]:
        """The records that a query finds, including deleted ones. Raises ReadBackFailed."""
        try:
            answer = await self._query(query)
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise ReadBackFailed(type(error).__name__) from error
        rows = answer.get("records")
        if not isinstance(rows, list):
            raise ReadBackFailed("no records in the answer")
        return tuple(row for row in rows if isinstance(row, dict))

    async def _query(self, query: str) -> dict[str, Any]:
        """Run a query; replace an expired token once."""
        if not self._token:
            self._token = await self._sign_in()
        response = await self._get(query)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._token = await self._sign_in()
            response = await self._get(query)
        return _object(response)

    async def _get(self, query: str) -> httpx.Response:
        return await self.http.get(
            QUERY_PATH,
            params={"q": query},
            headers={"Authorization": f"Bearer {self._token}"},
        )

    async def _sign_in(self) -> str:
        """The client-credentials flow of OAuth 2.0 (RFC 6749, section 4.4)."""
        response = await self.http.post(
            "/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(self.client_id, self.client_secret),
        )
        token = _object(response).get("access_token")
        if not isinstance(token, str):
            raise ReadBackFailed("no access token in the answer")
        return token

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def build_finder(
    base_url: str, client_id: str, client_secret: str, key_field: str = "", *, proxy: str = ""
) -> TaskFinder:
    """A finder with its own HTTP client."""
    http = build_client(TOTAL_SECONDS, most=SMALL, base_url=base_url, proxy=proxy)
    return TaskFinder(http, client_id, client_secret, key_field=key_field)


def _object(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    body = response.json()
    if not isinstance(body, dict):
        raise ReadBackFailed("the answer is not a JSON object")
    return body
