"""A pop-up without a browser: goes where it is sent, keeps its cookies, finds the code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from adapter.web.signin.secret import s256

ORIGIN = "http://127.0.0.1:1"
OPENED_BY_US = {
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
"""What browsers say of a window that a page of ours opened."""

VERIFIER = "v" * 43


@dataclass
class PopUp:
    """One sign-in through it, step by step."""

    url: str
    origin: str = ORIGIN
    org: str = ""
    verifier: str = VERIFIER
    forwarded: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, url: str, **what: Any) -> httpx.Response:
        """One request, on a connection of its own."""
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            return await http.request(method, url, **what)

    async def start(self) -> httpx.Response:
        """To Salesforce's address. Secure cookies are kept by hand: this is plain http."""
        query = {"origin": self.origin, "org": self.org, "challenge": s256(self.verifier)}
        headers = {**OPENED_BY_US, "X-Forwarded-For": self.forwarded}
        answer = await self.ask("GET", f"{self.url}/auth/start", params=query, headers=headers)
        name, _, value = answer.headers.get("set-cookie", "=").split(";")[0].partition("=")
        self.cookies[name] = value
        return answer

    async def sign_in(self, started: httpx.Response, login: str = "ada") -> str:
        """Fill in Salesforce's form; the address that it sends the pop-up back to."""
        answer = await self.ask("GET", started.headers["location"] + f"&login={login}")
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def come_back(self, address: str) -> httpx.Response:
        """The callback."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie, "X-Forwarded-For": self.forwarded}
        return await self.ask("GET", address, headers=headers)

    async def code(self, login: str = "ada") -> str:
        """The whole way, up to the code."""
        answer = await self.come_back(await self.sign_in(await self.start(), login))
        assert answer.status_code == 200, answer.text
        return code_in(answer)

    async def redeem(self, code: str, cookie: str = "", **more: Any) -> httpx.Response:
        """What the iframe does with it."""
        body = {"code": code, "verifier": self.verifier, **more}
        headers = {"Origin": self.url, "Cookie": cookie, "X-Forwarded-For": self.forwarded}
        return await self.ask("POST", f"{self.url}/auth/redeem", json=body, headers=headers)


def code_in(answer: httpx.Response) -> str:
    """The code that a page of the pop-up hands over."""
    found = re.search('data-code="([A-Z2-9]{8})"', answer.text)
    assert found, answer.text
    return found[1]
