"""Where the settings come from: the process' variables, files that they name, and `.env`.

A secret may come from a file: `SOFTPHONE_DIALSTACK_TOKEN_FILE=/run/secrets/token`. What the
environment leaves open, a file `.env` in the working directory may say. An empty variable is as
good as none.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from adapter.settings import PREFIX, Settings, WrongSetting

DOTENV = ".env"


def environment() -> dict[str, str]:
    """What this process is told: `.env` of the working directory, then its own variables.

    Raises WrongSetting where `.env` is there and cannot be read.
    """
    try:
        # Nothing is expanded: a "${" in a secret is two characters of a secret.
        lines = dotenv_values(DOTENV, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSetting(f"{DOTENV} cannot be read as UTF-8 text: {error}") from None
    said = {name: value for name, value in lines.items() if value is not None}
    return {**said, **{name: value for name, value in os.environ.items() if value}}


def unknown_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """A sentence for each SOFTPHONE_ variable that is no setting: a slip of the pen, mostly."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{variable}_FILE" for variable in known}
    strangers = sorted(v for v in environment if v.startswith(PREFIX) and v not in known)
    return tuple(_stranger(variable, known) for variable in strangers)


def _stranger(variable: str, known: set[str]) -> str:
    near = get_close_matches(variable, sorted(known), n=2, cutoff=0.8)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{variable} is no setting and was ignored.{hint}"


def load(told: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """The settings of this environment. Raises WrongSetting, which names the variable."""
    env = environment() if told is None else told
    values: dict[str, object] = {}
    for name in Settings.model_fields:
        variable = PREFIX + name.upper()
        if env.get(variable):
            values[name] = env[variable]
        elif env.get(f"{variable}_FILE"):
            values[name] = _read(f"{variable}_FILE", env[f"{variable}_FILE"])
    try:
        return Settings.model_validate({**values, **overrides})
    except ValidationError as error:
        raise WrongSetting("; ".join(_sentence(e) for e in error.errors())) from None


def _read(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise WrongSetting(f"{variable}: cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise WrongSetting(f"{variable}: {path} is not UTF-8 text") from None


def _sentence(error: Mapping[str, object]) -> str:
    where = error.get("loc")
    name = PREFIX + str(where[0]).upper() if isinstance(where, tuple) and where else ""
    said = str(error.get("msg", "")).removeprefix("Value error, ")
    said = said.replace("Input should be", "must be")
    return f"{name}: {said}" if name else said
