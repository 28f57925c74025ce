"""DialStack as a driver: the HTTP edge, which sends what `wire` built and sorts what came back.

A 4xx is surely no call, and so is a connection that never stood. Time-outs, dropped
connections, 5xx and answers that cannot be read leave it open. Nothing that changes
anything is ever sent twice; questions (GET) may be.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter
from typing import Any

import stamina
import structlog
from yarl import URL

from adapter.core.availability import Status
from adapter.telephony.dialstack import cdr, meaning, requests, wire
from adapter.telephony.dialstack.signing import TOLERANCE_SECONDS
from adapter.telephony.dialstack.webhook import PATH, open_webhook
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
from adapter.telephony.transport import UNREACHABLE, HttpClient, Response
from adapter.telephony.updates import (
    CallUpdate,
    IncomingDelivery,
    RegisteredWebhook,
    Webhook,
    WebhookRefusal,
)

log = structlog.get_logger(__name__)

MAX_PAGES = 1_000
"""Where a list ends at the latest: ten thousand rows, were there only ten a page."""


def build_http(
    base_url: str,
    token: str,
    account: str,
    heard: Callable[[Response], Awaitable[None]] | None = None,
) -> HttpClient:
    """Make the HTTP client: no redirects and no proxies, since each request bears the token."""
    headers = {"Authorization": f"Bearer {token}", "DialStack-Account": account}
    return HttpClient(base_url, headers, heard)


_RECORDING = {Action.PAUSE_RECORDING: "pause", Action.RESUME_RECORDING: "resume"}

Observe = Callable[[int, str], None]
"""Told of each request that has ended: how long it took (ms), and what was wrong ("": nothing)."""


class DialStackDriver:
    """The `WebhookDriver` that is DialStack (or speaks like it). Owns `http` and closes it."""

    path = PATH

    def __init__(
        self,
        http: HttpClient,
        *,
        account: str = "",
        webhook_secrets: tuple[str, ...] = (),
        tolerance_seconds: float = TOLERANCE_SECONDS,
        user_field: str = "user",
        sandbox: bool = False,
        observe: Observe = lambda _took_ms, _trouble: None,
    ) -> None:
        self._http = http
        self._account = account
        self._webhook_secrets = webhook_secrets
        self._tolerance_seconds = tolerance_seconds
        self._observe = observe
        self._user_field = user_field
        self.capabilities = Capabilities(
            transfer=True,
            ring_profiles=True,
            emergency=True,
            call_log=True,
            sandbox=sandbox,
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
        """Send the one POST that rings phones."""
        body = requests.place_body(user_id, dial_string, ring_profile, self._user_field, caller_id)
        response = await self._send("POST", "/v1/calls", json=body)
        told = response.body  # mostly nothing
        return Placed(wire.parse_placed(told) if told else None, _request_id(response))

    async def transfer(self, provider_call_id: str, target: str) -> None:
        """Ask for a blind transfer."""
        path = requests.call_path(provider_call_id)
        await self._send("POST", path, json=requests.transfer_body(target))

    async def control(
        self, provider_call_id: str, action: Action, value: str | None = None
    ) -> None:
        """Pause and resume the recording: DialStack's REST neither hangs up nor holds nor mutes."""
        act = _RECORDING.get(action)
        if act is None:
            raise Unsupported(f"DialStack cannot do this from here: {action.value}")
        await self._send("POST", f"{requests.call_path(provider_call_id)}/recording/{act}")

    async def silence(self, user_id: str) -> Silence | None:
        """Read the user's presence: do not disturb is obeyed by phones without a sign."""
        response = await self._send("GET", requests.presence_path(user_id))
        try:
            return wire.parse_silence(wire.parse_object(response.body))
        except Malformed as error:
            raise _unreadable(response, error) from error

    async def pause(self, user_id: str, status: Status, on: bool, reason: str = "") -> bool:
        """Set do not disturb, or pause the user in all queues; who is in none is not found there.

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
        """Read where events are posted."""
        rows = await self._rows("/v1/webhook_endpoints", requests.LIST_QUERY, at_most=None)
        return tuple(hook for row in rows if (hook := wire.parse_registered(row)))

    async def fetch_cdr(self, provider_call_id: str) -> Cdr | None:
        """Read one row of the call log."""
        response = await self._ask(requests.call_path(provider_call_id), missing_ok=True)
        if response.status == 404:
            return None
        try:
            found = cdr.parse_record(wire.parse_object(response.body))
        except Malformed as error:
            raise _unreadable(response, error) from error
        if found is None:
            raise _unreadable(response, Malformed("no id"))
        return meaning.cdr_from_row(found)

    async def list_cdrs(self, user_id: str, since_ms: int, limit: int) -> tuple[Cdr, ...]:
        """Read the newest rows of one user."""
        query = requests.records_query(user_id, since_ms, limit)
        rows = await self._rows("/v1/calls", query, at_most=limit)
        records = [record for row in rows if (record := cdr.parse_record(row))]
        own = cdr.own_records(records, user_id, since_ms)[:limit]
        return tuple([meaning.cdr_from_row(row) for row in own])

    async def users(self, email: str | None = None) -> tuple[ProviderUser, ...]:
        """Read the list of users, or what a search for the e-mail address finds."""
        rows = await self._rows("/v1/users", requests.users_query(email), at_most=MOST_USERS)
        users = tuple([user for row in rows if (user := wire.parse_user(row))][:MOST_USERS])
        if email is None and len(rows) >= MOST_USERS:
            log.warning("provider.users_cut", account=self._account, listed=len(users))
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
        """Prove and read a webhook; DialStack signs the body alone, not the address."""
        return open_webhook(
            headers,
            body,
            account=self._account,
            secrets=self._webhook_secrets,
            now=now,
            tolerance=self._tolerance_seconds,
        )

    async def register_webhook(self, url: str, events: Sequence[str]) -> Webhook:
        """Register an endpoint; the secret in the answer is shown this once."""
        body = requests.webhook_body(url, events)
        response = await self._send("POST", "/v1/webhook_endpoints", json=body)
        try:
            return wire.parse_webhook_endpoint(response.body)
        except Malformed as error:
            raise _unreadable(response, error) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # --- one request ---------------------------------------------------------------

    async def _rows(
        self, path: str, query: dict[str, str], *, at_most: int | None
    ) -> list[dict[str, Any]]:
        """Follow a list page by page until it ends or has given enough."""
        rows: list[dict[str, Any]] = []
        url: str | URL = path
        params: dict[str, str] | None = query
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            response = await self._ask(url, params=params)
            try:
                page = wire.parse_page(response.body)
            except Malformed as error:
                raise _unreadable(response, error) from error
            rows.extend(page.rows)
            is_enough = at_most is not None and len(rows) >= at_most
            if page.next_url is None or page.next_url in seen or is_enough:
                break  # it is whole, or goes round in circles, or nobody wants more
            seen.add(page.next_url)
            # Verbatim: params, even empty ones, would replace the address's own query.
            url, params = self._own_url(page.next_url, response), None
        return rows

    def _own_url(self, url: str, response: Response) -> URL:
        """Resolve the next page's address, which may not lead the token to another host."""
        base = URL(self._http.base_url)
        try:
            found = response.url.join(URL(url, encoded=True))
        except ValueError:
            raise Unknown("The next page has no valid address") from None
        if (found.scheme, found.host, found.port) != (base.scheme, base.host, base.port):
            raise Unknown("The next page lies at another host", request_id=_request_id(response))
        return found

    async def _ask(self, url: str | URL, *, missing_ok: bool = False, **more: Any) -> Response:
        """GET, up to three times in all."""
        async for attempt in stamina.retry_context(on=Unknown, attempts=3, timeout=30.0):
            with attempt:
                return await self._send("GET", url, missing_ok=missing_ok, **more)
        raise AssertionError("the last attempt returns or raises")

    async def _send(
        self, method: str, url: str | URL, *, missing_ok: bool = False, **more: Any
    ) -> Response:
        """Send one request once, and return its 2xx (or a 404 that is an answer)."""
        began = perf_counter()
        try:
            response = await self._http.request(method, url, **more)
            if not (200 <= response.status < 300 or (missing_ok and response.status == 404)):
                raise _failure(response)
        except (Rejected, Unknown) as error:
            self._observe(_ms_since(began), _trouble(error))
            raise
        self._observe(_ms_since(began), "")
        return response


def _failure(response: Response) -> Rejected | Unknown:
    """Sort an unsuccessful answer: 4xx is a refusal, save for 408 (who knows what it timed)."""
    status, request_id = response.status, _request_id(response)
    problem = wire.parse_problem(response.body)
    text = problem.text if problem else response.reason or f"HTTP {status}"
    if not 400 <= status < 500 or status == 408:
        return Unknown(text, request_id=request_id)
    code = problem.code if problem and problem.code else f"http-{status}"
    retry_after = wire.parse_retry_after(response.headers.get("Retry-After"))
    return Rejected(code, text, retry_after=retry_after, request_id=request_id)


def _trouble(error: Rejected | Unknown) -> str:
    """The trouble that a provider is in; none if it has answered, were it to refuse."""
    if isinstance(error, Unknown):
        return "no-answer"
    return "unreachable" if error.code == UNREACHABLE else ""


def _ms_since(began: float) -> int:
    return round((perf_counter() - began) * 1000)


def _unreadable(response: Response, error: Malformed) -> Unknown:
    text = f"The provider's answer cannot be read ({error.reason})"
    return Unknown(text, request_id=_request_id(response))


def _request_id(response: Response) -> str | None:
    return response.headers.get("X-Request-Id")
