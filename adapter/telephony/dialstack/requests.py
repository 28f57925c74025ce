"""Builds requests to DialStack: paths, queries and bodies. Pure.

Endpoints and fields: https://docs.dialstack.ai/api
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

MOST_ROWS = 100
"""The most rows of a page; without a limit it has ten."""

USER_FIELDS = ("user", "user_id")
"""Names of the user's field; `user_id` is deprecated since the server SDK 2.0.0."""


def place_body(
    user_id: str,
    dial_string: str,
    ring_profile: str | None,
    user_field: str,
    caller_id: str | None = None,
) -> dict[str, str]:
    """Build the body of `POST /v1/calls`; a ring profile is a find-me-follow-me key."""
    body = {user_field: user_id, "dial_string": dial_string}
    if ring_profile:
        body["find_me_follow_me_key"] = ring_profile
    if caller_id:
        body["did"] = caller_id
    return body


def transfer_body(target: str) -> dict[str, Any]:
    """Build the body of `POST /v1/calls/{id}`; blind is the one documented mode."""
    return {"actions": [{"type": "transfer", "target": target, "mode": "blind"}]}


def call_path(provider_call_id: str) -> str:
    """Build a call's path; the id is opaque, so every special character is escaped, even dots."""
    return "/v1/calls/" + _escaped(provider_call_id)


def _escaped(opaque: str) -> str:
    return quote(opaque, safe="").replace(".", "%2E")


def records_query(user_id: str, since_ms: int, limit: int) -> dict[str, str]:
    """Build the query of `GET /v1/calls`."""
    since = datetime.fromtimestamp(since_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = str(min(limit, MOST_ROWS))
    return {"user": user_id, "user_id": user_id, "from_date": since, "limit": rows}


LIST_QUERY = {"limit": str(MOST_ROWS)}
"""The query for a list."""


def users_query(email: str | None) -> dict[str, str]:
    """Build the query of `GET /v1/users`: the largest pages, or a search.

    Extensions are returned only on request
    (https://github.com/dialstack/dialstack-sdk, server/src/__tests__/user-expand.test.ts).
    """
    query = {**LIST_QUERY, "expand[]": "extensions"}
    return query if email is None else {**query, "search": email}


def presence_path(user_id: str) -> str:
    """Build the path of a user's presence."""
    return f"{user_path(user_id)}/presence"


def user_path(user_id: str) -> str:
    """Build a user's path; a POST of the changed fields updates the user."""
    return f"/v1/users/{_escaped(user_id)}"


def queue_agent_path(user_id: str) -> str:
    """Build the path of a user's queue agent."""
    return f"{user_path(user_id)}/queue-agent"


def queue_agent_body(paused: bool, reason: str) -> dict[str, str]:
    """Build the body of `POST /v1/users/{id}/queue-agent`."""
    if not paused:
        return {"status": "available"}
    return {"status": "paused", **({"reason": reason} if reason else {})}


def webhook_body(url: str, events: Sequence[str]) -> dict[str, Any]:
    """Build the body of `POST /v1/webhook_endpoints`."""
    return {"url": url, "enabled_events": list(events)}
