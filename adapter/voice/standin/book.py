"""An org's VoiceCall records and the rules for writing them. Pure.

https://developer.salesforce.com/docs/atlas.en-us.voice_developer_guide.meta/voice_developer_guide/voice_rest_overview.htm
Law of this file: a token is valid once; a vendor key names one record; a refused request changes
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from adapter.voice.standin.rules import KEY_LIMIT, Json, complete_problems, create_problems

LONGEST_TOKEN_SECONDS = 86_400
CLOCK_SECONDS = 300
"""How far in the future a token's issue time may be."""


@dataclass(frozen=True, slots=True)
class Center:
    """The contact center that may write: org id, API name, public key."""

    org_id: str
    name: str
    key: RSAKey


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP response."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        """Whether the record was written."""
        return self.status < 300


@dataclass(slots=True)
class Book:
    """All records by vendor key. `doubled` lists keys with a second creation."""

    center: Center
    records: dict[str, Json] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _tokens: set[str] = field(default_factory=set)

    def denied(self, headers: Mapping[str, str], now_ms: int) -> Reply | None:
        """The refusal if the sender may not write; else None, and the token is used up."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return self._refusal(401, "INVALID_AUTH_HEADER", "no bearer token")
        try:
            claims = jwt.decode(token, self.center.key, algorithms=["RS256"]).claims
        except (JoseError, ValueError) as error:
            return self._refusal(401, "INVALID_JWT", type(error).__name__)
        if problem := self._claims_problem(claims, now_ms / 1000):
            return self._refusal(401, "INVALID_JWT", problem)
        if not headers.get("Telephony-Provider-Name"):
            return self._refusal(400, "MISSING_HEADER", "Telephony-Provider-Name")
        if claims["jti"]:
            self._tokens.add(claims["jti"])
        return None

    def _claims_problem(self, claims: Json, now: float) -> str:
        if (claims.get("iss"), claims.get("sub")) != (self.center.org_id, self.center.name):
            return "iss must be the org, sub the contact center"
        issued, ends = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(ends, int):
            return "iat and exp are required"
        if issued > now + CLOCK_SECONDS or ends <= now or ends - issued > LONGEST_TOKEN_SECONDS:
            return "the token is not valid now"
        claims.setdefault("jti", "")
        return "the token was used before" if claims["jti"] in self._tokens else ""

    def create(self, body: Any) -> Reply:
        """POST /voiceCalls."""
        if problems := create_problems(body):
            return self._refusal(400, "INVALID_INPUT", "; ".join(problems))
        if body["callCenterApiName"] != self.center.name:
            return self._refusal(404, "NOT_FOUND", "no such contact center")
        key = body["vendorCallKey"]
        if key in self.records:
            self.doubled.append(key)
            return self._refusal(400, "DUPLICATE_VALUE", f"{key} has a record")
        record = self._new(key)
        record.update(body, CallDisposition="new")
        return Reply(201, {"voiceCallId": record["Id"], "errors": []})

    def complete(self, key: str, body: Any) -> Reply:
        """PATCH /voiceCalls/{key}; creates the record if there is none."""
        if not 0 < len(key) <= KEY_LIMIT:
            return self._refusal(404, "NOT_FOUND", "no such call")
        if problems := complete_problems(body):
            return self._refusal(400, "INVALID_INPUT", "; ".join(problems))
        by_id = (record for record in self.records.values() if record["Id"] == key)
        record = self.records.get(key) or next(by_id, None) or self._new(key)
        active = body.get("isActiveCall", False)
        record.update(body, CallDisposition="in-progress" if active else "completed")
        return Reply(202, {"status": "pending"})

    def tell(self, key: str, fields: Json) -> Json:
        """Write fields as Salesforce does when its page reports a call; the record."""
        record = self.records.get(key) or self._new(key)
        record.update(fields)
        return record

    def _new(self, key: str) -> Json:
        record: Json = {"Id": f"0LQ{len(self.records) + 1:012d}AAA", "vendorCallKey": key}
        self.records[key] = record
        return record

    def _refusal(self, status: int, code: str, message: str) -> Reply:
        self.refused.append(f"{status} {code}: {message}")
        return Reply(status, [{"errorCode": code, "message": message}])
