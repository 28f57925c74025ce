"""Checks each SIP message of a page's phone to the provider. Pure.

Law of this file: a page is only a phone that can be called. It speaks only for itself, starts no
call, and cannot appear as somebody else: only the headers that a phone needs pass. It is reached
over its own WebSocket and nowhere else: the provider would call any address in a Contact, and send
requests wherever a Record-Route says.
https://datatracker.ietf.org/doc/html/rfc3261 and https://datatracker.ietf.org/doc/html/rfc7118
"""

from __future__ import annotations

import re

MAX_BYTES = 32 * 1024
"""In bytes; an audio offer has about 2 kB, with many networks 8 kB."""

KEEP_ALIVE = "\r\n\r\n"

_METHODS = frozenset({"REGISTER", "ACK", "BYE", "INFO", "INVITE", "UPDATE", "PRACK", "OPTIONS"})
_IN_DIALOG = _METHODS - {"REGISTER"}
_COMPACT = {
    **{"f": "from", "t": "to", "v": "via", "i": "call-id", "m": "contact", "l": "content-length"},
    **{"c": "content-type", "k": "supported", "e": "content-encoding", "s": "subject"},
}
_PASSED = frozenset(
    {
        *("via", "from", "to", "call-id", "cseq", "contact", "max-forwards", "expires"),
        *("authorization", "content-type", "allow", "supported", "require", "user-agent"),
        *("rseq", "rack", "reason", "accept", "session-expires", "min-se", "retry-after"),
        *("unsupported", "warning", "server"),
    }
)
_ONCE = ("from", "to", "call-id", "cseq")
_REQUEST = re.compile(r"([A-Z]{3,10}) sips?:[^\s<>\"]{1,300} SIP/2\.0")
_RESPONSE = re.compile(r"SIP/2\.0 [1-6][0-9]{2}( [\x20-\x7e]{0,200})?")
_HEADER = re.compile(r"([A-Za-z-]{1,40})[ \t]*:[ \t]*([^\x00-\x08\x0a-\x1f]{0,4000})")
_ADDRESS = re.compile(
    r"""(?: "[^"\\]{0,200}" \s* | [\w.\-\s]{0,200} )?
        < sips? : ([\w.~-]{1,80}) @ [^<>"\s]{1,300} >
        ((?: ; [\w.~-]{1,40} (?: = [\w.~-]{1,200} )? )*)""",
    re.VERBOSE | re.ASCII,
)
_CONTACT = re.compile(
    r"""< sip: ([\w.~-]{1,80}) @ [\w-]{1,80}\.invalid ;transport=ws >
        (?: ; [\w.+~-]{1,40} (?: = (?: [\w.~-]{1,200} | "[^",\\]{0,200}" ) )? )*""",
    re.VERBOSE | re.ASCII,
)
"""One phone behind a WebSocket (https://datatracker.ietf.org/doc/html/rfc7118#section-5)."""


class NotAPhone(Exception):
    """Our phones do not send this; the text quotes nothing of it."""


def passed_on(message: str, user: str) -> str:
    """The message with only allowed headers, from this user's phone. Raises NotAPhone."""
    if message == KEEP_ALIVE:
        return message
    head, _, body = message.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = [header for line in lines if (header := _read_header(line))[0] in _PASSED]
    once = {name: [value for key, value in headers if key == name] for name in _ONCE}
    if any(len(values) != 1 for values in once.values()):
        raise NotAPhone("a message whose sender or receiver is not clear")
    _check_contacts([value for key, value in headers if key == "contact"], user)
    _check_request(first, once["from"][0], once["to"][0], user)
    # A length given by the page could hide a second message behind the first.
    lines_out = [f"{name}: {value}" for name, value in headers]
    lines_out.append(f"content-length: {len(body.encode())}")
    return "\r\n".join([first, *lines_out, "", body])


def _read_header(line: str) -> tuple[str, str]:
    match = _HEADER.fullmatch(line)
    if match is None:
        raise NotAPhone("a header that cannot be read")
    name = match[1].lower()
    return _COMPACT.get(name, name), match[2]


def _check_contacts(contacts: list[str], user: str) -> None:
    matches = [_CONTACT.fullmatch(contact) for contact in contacts]
    if len(matches) > 1 or any(match is None or match[1] != user for match in matches):
        raise NotAPhone("a phone at another address")


def _check_request(first: str, sender: str, receiver: str, user: str) -> None:
    if _RESPONSE.fullmatch(first):
        return
    match = _REQUEST.fullmatch(first)
    if match is None or match[1] not in _METHODS:
        raise NotAPhone("a request that no phone of ours makes")
    sent_by, sent_to = _ADDRESS.fullmatch(sender), _ADDRESS.fullmatch(receiver)
    if sent_by is None or sent_to is None or sent_by[1] != user:
        raise NotAPhone("a request in another's name")
    if match[1] not in _IN_DIALOG:
        if sent_to[1] != user:
            raise NotAPhone("a registration for somebody else")
    elif ";tag=" not in sent_to[2]:
        raise NotAPhone("a call, which pages do not begin here")
