"""The deliberate breakages: each changes one file, and names the tests that must notice.

`near` are the tests responsible for the code; `simulated` says whether the short simulation must
fail, too. A breakage that nothing notices is a gap in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

CALLLOG = "adapter/core/logs/gate.py"
DEADLINES = "adapter/core/deadlines.py"
DIALING = "adapter/core/dialing.py"
INTAKE = "adapter/runtime/intake.py"


@dataclass(frozen=True, slots=True)
class Breakage:
    """`old` occurs exactly once in `path`; `new` replaces it."""

    name: str
    path: str
    old: str
    new: str
    near: tuple[str, ...]
    simulated: bool = True


GATE = ("tests/core/logs/test_gate.py",)
DIAL = ("tests/core/test_dialing.py", "tests/core/test_machine.py")

BREAKAGES = (
    Breakage(
        "drop the deduplication of webhooks",
        INTAKE,
        "delivery.account, delivery.event_id, delivery.type,",
        'delivery.account, __import__("secrets").token_hex(8), delivery.type,',
        ("tests/runtime/test_intake.py", "tests/web/test_webhooks.py", "tests/scenarios"),
    ),
    Breakage(
        "acknowledge a webhook before its commit",
        INTAKE,
        "            self._route(delivery, delivery.update, done, 0)\n",
        "            self._route(delivery, delivery.update, lambda _: None, 0)\n"
        "            done(DeliveryOutcome.APPLIED)\n",
        ("tests/runtime/test_intake.py", "tests/web/test_webhooks.py", "tests/scenarios"),
    ),
    Breakage(
        "never replay parked deliveries",
        INTAKE,
        "for parked in route.parked:",
        "for parked in ():",
        ("tests/runtime/test_intake.py", "tests/scenarios"),
    ),
    Breakage(
        "send a second create when the first one times out",
        CALLLOG,
        "        case Attempting():\n            return _outcome_unknown(log, at, policy)",
        "        case Attempting():\n            return open_again(log, at, policy)",
        GATE,
    ),
    Breakage(
        "give a go to every page that accepts",
        CALLLOG,
        '    if not may_be_offered(log, event.at):\n        return ignored(log, "taken")\n',
        "",
        GATE,
    ),
    Breakage(
        "trust a read-back that found nothing while the page may still save",
        CALLLOG,
        "if state.answered and state.proved:",
        "if state.answered:",
        GATE,
    ),
    Breakage(
        "apply the proof of one go to the next",
        CALLLOG,
        "if isinstance(event, PageProved) and event.attempt != attempt.number:",
        "if isinstance(event, PageProved) and event.attempt > attempt.number:",
        GATE,
        simulated=False,
    ),
    Breakage(
        "believe an old probe",
        "adapter/page/proofs.py",
        " and log.attempt.at <= sent_at and not is_behind:",
        ":",
        ("tests/page/test_proofs.py",),
        simulated=False,
    ),
    Breakage(
        "count a CDR request as made before it was answered",
        "adapter/runtime/sweeper.py",
        "        tenant = self.tenants.of_account(parked.account)\n",
        "        await self.store.mark_asked(parked)\n"
        "        tenant = self.tenants.of_account(parked.account)\n",
        ("tests/runtime/test_sweeper.py",),
        simulated=False,
    ),
    Breakage(
        "log a colleague's talk for an agent whose phone only rang",
        "adapter/core/reporting.py",
        "if event.elsewhere and not had_part(call):",
        "if False:",
        ("tests/core/test_reporting.py", "tests/runtime/test_intake.py"),
        simulated=False,
    ),
    Breakage(
        "accept a report with a stale nonce",
        CALLLOG,
        "if a.number == event.attempt and a.nonce == event.nonce)",
        "if a.number == event.attempt)",
        GATE,
        simulated=False,
    ),
    Breakage(
        "drop what is written while the save is unknown",
        CALLLOG,
        "        case FactsLearned() | RecordPicked() | DraftChanged() | WritingEnded():\n",
        "        case DraftChanged() if isinstance(log.state, Attempting | Unknown | Verifying):\n"
        '            return ignored(log, "busy")\n'
        "        case FactsLearned() | RecordPicked() | DraftChanged() | WritingEnded():\n",
        GATE,
    ),
    Breakage(
        "repeat an unknown update at once",
        CALLLOG,
        "    if attempt.record_id:\n        due =",
        "    if attempt.record_id:\n        return open_again(log, at, policy)\n        due =",
        GATE,
    ),
    Breakage(
        "place the call again after an unknown outcome",
        DIALING,
        "    return Decision(unconfirmed(agent, named, stage, event.at, policy))\n",
        "    line = agent.line\n"
        '    again = (PlaceCall(call.call_id, line, call.number, ""),) if line else ()\n'
        "    marked = unconfirmed(agent, named, stage, event.at, policy)\n"
        "    return Decision(marked, effects=again)\n",
        DIAL,
    ),
    Breakage(
        "dial a repeated request again",
        DIALING,
        '    if _is_repeated(agent, event):\n        return ignored(agent, "repeated request")\n',
        "",
        DIAL,
        simulated=False,
    ),
    Breakage(
        "leave click-to-dial on while a call is placed",
        DIALING,
        "is_free = phase is Phase.IDLE or (phase is Phase.WRAPUP and dials_in_wrapup)",
        "is_free = phase in {Phase.IDLE, Phase.RINGING_USER_DEVICES}",
        DIAL,
    ),
    Breakage(
        'believe "completed"',
        "adapter/core/facts.py",
        "return Outcome.NO_ANSWER if reported is Outcome.COMPLETED else reported",
        "return Outcome.ANSWERED if reported is Outcome.COMPLETED else reported",
        ("tests/core/test_facts.py",),
    ),
    Breakage(
        "forget a placement that nobody answered in time",
        DEADLINES,
        "    return Decision(noticed(agent.with_call(lapsed), notice, policy))",
        "    return Decision(noticed(agent.without_call(lapsed.call_id), notice, policy))",
        ("tests/core/test_deadlines.py",),
    ),
    Breakage(
        "never look up the CDR of a long call",
        DEADLINES,
        "return Decision(agent.with_call(call.at_stage(later)), effects=request_cdr(agent, call))",
        "return Decision(agent.with_call(call.at_stage(later)))",
        ("tests/core/test_deadlines.py",),
    ),
    Breakage(
        "skip the journal's upload",
        "adapter/web/sockets/reception.py",
        "        entries, rubbish = hello.entries()\n",
        "        entries, rubbish = (), 0\n",
        ("tests/web/sockets/test_bridge.py", "tests/scenarios"),
    ),
    Breakage(
        "forget a report that was not stored",
        "adapter/web/sockets/framehandler.py",
        "            if isinstance(message, messages.Result):\n",
        "            if isinstance(message, messages.Hello):\n",
        ("tests/web/sockets/test_bridge.py",),
    ),
    Breakage(
        "act before the commit",
        "adapter/runtime/agents.py",
        "                self._store.begin(commit, partial(self._committed, change))\n",
        "                self._tell_and_perform(change.before, change.turns, change.changes)\n"
        "                self._store.begin(commit, partial(self._committed, change))\n",
        ("tests/runtime/test_agents.py", "tests/scenarios/test_main_job.py"),
    ),
    Breakage(
        "ignore the deadlines of logs",
        "adapter/runtime/turn.py",
        "if log.next_due is not None and log.next_due <= step.at:",
        "if log.next_due is not None and log.next_due < 0:",
        ("tests/runtime/test_turn.py",),
    ),
    Breakage(
        "commit over a newer version",
        "adapter/storage/batch.py",
        "seen.versions.get(c.agent.key, 0) != c.read_version",
        "c.read_version < 0",
        ("tests/storage/test_batch.py", "tests/contracts/test_store.py"),
        simulated=False,
    ),
    Breakage(
        "trust a cached route unchecked (store)",
        "adapter/storage/batch.py",
        "return None if seen.routes(commit) else Conflict(",
        "return None if commit.route or seen.routes(commit) else Conflict(",
        ("tests/storage/test_batch.py", "tests/contracts/test_store.py"),
        simulated=False,
    ),
    Breakage(
        "write an optimistic batch without its checks (store)",
        "adapter/storage/optimistic.py",
        "if [changed for _, changed in proofs] != self._rows:",
        "if len(proofs) != len(self._rows):",
        ("tests/storage/test_optimistic.py", "tests/contracts/test_store.py"),
        simulated=False,
    ),
    Breakage(
        "hand a call to a number that may not be dialed",
        "adapter/core/controlling.py",
        "if isinstance(ordered, Undialable):",
        "if isinstance(ordered, Undialable) and not event.value:",
        ("tests/core/test_controlling.py",),
        simulated=False,
    ),
    Breakage(
        "let a late request overwrite a newer one (Salesforce Voice)",
        "adapter/core/logs/writing.py",
        "        doubt = _doubt_ends(log, policy)\n",
        "        doubt = 0\n",
        ("tests/core/logs/test_writing.py",),
        simulated=False,
    ),
    Breakage(
        "complete a record whose creation is in doubt (Salesforce Voice)",
        "adapter/core/opening.py",
        "not_before = at + policy.save.write_ms if in_doubt else 0",
        "not_before = 0",
        ("tests/core/test_opening.py",),
        simulated=False,
    ),
    Breakage(
        "accept a delivery twice (store)",
        "adapter/storage/batch.py",
        "commit.delivery.key in seen.taken:",
        "not commit.delivery:",
        ("tests/storage/test_batch.py", "tests/contracts/test_store.py"),
        simulated=False,
    ),
    Breakage(
        "show an older view (page)",
        "web/softphone/view.js",
        "arrived.version >= shown.version",
        "arrived.version !== shown.version",
        ("tests/page/view.test.mjs",),
        simulated=False,
    ),
    Breakage(
        "carry out a stale go (page)",
        "web/softphone/savelog.js",
        "const FRESH_MS = 5_000;",
        "const FRESH_MS = 5_000_000;",
        ("tests/page/savelog.test.mjs",),
        simulated=False,
    ),
    Breakage(
        "call a destination that another process reported first",
        "adapter/telephony/asterisk/steering.py",
        "isinstance(command, Connect) and not is_first",
        "isinstance(command, Connect) and root is None",
        ("tests/telephony/asterisk/test_steering.py",),
        simulated=False,
    ),
    Breakage(
        "save again for a go that was carried out (page)",
        "web/softphone/savelog.js",
        "      if (known) return",
        "      if (known && known.state === 'refused') return",
        ("tests/page/savelog.test.mjs",),
        simulated=False,
    ),
)
