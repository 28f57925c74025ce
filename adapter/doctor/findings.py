"""The doctor's findings, as a table or as JSON. Pure."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from adapter.console import visible

WIDTH = 100
"""Characters of a line of the table."""

_VARIABLE = re.compile(r"SOFTPHONE_(?:ASTERISK|DIALSTACK)_([A-Z_]+)")


class Grade(StrEnum):
    """The result of a check. Only FAIL means that the softphone does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """The check, its result, and what to do (empty if nothing)."""

    check: str
    grade: Grade
    text: str
    todo: str = ""


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, Grade.OK, text)


def warn(check: str, text: str, todo: str) -> Finding:
    """It works, but an admin should look at it."""
    return Finding(check, Grade.WARN, text, todo)


def fail(check: str, text: str, todo: str) -> Finding:
    """It does not work."""
    return Finding(check, Grade.FAIL, text, todo)


def about(org_id: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings about one of several orgs, whose options are those of the orgs file."""
    return tuple(
        replace(each, text=f"{org_id}: {_in_file(each.text)}", todo=_in_file(each.todo))
        for each in findings
    )


def _in_file(text: str) -> str:
    return _VARIABLE.sub(lambda found: f"{found[1].lower()} in [org.telephony]", text)


def exit_code(findings: Iterable[Finding]) -> int:
    """1 if anything fails, else 0."""
    return int(any(finding.grade is Grade.FAIL for finding in findings))


def table(findings: Sequence[Finding]) -> str:
    """Columns for people: grade, check, text, and under it what to do."""
    wide = max((len(finding.check) for finding in findings), default=0)
    lines = [line for finding in findings for line in _lines(finding, wide)]
    counts = [f"{sum(f.grade is g for f in findings)} {g.value}" for g in Grade]
    return "\n".join((*lines, "", ", ".join(counts))) + "\n"


def _lines(finding: Finding, wide: int) -> list[str]:
    head = f"{finding.grade.value:<4}  {finding.check:<{wide}}  "
    lines = textwrap.wrap(finding.text, WIDTH - len(head)) or [""]
    todo = textwrap.wrap(finding.todo, WIDTH - len(head) - 2)
    lines += [f"{'->' if number == 0 else '  '} {line}" for number, line in enumerate(todo)]
    return [
        (head if number == 0 else " " * len(head)) + visible(line)
        for number, line in enumerate(lines)
    ]


def as_json(findings: Sequence[Finding]) -> str:
    """One JSON object for programs."""
    report = {"ok": exit_code(findings) == 0, "findings": [asdict(finding) for finding in findings]}
    return json.dumps(report, indent=2) + "\n"
