"""The part of SIP that a phone on loopback needs (https://www.rfc-editor.org/rfc/rfc3261)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

CRLF = "\r\n"
_SHORT = {"i": "call-id", "f": "from", "t": "to", "v": "via", "m": "contact", "l": "content-length"}

REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    403: "Forbidden",
    404: "Not Found",
    480: "Temporarily Unavailable",
    486: "Busy Here",
    487: "Request Terminated",
    603: "Decline",
}


@dataclass
class Message:
    """A request (`method`, `uri`) or a response (`status`); headers have lower-case names."""

    method: str = ""
    uri: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""

    def get(self, name: str) -> str:
        """The first header of that name, or ""."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for key, value in self.headers if key == name]

    @property
    def call_id(self) -> str:
        """The Call-ID, which names the dialog."""
        return self.get("call-id")

    @property
    def sequence(self) -> int:
        """The number in CSeq: of the request, or of the request that this responds to."""
        return int(self.get("cseq").split()[0])

    @property
    def about(self) -> str:
        """The method in CSeq, also of a response."""
        return self.get("cseq").split()[1]

    def render(self) -> bytes:
        """The message as bytes."""
        if self.method:
            first = f"{self.method} {self.uri} SIP/2.0"
        else:
            first = f"SIP/2.0 {self.status} {REASONS.get(self.status, 'Unknown')}"
        body = self.body.encode()
        lines = [first, *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"content-length: {len(body)}")
        return CRLF.join([*lines, "", ""]).encode() + body


def parse(data: bytes) -> Message | None:
    """The message in a datagram; None for a keep-alive."""
    head, _, body = data.decode("utf-8", "replace").partition(CRLF + CRLF)
    first, *lines = head.split(CRLF)
    message = Message(body=body)
    if first.startswith("SIP/2.0 "):
        message.status = int(first.split()[1])
    elif first.endswith(" SIP/2.0"):
        message.method, message.uri, _ = first.split()
    else:
        return None
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        name = _SHORT.get(name, name)
        if name != "content-length":
            message.headers.append((name, value.strip()))
    return message


def tag_of(header: str) -> str:
    """The tag of a From or To header."""
    match = re.search(r";tag=([^;>\s]+)", header)
    return match[1] if match else ""


def address_of(header: str) -> str:
    """The address within the angle brackets, if there are any."""
    match = re.search(r"<([^>]+)>", header)
    return match[1] if match else header.split(";", maxsplit=1)[0]


def user_of(header: str) -> str:
    """The user part of the address in a header."""
    return address_of(header).removeprefix("sip:").partition("@")[0]


def media_address(body: str) -> tuple[str, int]:
    """The host and port at which a session description wants to receive audio."""
    host = re.search(r"^c=IN IP4 (\S+)", body, re.MULTILINE)
    port = re.search(r"^m=audio (\d+)", body, re.MULTILINE)
    return (host[1] if host else "127.0.0.1", int(port[1]) if port else 0)


def description(port: int, version: int, direction: str = "sendrecv") -> str:
    """A session description that offers mu-law audio and digits on this port."""
    lines = [
        "v=0",
        f"o=- 1 {version} IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 127.0.0.1",
        "t=0 0",
        f"m=audio {port} RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-16",
        "a=ptime:20",
        f"a={direction}",
    ]
    return CRLF.join([*lines, ""])
