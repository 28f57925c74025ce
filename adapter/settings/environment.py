"""Reads the settings from the process' variables, from files that they name, and from `.env`.

A secret may come from a file: `SOFTPHONE_DIALSTACK_TOKEN_FILE=/run/secrets/token`. A file `.env` in
the working directory may set what the environment does not. An empty variable counts as not set.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic import SecretStr, ValidationError

from adapter.settings import PREFIX, Settings, WrongSetting
from adapter.settings.together import contradictions

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
