"""The offline checker: finds violations in a history, each with the call's full history.

This file knows the promises, but not how the adapter keeps them. The same code judges simulated and
real runs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Any

from qa.checker.fields import differences
from qa.checker.history import History, StoredLog, TrueCall, Word
from qa.checker.legal import BRIDGED, GONE, INBOUND, NEW, RINGING, RUNG, foreground, is_legal
from qa.checker.report import Report, Violation

EXCUSES = {
    "refused": frozenset({"refused-by-rule", "refused-transient"}),
    "not-confirmed": frozenset(
        {"lost-callback", "page-crash", "page-frozen", "slow-commit", "socket-lost"}
    ),
}
"""The injected faults that justify an item in the tray, by the tray's reason."""


def check(history: History) -> Report:
    """Judge the whole run."""
    judge = _Judge(history)
    judge.posts()
    judge.calls()
    judge.records()
    judge.goes()
    judge.trails()
    judge.webhooks()
    judge.leftovers()
    return judge.report


class _Judge:
    """One history, indexed; each method proves one promise."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.logs: dict[str, list[StoredLog]] = defaultdict(list)
        for log in history.logs:
            self.logs[log.provider_call_id].append(log)
        self.agents: dict[str, set[str]] = defaultdict(set)
        for call in history.calls:
            self.agents[call.provider_call_id].add(call.agent)
        self.by_id = {log.log_id: log for log in history.logs}
        self.tasks, self.created = _tasks(history)
        self.words: dict[str, list[Word]] = defaultdict(list)
        for word in history.words:
            self.words[word.log_id].append(word)
        self.alive: dict[str, list[int]] = defaultdict(list)
        for word in self.words.get("", ()):
            self.alive[word.page_id].append(word.at)
        self.excuses: dict[str, set[str]] = defaultdict(set)
        for fault in history.faults:
            self.excuses[fault.subject].add(fault.kind)
        posts = Counter(post.dial for post in history.posts)
        in_tray = {log.log_id for log in history.logs if log.state == "tray"}
        self.excused = {
            log.log_id
            for log in history.logs
            if log.state == "tray" and self.excuses[log.log_id] & EXCUSES.get(log.reason, set())
        }
        self.must = {log_id for log_id in self.words if log_id and self._must_be_in_tray(log_id)}
        self.report = Report(
            calls=len(history.calls),
            seed=history.seed,
            seconds=history.seconds,
            faults=dict(Counter(fault.kind for fault in history.faults)),
            max_posts_per_dial=max(posts.values(), default=0),
            tray=len(in_tray),
            tray_expected=len(self.must | self.excused),
        )
        self.many_posts = {dial: n for dial, n in posts.items() if n > 1}
        self.in_tray = in_tray

    def _say(self, kind: str, subject: str, text: str) -> None:
        self.report.violations.append(Violation(kind, subject, text))

    def _must_be_in_tray(self, log_id: str) -> bool:
        """Whether this log's last go was refused for a reason that only its agent can fix."""
        words = self.words[log_id]
        last, newest = words[-1], max(word.attempt for word in words)
        is_refused = last.kind == "result" and last.outcome == "refused" and last.final
        return is_refused and last.attempt == newest

    # --- one POST for a dial ---------------------------------------------------------------------

    def posts(self) -> None:
        """Check that a customer is never called twice for one click."""
        for dial, times in self.many_posts.items():
            self._say("posts", dial, f"{times} POSTs for one dial")

    # --- one Task for a call ---------------------------------------------------------------------

    def calls(self) -> None:
        """Check that each ended call to be logged has exactly one right Task, or is in the tray."""
        known: set[str] = set()
        for call in self.history.calls:
            logs = self.logs.get(call.provider_call_id, [])
            known |= {log.log_id for log in logs}
            agents = self.agents[call.provider_call_id]
            mine = [log for log in logs if log.agent == call.agent or log.agent not in agents]
            if call.taken:
                self._no_task(call, mine)
            elif call.ended_at is not None and call.logged:
                self._one_task(call, mine)
        for log in self.history.logs:
            is_attempt = self.history.every_attempt and not log.provider_call_id
            if log.log_id not in known and not is_attempt:
                self._say("stray", log.log_id, f"a log without a true call: {log}")
        for call_object, ids in self.created.items():
            if len(ids) > 1:
                self._say("doubled", call_object, f"Tasks {ids}\n{self.story(call_object)}")
            if call_object not in self.by_id:
                self._say("stray", call_object, f"Tasks {ids} without a log")
        for log in self.history.logs if self.history.never_in_doubt else ():
            if log.reason == "not-confirmed":
                self._say("tray", log.log_id, f"asked about\n{self.story(log.log_id)}")
        for log_id in self.in_tray - self.excused - self.must:
            self._say("tray", log_id, f"in the tray without a fault\n{self.story(log_id)}")
        for log_id in self.must - self.in_tray:
            self._say("tray", log_id, f"refused, but not in the tray\n{self.story(log_id)}")

    def _no_task(self, call: TrueCall, logs: list[StoredLog]) -> None:
        """Check that agents whose phone only rang have no log if a colleague took the call."""
        for log in logs:
            tasks = [self.tasks[task_id] for task_id in self.created.get(log.log_id, [])]
            talked = any(task.get("CallDurationInSeconds") for task in tasks)
            if self.history.every_attempt and not talked:
                continue
            text = f"a colleague took it: {call}\n{self.story(log.log_id)}"
            self._say("wrong_fields", log.log_id, text)

    def _one_task(self, call: TrueCall, logs: list[StoredLog]) -> None:
        if not logs:
            self._say("lost", call.provider_call_id, f"no log at all: {call}")
            return
        if len(logs) > 1:
            both = "\n".join(self.story(log.log_id) for log in logs)
            self._say("doubled", call.provider_call_id, f"{len(logs)} logs: {call}\n{both}")
        log = logs[0]
        if log.agent != call.agent:
            self._say("wrong_fields", log.log_id, f"logged for {log.agent}: {call}")
        if log.state in {"tray", "closed"}:
            return
        task_ids = self.created.get(log.log_id, [])
        if not task_ids:
            self._say("lost", log.log_id, f"no Task: {call}\n{self.story(log.log_id)}")
            return
        wrong = differences(call, log, self.tasks[task_ids[0]])
        if log.task_id != task_ids[0]:
            wrong["task_id"] = (task_ids[0], log.task_id)
        if wrong:
            text = f"(true, said): {wrong}: {call}\n{self.story(log.log_id)}"
            self._say("wrong_fields", log.log_id, text)

    def records(self) -> None:
        """Check that each attempt has exactly one record, and a closed one, if it must have one."""
        for log_id in self.history.incomplete:
            self._say("incomplete", log_id, f"never completed\n{self.story(log_id)}")
        for log_id in self.history.doubled:
            self._say("doubled", log_id, f"created twice\n{self.story(log_id)}")

    # --- never a second create while one is unknown ----------------------------------------------

    def goes(self) -> None:
        """Check that a log's second creating go came after the first one's outcome was settled.

        A go that a thawed page receives after the next one must be refused there.
        """
        for log_id, words in self.words.items():
            creating = [w for w in words if w.kind == "go" and w.create] if log_id else []
            for first, second in pairwise(creating):
                if second.attempt < first.attempt and _is_refused_as_stale(second, words):
                    continue
                if not self._is_resolved(first, second, words):
                    text = f"go {second.attempt} while {first.attempt} was unresolved"
                    self._say("gate", log_id, f"{text}\n{self.story(log_id)}")

    def _is_resolved(self, first: Word, second: Word, words: list[Word]) -> bool:
        between = words[words.index(first) + 1 : words.index(second)]
        for word in between:
            if word.kind == "tray" and word.outcome == "save_again":
                return True
            mine = word.attempt == first.attempt
            if mine and word.kind == "never-sent":
                return True
            if mine and word.kind == "result" and word.outcome in {"refused", "expired"}:
                return True
        was_asked = any(word.kind == "none" for word in between)
        return was_asked and any(first.at <= at <= second.at for at in self.alive[first.page_id])

    # --- what the agents' values went through ----------------------------------------------------

    def trails(self) -> None:
        """Check that versions have no gaps and that phases are legal and shown correctly."""
        for trail in self.history.trails:
            before: int | None = None
            calls: dict[str, str] = {}
            gone: dict[str, str] = {}
            for step in trail.steps:
                wanted = None if before is None else before + 1
                gap = wanted is not None and (
                    step.version != wanted if trail.whole else step.version < wanted
                )
                if gap:
                    self._say("versions", trail.agent, f"{before} is followed by {step.version}")
                self._calls_step(trail.agent, calls, step.calls, gone, trail.whole)
                if step.phase != foreground(step.calls):
                    self._illegal(trail.agent, f"shows {step.phase} with {step.calls}")
                before, calls = step.version, step.calls

    def _calls_step(
        self,
        agent: str,
        before: dict[str, str],
        after: dict[str, str],
        gone: dict[str, str],
        whole: bool,
    ) -> None:
        if before == after:
            return
        for call_id, phase in after.items():
            was = gone.pop(call_id, NEW) if call_id not in before else before[call_id]
            if not is_legal(was, phase, wrapup=self.history.wrapup, whole=whole):
                self._illegal(agent, f"{call_id}: {was} → {phase}\n{self.story(call_id)}")
        for call_id in before.keys() - after.keys():
            was = before[call_id]
            gone[call_id] = RUNG if was == INBOUND else GONE
            if was == BRIDGED and self._was_a_colleagues(agent, call_id):
                continue
            if not is_legal(was, GONE, wrapup=self.history.wrapup, whole=whole):
                self._illegal(agent, f"{call_id}: {was} → gone\n{self.story(call_id)}")
        if list(after.values()).count(RINGING) > 1:
            self._illegal(agent, f"two placements at once: {after}")

    def _was_a_colleagues(self, agent: str, call_id: str) -> bool:
        """Whether a talk that names no user may have been another agent's.

        Then there is no log. An agent's own talk without a log is a separate violation.
        """
        taken = any(call.taken and call.agent == agent for call in self.history.calls)
        return taken and call_id not in self.by_id

    def _illegal(self, agent: str, text: str) -> None:
        self._say("illegal", agent, text)

    # --- webhooks, and the end -------------------------------------------------------------------

    def webhooks(self) -> None:
        """Check that every acknowledged delivery is in the store."""
        stored = set(self.history.deliveries)
        for acked in self.history.acked:
            if acked.event_id not in stored:
                self._say("unlogged_webhooks", acked.event_id, f"acknowledged at {acked.at}")

    def leftovers(self) -> None:
        """Check that in the end only decisions of agents are pending."""
        for log in self.history.logs:
            if log.state not in {"settled", "closed", "tray"}:
                self._say("unsettled", log.log_id, f"{log}\n{self.story(log.log_id)}")
        for agent in self.history.agents:
            for call_id in agent.calls:
                self._say("unsettled", call_id, f"still live for {agent.agent}")
        for event_id in self.history.parked:
            self._say("unsettled", event_id, "still parked")

    def story(self, log_id: str) -> str:
        """All messages about one log, as text."""
        log = self.by_id.get(log_id)
        lines: list[tuple[int, str]] = [(w.at, f"{w}") for w in self.words.get(log_id, ())]
        writes = (w for w in self.history.tasks if w.fields.get("CallObject") == log_id)
        ids = {w.task_id for w in writes}
        lines += [(w.at, f"{w}") for w in self.history.tasks if w.task_id in ids]
        subjects = {log_id, log.provider_call_id if log else log_id}
        lines += [(f.at, f"{f}") for f in self.history.faults if f.subject in subjects]
        lines_text = "\n".join(f"    {text}" for _, text in sorted(lines))
        return f"  {log}\n{lines_text}"


def _tasks(history: History) -> tuple[dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Every Task in its final state, and the Task ids by CallObject, oldest first."""
    tasks: dict[str, dict[str, Any]] = {}
    created: dict[str, list[str]] = defaultdict(list)
    for write in history.tasks:
        if write.task_id not in tasks:
            tasks[write.task_id] = {}
            created[str(write.fields.get("CallObject"))].append(write.task_id)
        tasks[write.task_id].update(write.fields)
    return tasks, created


def _is_refused_as_stale(go: Word, words: list[Word]) -> bool:
    """Whether the page that received this go refused it because it was too old."""
    return any(
        word.kind == "result" and word.outcome == "expired"
        for word in words[words.index(go) + 1 :]
        if (word.page_id, word.attempt) == (go.page_id, go.attempt)
    )
