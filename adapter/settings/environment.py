"""Reads the settings from the process' variables, from files that they name, and from `.env`.

A secret may come from a file: `SOFTPHONE_DIALSTACK_TOKEN_FILE=/run/secrets/token`. A file `.env` in
the working directory may set what the environment does not. An empty variable counts as not set.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic import SecretStr, ValidationError

from adapter.origins import is_for_this_machine, is_loopback
from adapter.settings import ANYBODY, PREFIX, Settings, WrongSetting
from adapter.settings.rules import why_weak

DOTENV = ".env"
_FILE = "_FILE"
_LONGEST_SHOWN = 80
_IN_QUOTES = re.compile(r"""(["']).*\1""", re.DOTALL)

QUOTED = (
    "is in quotation marks, which are part of the value here. Remove them: unlike .env, docker's "
    "--env-file does not strip them"
)

_PLAINLY = {
    "bool_parsing": "must be true or false",
    "float_parsing": "must be a number",
    "int_parsing": "must be a whole number",
}
"""Replaces pydantic's messages, by its type of error."""


def environment() -> dict[str, str]:
    """The variables of `.env` in the working directory, overridden by the process' own.

    Raises WrongSetting if `.env` exists and cannot be read.
    """
    own = {name: value for name, value in os.environ.items() if value.strip()}
    # A file named by the process overrides a value in .env, as a value would.
    hidden = {f"{name}{_FILE}" for name in own} | {name.removesuffix(_FILE) for name in own}
    return {name: value for name, value in _dotenv().items() if name not in hidden} | own


def _dotenv() -> dict[str, str]:
    """The lines of `.env`. Raises WrongSetting."""
    if not os.path.lexists(DOTENV):
        return {}
    # Some editors put a byte order mark before UTF-8 text, which would be part of the first name.
    lines = tuple(parse_stream(io.StringIO(_read(DOTENV, encoding="utf-8-sig"))))
    if wrong := [line.original.line for line in lines if line.error]:
        numbers = ", ".join(map(str, wrong))
        raise WrongSetting(
            f"{DOTENV}: line {numbers} cannot be read. Write each line as NAME=value, and close "
            f"every quotation mark"
        )
    # Nothing is expanded: a "${" in a secret is two characters of a secret.
    return {line.key: line.value for line in lines if line.key and line.value is not None}


def ignored_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each SOFTPHONE_ variable that sets nothing: a typo, or set twice."""
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    known = settings | {f"{variable}{_FILE}" for variable in settings}
    twice = sorted(v for v in settings if environment.get(v) and environment.get(f"{v}{_FILE}"))
    strangers = sorted(
        name for name in environment if name.upper().startswith(PREFIX) and name not in known
    )
    ignored = [f"{name}{_FILE} was ignored, because {name} is set too." for name in twice]
    return (*ignored, *(_stranger(variable, known) for variable in strangers))


def _stranger(variable: str, known: set[str]) -> str:
    near = get_close_matches(variable.upper(), sorted(known), n=2, cutoff=0.8)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{variable} is not a setting and was ignored.{hint}"


def load(variables: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """The settings of this environment. Raises WrongSetting with a line for each wrong one."""
    env = environment() if variables is None else variables
    values, wrong = _values(env)
    values |= overrides
    wrong = {name: reason for name, reason in wrong.items() if name not in overrides}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        wrong |= {str(detail["loc"][0]): _sentence(detail) for detail in error.errors()}
        right = {name: value for name, value in values.items() if name not in wrong}
        settings = Settings.model_validate(right)
    together = [
        sentence for fields, sentence in contradictions(settings) if not fields & wrong.keys()
    ]
    if wrong or together:
        raise WrongSetting("\n".join([*wrong.values(), *together, *ignored_variables(env)]))
    return settings


def _values(env: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The value of each field that is set, and a sentence for each that cannot be read."""
    values, wrong = {}, {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        # A literal is compared as it is, so surrounding blanks and a carriage return go here.
        value = env.get(variable, "").strip()
        if _IN_QUOTES.fullmatch(value):
            wrong[name] = f"{variable}: {QUOTED}"
        elif value:
            values[name] = value
        elif path := env.get(f"{variable}{_FILE}", "").strip():
            try:
                values[name] = _read(path).strip()
            except WrongSetting as error:
                wrong[name] = f"{variable}{_FILE}: {error}"
    return values, wrong


def _read(path: str, encoding: str = "utf-8") -> str:
    try:
        return Path(path).read_text(encoding=encoding)
    except OSError as error:
        raise WrongSetting(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise WrongSetting(f"{path} is not UTF-8 text") from None


def _sentence(error: Mapping[str, Any]) -> str:
    """The variable, what it must be, and what it is; the value of a secret is not shown."""
    name = str(error["loc"][0])
    field = Settings.model_fields[name]
    sentence = re.sub("^(Input|String) should", "must", error["msg"].removeprefix("Value error, "))
    sentence = _PLAINLY.get(error["type"], sentence)
    if error["type"] == "string_pattern_mismatch":
        sentence = f"must look like {' or '.join(map(str, field.examples or ()))}"
    shown = "" if field.annotation is SecretStr else _shown(error["input"], sentence)
    return f"{PREFIX}{name.upper()}: {sentence}{shown}"


def _shown(value: object, sentence: str) -> str:
    """The value read, unless the sentence already contains it or it may be a password."""
    if not isinstance(value, str) or "@" in value:
        return ""
    if any(repr(part.strip()) in sentence for part in value.split(",")):
        return ""
    short = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
    return f" (it is {short!r})"


# --- contradictions between settings that are each valid ----------------------------------------

Contradiction = tuple[frozenset[str], str]
"""The fields involved, and a sentence that says what to do."""


def contradictions(settings: Settings) -> Iterator[Contradiction]:
    """All of them."""
    yield from _dev_sign_in(settings)
    yield from _webhook_secrets(settings)
    if settings.sign_in == "salesforce":
        yield from _salesforce_sign_in(settings)


def _dev_sign_in(settings: Settings) -> Iterator[Contradiction]:
    if settings.sign_in == "dev" and not is_loopback(settings.host):
        yield (
            frozenset({"sign_in", "host"}),
            f"{ANYBODY}HOST to be a loopback address such as 127.0.0.1, not {settings.host}",
        )


def _webhook_secrets(settings: Settings) -> Iterator[Contradiction]:
    """The simulator's secrets may be public."""
    if settings.is_trial:
        return
    for wrong in filter(None, map(why_weak, settings.webhook_secrets)):
        yield (
            frozenset({"dialstack_webhook_secrets", "dialstack_url", "public_url"}),
            f"{PREFIX}DIALSTACK_WEBHOOK_SECRETS: one secret {wrong}. Use the secret that "
            f"the provider creates: python -m adapter webhooks register",
        )


def _salesforce_sign_in(settings: Settings) -> Iterator[Contradiction]:
    if not (settings.public_url.startswith("https://") or is_for_this_machine(settings.public_url)):
        yield (
            frozenset({"sign_in", "public_url"}),
            f"{PREFIX}PUBLIC_URL must be https, or browsers do not keep the cookie",
        )
    needed = ("org_id", "salesforce_url", "sign_in_client_id")
    missing = [name for name in needed if not getattr(settings, name)]
    if missing and settings.orgs_file is None:
        yield (
            frozenset({"sign_in", "orgs_file", *missing}),
            f"{PREFIX}SIGN_IN=salesforce requires {', '.join(map(_variable, missing))}, "
            f"or {PREFIX}ORGS_FILE",
        )


def _variable(name: str) -> str:
    return PREFIX + name.upper()
