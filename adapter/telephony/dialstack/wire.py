"""Reads DialStack's JSON into the port's values. Pure.

Endpoints and fields: https://docs.dialstack.ai/api

Law of this file: a delivery's shape is checked only here. Broken JSON or a missing event id raises
`Malformed`; everything else is an `IncomingDelivery`, with a call update, with a problem, or with
neither. An invalid value costs only its own field.
"""

from typing import Any, TypeGuard

from adapter.core.numbers.callerid import one_line
from adapter.core.values import Frozen
from adapter.telephony import strictjson
from adapter.telephony.dialstack import fields
from adapter.telephony.dialstack.cdr import read_row
from adapter.telephony.dialstack.meaning import call_update_from_event
from adapter.telephony.port import ProviderUser, Silence
from adapter.telephony.strictjson import Malformed
from adapter.telephony.updates import IncomingDelivery, Moment, RegisteredWebhook, Webhook

MOST_PROFILES = 20
"""The most ring profiles of a user."""

_MOMENTS = {
    "call.initiated": Moment.DIALED,
    "call.incoming": Moment.RINGING,
    "call.ringing": Moment.RINGING,
    "call.answered": Moment.CONNECTED,
    "call.end": Moment.ENDED,
    "call.transfer": Moment.TRANSFERRED,
}

EVENTS = tuple(_MOMENTS)
"""The event types to ask for when an endpoint is registered."""


class Problem(Frozen, frozen=True):
    """An error response: the provider's code, if any, and its text."""

    code: str | None
    text: str


class Page(Frozen, frozen=True):
    """One page of a list: its rows, and the next page's address, to be used verbatim."""

    rows: tuple[dict[str, Any], ...]
    next_url: str | None


def parse_object(raw: bytes, odd: set[str] | None = None) -> dict[str, Any]:
    """Read a JSON object; `odd` collects what was repaired. Raises `Malformed`."""
    value = strictjson.loads(raw, odd)
    if not isinstance(value, dict):
        raise Malformed("not an object")
    return value


def parse_placed(raw: bytes) -> str | None:
    """Return the call's id if the 2xx answer to a placement has one.

    The answer is documented as empty, but one page shows a body. An invalid body is no error,
    because the request was accepted.
    """
    try:
        return fields.ident(parse_object(raw).get("id"))
    except Malformed:
        return None


def parse_problem(raw: bytes) -> Problem | None:
    """Read an error in any of its three documented shapes; None if it has none of them."""
    try:
        body = parse_object(raw)
    except Malformed:
        return None
    error = body.get("error")
    if isinstance(error, dict):
        body, error = error, None
    text = fields.text(error, 1000) or fields.text(body.get("message"), 1000)
    code = fields.text(body.get("code"))
    return Problem(code and one_line(code), one_line(text)) if text else None


def parse_retry_after(value: str | None) -> float | None:
    """Return the seconds of a `Retry-After`; None for a date, its other form."""
    if value is None or not (value.isascii() and value.isdigit() and len(value) < 7):
        return None
    return float(value)


def parse_page(raw: bytes) -> Page:
    """Read one page of a list. Raises `Malformed` if it is not a list."""
    body = parse_object(raw)
    data = body.get("data")
    if not isinstance(data, list):
        raise Malformed("not a list")
    rows = tuple(row for row in data if isinstance(row, dict))
    return Page(rows, fields.text(body.get("next_page_url"), 4096))


def parse_user(row: dict[str, Any]) -> ProviderUser | None:
    """Read one user; None for a row without an id."""
    user_id = fields.ident(row.get("id"))
    if user_id is None:
        return None
    name, email = fields.name(row.get("name")), fields.text(row.get("email"), 320)
    silent = row.get("do_not_disturb") is True
    number, profiles = _extension(row.get("extensions")), _ring_profiles(row.get("config"))
    return ProviderUser(user_id, name, email, silent, number, profiles)


def _ring_profiles(config: Any) -> tuple[str, ...]:
    """Return the keys of the user's find-me-follow-me alternates; invalid ones are left out."""
    ladders = config.get("find_me_follow_me") if isinstance(config, dict) else None
    rows = ladders.get("alternates") if isinstance(ladders, dict) else None
    keys = (row.get("key") for row in rows if isinstance(row, dict)) if _is_list(rows) else ()
    idents = (fields.ident(key) for key in keys)
    return tuple(key for key in idents if key is not None)[:MOST_PROFILES]


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _extension(listed: Any) -> str | None:
    """Return the first active extension."""
    rows = listed.get("data") if isinstance(listed, dict) else None
    known = (row for row in rows if isinstance(row, dict)) if _is_list(rows) else ()
    active = (row.get("number") for row in known if row.get("status") in (None, "active"))
    return next((extension for number in active if (extension := fields.extension(number))), None)


def parse_webhook_endpoint(raw: bytes) -> Webhook:
    """Read the only answer that holds the endpoint's secret. Raises `Malformed`."""
    body = parse_object(raw)
    endpoint_id, secret = fields.ident(body.get("id")), fields.ident(body.get("secret"))
    if endpoint_id is None or secret is None:
        raise Malformed("no id or no secret")
    return Webhook(endpoint_id, secret)


def parse_silence(body: dict[str, Any]) -> Silence | None:
    """Read why a user's phones will not ring; None unless it is stated explicitly.

    Older versions of the API call do not disturb `dnd`
    (https://github.com/dialstack/dialstack-sdk, server/src/__tests__/user-dnd.test.ts).
    """
    if True in (body.get("do_not_disturb"), body.get("dnd")):
        return Silence.DO_NOT_DISTURB
    return Silence.OFFLINE if body.get("state") == "offline" else None


def parse_registered(row: dict[str, Any]) -> RegisteredWebhook | None:
    """Read one endpoint; None if it has no id or no address."""
    endpoint_id, url = fields.ident(row.get("id")), fields.text(row.get("url"), 4096)
    events = row.get("enabled_events")
    if endpoint_id is None or url is None:
        return None
    types = events if isinstance(events, list) else []
    return RegisteredWebhook(
        endpoint_id, url, tuple(kind for kind in types if isinstance(kind, str))
    )


# --- meaning -----------------------------------------------------------------------


def parse_webhook(raw: bytes, at: int) -> IncomingDelivery:
    """Read a verified delivery that arrived `at` (Unix milliseconds).

    `account` is the one that it names, or empty. A `problem` without an update means that the type
    concerns us but the call cannot be identified; with an update, that something was left out.

    Raises:
        Malformed: broken JSON, not an object, no event id or no type.
    """
    odd: set[str] = set()
    body = parse_object(raw, odd)
    event_id, kind = fields.ident(body.get("id")), fields.ident(body.get("type"))
    if event_id is None or kind is None:
        raise Malformed("no event id" if event_id is None else "no type")
    account = fields.ident(body.get("account_id")) or ""
    moment = _MOMENTS.get(kind)
    if moment is None:
        return IncomingDelivery(account, event_id, kind, raw)
    data = body.get("data")
    # An event's data and a CDR have the same fields, except for the id.
    row = data if isinstance(data, dict) else {}
    call_id = fields.ident(row.get("call_id"))
    if call_id is None:
        return IncomingDelivery(account, event_id, kind, raw, problem="no call_id")
    update = call_update_from_event(read_row(call_id, row, at), moment, at)
    problem = ", ".join(sorted(odd))
    return IncomingDelivery(account, event_id, kind, raw, update, problem=problem)
