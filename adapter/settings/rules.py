"""What the text of a setting must look like, and what a secret must not. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from adapter.core.callcenter import is_region
from adapter.core.facts import Outcome
from adapter.origins import demand_https, ip_of, normal_origin
from adapter.taskfields import is_field

LONGEST_SECONDS = 86_400
LAST_PORT = 65_535
SHORTEST_SECRET = 16

Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS, allow_inf_nan=False)]


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_comma_separated)]
"""Several, separated by commas."""

EVERYWHERE = "all"
"""In place of a list of countries."""

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
_NUMBER_PREFIX = re.compile(r"\+?[0-9]{1,15}")
_DIAL_PLAN = re.compile(r"(?:([A-Z]{2}):)?([0-9]{0,8})/([0-9]{0,8})/([0-9]{0,8})")


def milliseconds(seconds: float) -> int:
    """The nearest whole number of them."""
    return round(seconds * 1000)


def secure_origin(text: str) -> str:
    """A Salesforce origin in its normal form. Raises ValueError."""
    try:
        return demand_https(normal_origin(text))
    except ValueError as error:
        example = "such as https://acme.lightning.force.com, without a path"
        raise ValueError(f"{text!r} is not an origin, {example}: {error}") from None


_SAMPLE_WORDS = re.compile(
    r"(?:demo|test|example|sample|secret|webhook|hook|change|this|your|here|my|me|key|token|live|"
    r"password|softphone|dialstack|0?123456789?0?|\d{1,4}|x+|[\W_])+"
)
_SAMPLES = frozenset({"mfkq9r8gkyqrtwjupd8ilpzio2lalasw"})
"""Sample secrets from documentation that people copy; this one is Svix's own
(https://docs.svix.com/receiving/verifying-payloads/how-manual)."""


def why_weak(secret: str) -> str:
    """Why a webhook secret is weak; empty if it is not."""
    bare = secret.removeprefix("whsec_").lower()
    if _SAMPLE_WORDS.fullmatch(bare) or bare in _SAMPLES:
        return "is a sample from public documentation"
    if len(secret) < SHORTEST_SECRET or len(set(bare)) < SHORTEST_SECRET // 3:
        return f"is easy to guess: use at least {SHORTEST_SECRET} characters"
    return ""


def split_secrets(text: str) -> tuple[str, ...]:
    """Several secrets during a rotation: separated by commas, or one per line in a file."""
    return tuple(part.strip() for part in re.split("[,\n]", text) if part.strip())


def is_database_url(text: str) -> bool:
    """Whether SQLAlchemy reads the same in it as libpq, or as a file's path."""
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite":
        return re.fullmatch("/*[^/?%][^?%]*", rest) is not None
    try:
        # Raises where the port is no number, or a bracket is left open.
        port = urlsplit(text).port
    except ValueError:
        return False
    plain = re.fullmatch(r"([^%\s#]|%[0-9A-Fa-f]{2})*", rest)
    return scheme in {"postgresql", "postgres"} and plain is not None and port != 0


def demand_one_word(secret: str) -> None:
    """Raise ValueError, without the secret, where no HTTP header can carry it."""
    if not re.fullmatch("[!-~]*", secret):
        raise ValueError("must be one word of plain characters: copy it again, on one line")


def is_number_prefix(text: str) -> bool:
    """Whether it is + and digits, or digits alone."""
    return _NUMBER_PREFIX.fullmatch(text) is not None


def whole_numbers(values: Iterable[str]) -> tuple[str, ...]:
    """Full numbers (E.164). Raises ValueError for any other."""
    pattern = re.compile(r"\+[1-9][0-9]{6,14}")
    return each(tuple(values), pattern.fullmatch, "must be a full number such as +12025550100")


def plan_parts(text: str) -> tuple[str, ...]:
    """The country (may be empty) and three prefixes of a dial plan; empty if it is not one."""
    found = _DIAL_PLAN.fullmatch(text)
    if found is None or not any(found.groups("")[1:]):
        return ()
    region, *_ = parts = found.groups("")
    return parts if not region or is_region(region) else ()


NO_REGION = "must be a country code of two capital letters, such as US, DE or GB"


def each(values: tuple[str, ...], fits: Callable[[str], object], wrong: str) -> tuple[str, ...]:
    """The values, if all of them fit."""
    for value in values:
        if not fits(value):
            raise ValueError(f"{value!r} {wrong}")
    return values


def is_network(text: str) -> bool:
    """Whether it is an IP address, or a network in CIDR notation, but not the whole Internet."""
    try:
        return ip_network(text, strict=False).prefixlen > 0
    except ValueError:
        return False


def is_endpoint(text: str) -> bool:
    """Whether it is the host and port of one machine. An IPv6 address must be in brackets.

    Other addresses may be in brackets too, for callers that do not know which kind it is.
    """
    host, _, port = text.rpartition(":")
    if not (port.isdecimal() and 0 < int(port) <= LAST_PORT):
        return False
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    address = ip_of(bare)
    if address is None:
        return bool(_HOST.fullmatch(host))
    return not address.is_unspecified and (bare != host or isinstance(address, IPv4Address))


_WORD = r"([!$&-.0-9;=A-Z_a-z~]|%[2-7][0-9A-Fa-f])+"
_PROXY = re.compile(rf"http://({_WORD}(:{_WORD})?@)?(?P<endpoint>[^/@]+)/?")


def is_proxy(text: str) -> bool:
    """Whether it is the http address of a proxy, with a port, and perhaps a user and a password."""
    found = _PROXY.fullmatch(text)
    return found is not None and is_endpoint(found["endpoint"])


def is_task_field(pair: str) -> bool:
    """Whether it is a field that an admin may set, and its value."""
    name, _, value = (part.strip() for part in pair.partition("="))
    return bool(value) and is_field(name)


def is_disposition(pair: str) -> bool:
    """Whether it is an outcome and what the org calls it."""
    outcome, _, text = (part.strip() for part in pair.partition("="))
    return bool(text) and outcome in {known.value for known in Outcome}


def is_seconds(text: str) -> bool:
    """Whether it is a valid number of seconds."""
    try:
        return 0 <= float(text) <= LONGEST_SECONDS
    except ValueError:
        return False


def split_fields(text: str) -> tuple[str, ...]:
    """The `Field=value` texts of a list: a comma separates them only before a field's name."""
    parts = re.split(r",(?=\s*[A-Za-z][A-Za-z0-9_]*\s*=)", text)
    return tuple(part.strip().rstrip(",") for part in parts if part.strip(" ,"))
