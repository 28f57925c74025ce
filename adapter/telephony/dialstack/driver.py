"""The driver of DialStack: sends what `requests` builds, reads answers and sorts failures.

A 4xx means certainly no call, and so does a connection that was never established. Time-outs,
dropped connections, 5xx and unreadable answers leave it unknown. Only GET requests are repeated.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import stamina
import structlog
from yarl import URL

from adapter.core.availability import Status
from adapter.telephony.dialstack import cdr, meaning, requests, wire
from adapter.telephony.dialstack.signing import TOLERANCE_SECONDS
from adapter.telephony.dialstack.webhook import PATH, open_webhook
from adapter.telephony.health import Observe
from adapter.telephony.port import (
    MOST_USERS,
    Action,
    Capabilities,
    Cdr,
    Placed,
    ProviderUser,
    Rejected,
    Silence,
    Unknown,
    Unsupported,
)
from adapter.telephony.strictjson import Malformed
from adapter.telephony.transport import UNREACHABLE, HttpClient, Response, ms_since
from adapter.telephony.updates import (
    CallUpdate,
    IncomingDelivery,
    RegisteredWebhook,
    Webhook,
    WebhookRefusal,
)

log = structlog.get_logger(__name__)

MAX_PAGES = 1_000
"""The most pages of a list: ten thousand rows at ten a page."""


def build_http(
    base_url: str,
    token: str,
    account: str,
    on_response: Callable[[Response], Awaitable[None]] | None = None,
    *,
    proxy: str = "",
) -> HttpClient:
    """The HTTP client; without redirects, because each request bears the token."""
    headers = {"Authorization": f"Bearer {token}", "DialStack-Account": account}
    return HttpClient(base_url, headers, on_response, proxy=proxy)


_RECORDING = {Action.PAUSE_RECORDING: "pause", Action.RESUME_RECORDING: "resume"}


@dataclass(eq=False, repr=False)
class DialStackDriver:
    """The `WebhookDriver` for DialStack and compatible servers. Owns `http` and closes it."""

    path = PATH

    http: HttpClient
    account: str = ""
    webhook_secrets: tuple[str, ...] = ()
    tolerance_seconds: float = TOLERANCE_SECONDS
    user_field: str = "user"
    sandbox: bool = False
    observe: Observe = lambda _took_ms, _trouble: None

    def __post_init__(self) -> None:
        self.capabilities = Capabilities(
            transfer=True,
            ring_profiles=True,
            emergency=True,
            call_log=True,
            sandbox=self.sandbox,
            caller_id=True,
            pause_recording=True,
            do_not_disturb=True,
            pause_queues=True,
        )

    async def place(
        self,
        call_id: str,
        user_id: str,
        dial_string: str,
        *,
        ring_profile: str | None = None,
        caller_id: str | None = None,
    ) -> Placed:
        """Send the POST that rings the phones, once."""
        body = requests.place_body(user_id, dial_string, ring_profile, self.user_field, caller_id)
        response = await self._send("POST", "/v1/calls", json=body)
        content = response.body  # usually empty
        return Placed(wire.parse_placed(content) if content else None, _request_id(response))

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Ask for a blind transfer."""
        path = requests.call_path(provider_call_id)
        await self._send("POST", path, json=requests.transfer_body(target))

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Pause or resume the recording; DialStack's REST API cannot hang up, hold or mute."""
        act = _RECORDING.get(action)
        if act is None:
            raise Unsupported(f"DialStack cannot do this from here: {action.value}")
        await self._send("POST", f"{requests.call_path(provider_call_id)}/recording/{act}")

    async def silence(self, user_id: str) -> Silence | None:
        """Read the user's presence; with do not disturb, phones stay silent without an error."""
        response = await self._send("GET", requests.presence_path(user_id))
        try:
            return wire.parse_silence(wire.parse_object(response.body))
        except Malformed as error:
            raise _unreadable(response, error) from error

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """Set do not disturb, or pause the user in all queues (404 if the user is in none).

        https://github.com/dialstack/dialstack-sdk (server: users.update, users.updateQueueAgent)
        """
        if status is Status.DO_NOT_DISTURB:
            await self._send("POST", requests.user_path(user_id), json={"do_not_disturb": on})
            return True
        body = requests.queue_agent_body(on, reason)
        path = requests.queue_agent_path(user_id)
        answer = await self._send("POST", path, json=body, missing_ok=True)
        return answer.status != 404

    async def webhooks(self) -> tuple[RegisteredWebhook, ...]:
        """List the registered endpoints."""
        rows = await self._list_rows("/v1/webhook_endpoints", requests.LIST_QUERY, at_most=None)
        return tuple(hook for row in rows if (hook := wire.parse_registered(row)))

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """Fetch one CDR."""
        response = await self._get(requests.call_path(provider_call_id), missing_ok=True)
        if response.status == 404:
            return None
        try:
            row = cdr.parse_record(wire.parse_object(response.body))
        except Malformed as error:
            raise _unreadable(response, error) from error
        if row is None:
            raise _unreadable(response, Malformed("no id"))
        return meaning.cdr_from_row(row)

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """List the newest CDRs of one user."""
        query = requests.records_query(user_id, since_ms, limit)
        rows = await self._list_rows("/v1/calls", query, at_most=limit)
        records = [record for row in rows if (record := cdr.parse_record(row))]
        own = cdr.own_records(records, user_id, since_ms)[:limit]
        return tuple([meaning.cdr_from_row(row) for row in own])

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """List the users, or search for an e-mail address."""
        rows = await self._list_rows("/v1/users", requests.users_query(email), at_most=MOST_USERS)
        users = tuple([user for row in rows if (user := wire.parse_user(row))][:MOST_USERS])
        if email is None and len(rows) >= MOST_USERS:
            log.warning("provider.users_cut", account=self.account, listed=len(users))
        return users

    def read(self, body: bytes, at: int) -> CallUpdate | None:
        """Read a stored webhook again."""
        try:
            return wire.parse_webhook(body, at).update
        except Malformed:
            return None

    def open_webhook(
        self, headers: Mapping[str, str], body: bytes, url: str, now: int
    ) -> IncomingDelivery | WebhookRefusal:
        """Verify and read a webhook; DialStack signs only the body, not the address."""
        return open_webhook(
            headers,
            body,
            account=self.account,
            secrets=self.webhook_secrets,
            now=now,
            tolerance=self.tolerance_seconds,
        )

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Register an endpoint; the answer shows the secret only once."""
        body = requests.webhook_body(url, events)
        response = await self._send("POST", "/v1/webhook_endpoints", json=body)
        try:
            return wire.parse_webhook_endpoint(response.body)
        except Malformed as error:
            raise _unreadable(response, error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    # --- one request ---------------------------------------------------------------

    async def _list_rows(
        self, path: str, query: dict[str, str], *, at_most: int | None
    ) -> list[dict[str, Any]]:
        """Read a list page by page until it ends or `at_most` rows are there."""
        rows: list[dict[str, Any]] = []
        url: str | URL = path
        params: dict[str, str] | None = query
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            response = await self._get(url, params=params)
            try:
                page = wire.parse_page(response.body)
            except Malformed as error:
                raise _unreadable(response, error) from error
            rows.extend(page.rows)
            is_enough = at_most is not None and len(rows) >= at_most
            if page.next_url is None or page.next_url in seen or is_enough:
                break  # the list has ended, repeats itself, or is long enough
            seen.add(page.next_url)
            # No params: even empty ones would replace the address's own query.
            url, params = self._own_url(page.next_url, response), None
        return rows

    def _own_url(self, url: str, response: Response) -> URL:
        """Resolve the next page's address; it must not send the token to another host."""
        base = URL(self.http.base_url)
        try:
            next_url = response.url.join(URL(url, encoded=True))
        except ValueError:
            raise Unknown("The next page's address is invalid") from None
        if (next_url.scheme, next_url.host, next_url.port) != (base.scheme, base.host, base.port):
            raise Unknown("The next page is on another host", request_id=_request_id(response))
        return next_url

    async def _get(self, url: str | URL, *, missing_ok: bool = False, **more: Any) -> Response:
        """GET, with up to three attempts."""
        async for attempt in stamina.retry_context(on=Unknown, attempts=3, timeout=30.0):
            with attempt:
                return await self._send("GET", url, missing_ok=missing_ok, **more)
        raise AssertionError("the last attempt returns or raises")

    async def _send(
        self, method: str, url: str | URL, *, missing_ok: bool = False, **more: Any
    ) -> Response:
        """Send one request once and return its 2xx response (or 404 with `missing_ok`)."""
        began = perf_counter()
        try:
            response = await self.http.request(method, url, **more)
            if not (200 <= response.status < 300 or (missing_ok and response.status == 404)):
                raise _error_of(response)
            if "html" in response.headers.get("Content-Type", "").lower():
                # A maintenance or sign-in page of something in between, not the API's answer.
                text = "A web page came instead of the phone system's answer"
                raise Unknown(text, request_id=_request_id(response))
        except (Rejected, Unknown) as error:
            self.observe(ms_since(began), _trouble(error))
            raise
        self.observe(ms_since(began), "")
        return response


def _error_of(response: Response) -> Rejected | Unknown:
    """The error of an unsuccessful response: 4xx is a refusal, except the ambiguous 408."""
    status, request_id = response.status, _request_id(response)
    problem = wire.parse_problem(response.body)
    text = problem.text if problem else response.reason or f"HTTP {status}"
    if not 400 <= status < 500 or status == 408:
        return Unknown(text, request_id=request_id)
    code = problem.code if problem and problem.code else f"http-{status}"
    retry_after = wire.parse_retry_after(response.headers.get("Retry-After"))
    return Rejected(code, text, retry_after=retry_after, request_id=request_id)


def _trouble(error: Rejected | Unknown) -> str:
    """The provider's trouble; none if it answered, even with a refusal."""
    if isinstance(error, Unknown):
        return "no-answer"
    return "unreachable" if error.code == UNREACHABLE else ""


def _unreadable(response: Response, error: Malformed) -> Unknown:
    text = f"The provider's answer cannot be read ({error.reason})"
    return Unknown(text, request_id=_request_id(response))


def _request_id(response: Response) -> str | None:
    return response.headers.get("X-Request-Id")
