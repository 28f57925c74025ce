"""Completes the observed history and lets the checker judge it.

The truth comes from the provider's history; the store is read from its file.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapter.core.model import AgentNoAnswer
from adapter.storage.rows import AGENT, CALL_LOG
from adapter.voice.standin.book import Book
from qa.chaos.hostorg import LWC
from qa.chaos.pace import ACCOUNT
from qa.chaos.plan import CallPlan, Company, Kind
from qa.chaos.seat import Seat
from qa.chaos.voiceorg import FATES, VOICE
from qa.checker.check import check
from qa.checker.history import (
    Acked,
    Fields,
    History,
    Post,
    StoredAgent,
    StoredLog,
    Trail,
    TrueCall,
)
from qa.checker.report import Report, Violation
from qa.simulation.spelling import NOBODY
from qa.simulation.voicecalls import incomplete

E164 = re.compile(r"\+[0-9]+")

DISPOSITIONS = {
    "busy": "Busy",
    "no-answer": "No Answer",
    "voicemail": "Left Voicemail",
    "completed": "No Answer",
}
BY_CAUSE = {1: "Wrong Number", 21: "Rejected", 27: "Unreachable", 38: "Failed"}


def complete(
    history: History,
    truth: Fields,
    database: Path,
    seats: list[Seat],
    plans: dict[str, CallPlan],
) -> None:
    """Add the data of the provider, the store and the pages."""
    keys = {f"user_{seat.name}": seat.key for seat in seats}
    call_ids = {d["call_id"] for d in truth["deliveries"] if d["fate"] != "dropped"}
    for call in truth["calls"]:
        # The adapter cannot know of a call that it did not place and that sent no webhook.
        known = call["id"] in call_ids or plans[_number(call, plans)].kind is Kind.DIAL
        parts = _true_calls(call, keys, plans)
        history.calls.extend(part if known else replace(part, logged=False) for part in parts)
    for post in truth["posts"]:
        # A POST has no effect if its sender died before it sent the body.
        if post["path"] == "/v1/calls" and "body" in post:
            answer = post.get("fault") or str(post.get("status", "?"))
            history.posts.append(Post(post["at"], post["body"]["dial_string"], answer))
    for delivery in truth["deliveries"]:
        answers = [a for a in delivery["attempts"] if 200 <= a.get("status", 0) < 300]
        history.acked.extend(Acked(a["answered"], delivery["event_id"]) for a in answers)
    _read_store(history, database)
    for seat in seats:
        steps = [seat.steps[version] for version in sorted(seat.steps)]
        history.trails.append(Trail(seat.key, steps, whole=False))


def complete_voice(history: History, book: Book) -> None:
    """Add Salesforce's records, for the surface that has one for each attempt."""
    history.every_attempt = True
    history.doubled = list(book.doubled)
    history.incomplete = incomplete(book, history.logs)


def _true_calls(
    call: Fields, keys: dict[str, str], plans: dict[str, CallPlan]
) -> Iterator[TrueCall]:
    """Each agent's part in the call: talked, only rang or missed it."""
    whole = _true_call(call, keys[call["user"]], plans)
    talked = {call["user"]} if call["connected"] is not None else set()
    for talk in call["talks"]:
        talked.add(talk["user_id"])
        agent, ended = keys[talk["user_id"]], talk["ended"]
        yield replace(whole, agent=agent, connected_at=talk["connected"], ended_at=ended)
    if not call["rings"] or talked:
        yield whole
    company = plans[_number(call, plans)].company
    picked_up = company is Company.COLLEAGUE and talked
    rang = call["rings"] or ([call["rang_at"]] if picked_up else [])
    for user in rang:
        if user not in talked:
            taken = bool(talked)
            yield replace(
                whole,
                agent=keys[user],
                connected_at=None,
                taken=taken,
                logged=whole.logged and not taken,
            )


def _true_call(call: Fields, agent: str, plans: dict[str, CallPlan]) -> TrueCall:
    plan = plans[_number(call, plans)]
    who = plan.writing.who or plan.record or None
    return TrueCall(
        provider_call_id=call["id"],
        agent=agent,
        disposition=plan.writing.disposition or _disposition(call),
        who_id=who,
        connected_at=call["connected"],
        ended_at=call["ended"],
        logged=call["started"] is not None,
    )


def _number(call: Fields, plans: dict[str, CallPlan]) -> str:
    """The other party's number in E.164; it may have been written in a display form."""
    ends = (call["from_number"], call["to_number"])
    text = " ".join(ends if call["direction"] == "inbound" else ends[1:])
    numbers: list[str] = E164.findall(text)
    return next(number for number in numbers if number in plans)


def _disposition(call: Fields) -> str:
    if call["machine"]:
        return "Left Voicemail"
    if call["connected"] is not None:
        return "Connected"
    if call["direction"] == "inbound":
        return "Missed"
    return DISPOSITIONS.get(str(call["status"])) or BY_CAUSE.get(call["cause"], "Failed")


def _read_store(history: History, database: Path) -> None:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        for (value,) in connection.execute("SELECT value FROM call_logs"):
            history.logs.append(_stored_log(value))
        for version, value in connection.execute("SELECT version, value FROM agents"):
            agent = AGENT.load(value)
            calls = [c.call_id for c in agent.calls if not isinstance(c.stage, AgentNoAnswer)]
            history.agents.append(StoredAgent(str(agent.key), version, calls))
        rows = connection.execute("SELECT event_id FROM deliveries WHERE account = ?", (ACCOUNT,))
        history.deliveries.extend(row[0] for row in rows)
        history.parked.extend(row[0] for row in connection.execute("SELECT event_id FROM parked"))
    finally:
        connection.close()


def _stored_log(value: str) -> StoredLog:
    log = CALL_LOG.load(value)
    state = log.state
    reason = getattr(state, "reason", getattr(state, "by", ""))
    return StoredLog(
        log_id=log.log_id,
        agent=str(log.agent),
        provider_call_id=log.provider_call_id,
        state=type(state).__name__.lower(),
        task_id=log.saved.record_id if log.saved else "",
        reason=str(reason),
    )


def judge(history: History, truth: Fields, seats: list[Seat], plans: dict[str, CallPlan]) -> Report:
    """The checker's report, with the checks that only a chaos run can do."""
    report = check(history)
    _same_words(report, history, truth, plans)
    _nothing_forgotten(report, history, seats)
    return report


def _same_words(
    report: Report, history: History, truth: Fields, plans: dict[str, CallPlan]
) -> None:
    """Check that the Task has the planned number and notes, without the adapter's ids."""
    tasks: dict[str, Fields] = {}
    for write in history.tasks:
        tasks.setdefault(write.task_id, {}).update(write.fields)
    numbers = {call["id"]: _number(call, plans) for call in truth["calls"]}
    # If every attempt has a record, so has one that a colleague took, without notes.
    taken = {(call.provider_call_id, call.agent) for call in history.calls if call.taken}
    for log in history.logs:
        task = tasks.get(log.task_id)
        if log.state != "settled" or task is None or log.provider_call_id not in numbers:
            continue
        if (log.provider_call_id, log.agent) in taken:
            continue
        number = numbers[log.provider_call_id]
        wrong: dict[str, Any] = {}
        told_there = history.every_attempt and plans[number].kind is not Kind.INBOUND
        named = NOBODY if plans[number].is_withheld else number
        if not told_there and named not in task.get("Subject", ""):
            wrong["Subject"] = (named, task.get("Subject"))
        notes = plans[number].writing.final_notes
        if (task.get("Description") or "") != notes:
            wrong["Description"] = (notes, task.get("Description"))
        if wrong:
            report.violations.append(Violation("wrong_fields", log.log_id, str(wrong)))


def _nothing_forgotten(report: Report, history: History, seats: list[Seat]) -> None:
    """Check that shown views were durable: not even a kill takes a version back."""
    stored = {agent.agent: agent.version for agent in history.agents}
    for seat in seats:
        shown = max(seat.steps, default=0)
        if shown > stored.get(seat.key, 0):
            text = f"{shown} was shown, but {stored.get(seat.key)} is stored"
            report.violations.append(Violation("versions", seat.key, text))
        if len(seat.epochs) > 1:
            report.violations.append(Violation("versions", seat.key, f"epochs {seat.epochs}"))
        for text in seat.went_back:
            report.violations.append(Violation("versions", seat.key, text))


ALWAYS = (
    "duplicate",
    "reorder",
    "drop",
    "again",
    "group",
    "group-unnamed",
    "colleague",
    "fetched",
    "withheld",
    "page-freeze",
    "agent-away",
    "database-locked",
    "disk-full",
)
SAVING = ("lost-callback", "slow-commit", "refused-by-rule", "refused-transient")
WRITING = tuple(f"api-{fate}" for fate in FATES if fate)
NEEDED = {
    "open-cti": (*ALWAYS, *SAVING),
    LWC: (*ALWAYS, *SAVING, "sent-twice"),
    VOICE: (*ALWAYS, *WRITING),
}
"""The required faults. A run without them proves nothing and is not ok."""


def summary(
    report: Report,
    truth: Fields,
    *,
    calls: int,
    kills: int,
    counted: dict[str, int],
    surface: str = "open-cti",
) -> Fields:
    """The JSON object of the last line."""
    result = report.summary()
    faults = {**result["faults"], **truth["faults"]}
    attempts = [a for d in truth["deliveries"] for a in d["attempts"]]
    counted = {
        **counted,
        "webhook_attempts": len(attempts),
        "webhooks": len(truth["deliveries"]),
        "webhooks_503": sum(a.get("status") == 503 for a in attempts),
        "webhooks_unreached": sum("error" in a for a in attempts),
        "webhooks_given_up": sum(d["fate"] == "given-up" for d in truth["deliveries"]),
    }
    crashes = sum(n for kind, n in faults.items() if kind.startswith(("crash-", "page-crash")))
    missing = [kind for kind in NEEDED[surface] if not faults.get(kind)]
    missing += [] if crashes else ["page-crash"]
    missing += [] if result["kills"] >= kills > 0 else ["kills"]
    return {
        **result,
        "surface": surface,
        "calls": calls,
        "true_calls": report.calls,
        "page_crashes": crashes,
        "faults": dict(sorted(faults.items())),
        "faults_missing": missing,
        "counted": dict(sorted(counted.items())),
        "ok": result["ok"] and not missing,
    }
