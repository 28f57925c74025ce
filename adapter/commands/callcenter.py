"""Write the call center definition file for Setup's import, or check one."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path

from adapter import console
from adapter.commands import CommandFailed
from adapter.opencti.callcenter import MODES, CallCenter, setup_xml
from adapter.opencti.callcenter_rules import Problem, problems
from adapter.settings import Settings
from adapter.settings.environment import load
from adapter.xmltext import NotXml, decoded

FIELDS = frozenset(field.name for field in fields(CallCenter))
"""Of these, the options of the same names are the admin's choice."""

PREFIXED = (
    "With a prefix, numbers are not dialed as + and the country code. DialStack accepts only "
    "those, local numbers and extensions: use a prefix only for a trunk that requires one."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is written, and where to."""
    parser.add_argument("--out", type=Path, help="file to write (default: standard output)")
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help="check this file instead of writing one"
    )
    parser.add_argument(
        "--internal-name", default="Softphone", help="letters and digits, unique in the org"
    )
    console.add_json(parser)
    add_center_arguments(parser)


def add_center_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a call center; the rest are settings."""
    parser.add_argument("--experience", choices=sorted(MODES), default="lightning")
    parser.add_argument("--display-name", default="Softphone", help="what agents see")
    parser.add_argument(
        "--standby-url",
        default="",
        help="page that Salesforce shows if the softphone is not ready within 20 s, such as "
        "https://status.example.com/standby.html (default: none)",
    )
    parser.add_argument(
        "--standby-ms",
        type=int,
        default=20_000,
        help="how long Salesforce waits for the softphone, in ms",
    )
    parser.add_argument(
        "--height", type=int, default=550, help="minimum height of the panel, in pixels"
    )
    parser.add_argument("--width", type=int, default=400, help="width of the panel, in pixels")
    for name in ("outside", "long-distance", "international"):
        usage = f"digits dialed before {name.replace('-', ' ')} calls; none where the phone system"
        parser.add_argument(f"--{name}-prefix", default="", help=f"{usage} accepts +1 202 555 0143")
    parser.add_argument(
        "--channel",
        default="",
        help="message channel that gets the calls, such as SoftphoneCalls__c",
    )


def run(options: argparse.Namespace) -> int:
    """Write a file (0), or report the problems of one (1). Raises CommandFailed."""
    if options.check is not None:
        return _check(options)
    center = center_from(load(), options)
    demand_good(center)
    xml = setup_xml(center)
    if center.outside_prefix or center.long_distance_prefix or center.international_prefix:
        sys.stderr.write(f"{PREFIXED}\n")
    if options.out is not None:
        write_text(options.out, xml)
        console.answer(options, {"file": str(options.out)}, "")
    else:
        console.answer(options, {"xml": xml}, xml)
    return 0


def center_from(settings: Settings, options: argparse.Namespace) -> CallCenter:
    """The call center of this deployment."""
    return CallCenter(
        **{name: chosen for name, chosen in vars(options).items() if name in FIELDS},
        adapter_url=f"{settings.public_url}/softphone",
        country=settings.default_region,
        wrap_up_seconds=round(settings.wrap_up_seconds),
        dispositions=settings.policy().choices,
    )


def demand_good(center: CallCenter) -> None:
    """Raise CommandFailed for what Setup, or our own page, would refuse."""
    if center.channel and not re.fullmatch(r"\w+__c", center.channel, re.ASCII):
        raise CommandFailed("--channel must be a message channel's API name: SoftphoneCalls__c")
    _demand(problems(setup_xml(center)))


def write_text(path: Path, text: str) -> None:
    """Write a file. Raises CommandFailed."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror}") from error


def _demand(found: Iterable[Problem]) -> None:
    text = "; ".join(str(problem) for problem in found)
    if text:
        raise CommandFailed(f"{text} (the addresses come from SOFTPHONE_PUBLIC_URL)")


def _check(options: argparse.Namespace) -> int:
    path: Path = options.check
    try:
        found = tuple(problems(decoded(path.read_bytes())))
    except OSError as error:
        raise CommandFailed(f"cannot read {path}: {error.strerror}") from error
    except NotXml as error:
        raise CommandFailed(f"cannot read {path}: {error}") from error
    facts = {"ok": not found, "file": str(path), "problems": [asdict(problem) for problem in found]}
    count = f"{path}: {len(found) or 'no'} problem{'' if len(found) == 1 else 's'}"
    console.answer(options, facts, "".join(f"{line}\n" for line in (*found, count)))
    return 1 if found else 0
