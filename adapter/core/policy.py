"""Time limits, counts and permissions that the machine takes as an argument.

Durations are milliseconds. The last read-back comes later than Salesforce's limits allow a save to
run (10 s of CPU, 120 s of callouts); docs/reliability.md says what could still happen after it.
https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_gov_limits.htm
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct, field
from msgspec.structs import replace

from adapter.core.aftermath import named_in
from adapter.core.availability import Status
from adapter.core.callcenter import NO_CALL_CENTER, CallCenterSettings, is_region
from adapter.core.facts import Outcome
from adapter.core.numbers.phone import DialRules


class SavePolicy(Struct, frozen=True):
    """The limits of the go gate.

    `read_back`: whether Salesforce can be queried for a call's record; `read_back_at` are the times
    of the queries, counted from when the outcome became unknown. `refused_after` are the waits
    after a transient refusal; after the last one the log goes to the tray. Within `fresh_ms` of its
    acceptance a go may still be on its way to its page, which refuses one older than 5 s.
    `after_wrapup`: the record is created after the wrap-up, complete, and rarely changed later.

    A write by the backend has `write_ms` for its outcome. After a failure it waits
    `write_again_ms`, doubled each time up to `write_again_longest_ms`; after `writes` consecutive
    failures (about a day) the log goes to the tray.
    """

    report_ms: int = 30_000
    journal_ms: int = 30_000
    read_back: bool = False
    read_back_at: tuple[int, ...] = (30_000, 60_000, 120_000, 330_000)
    refused_after: tuple[int, ...] = (5_000, 30_000, 120_000)
    wake_ms: int = 600_000
    attempts_kept: int = 8
    fresh_ms: int = 10_000
    after_wrapup: bool = False
    write_ms: int = 30_000
    write_again_ms: int = 5_000
    write_again_longest_ms: int = 3_600_000
    writes: int = 32


PLAIN_WORDS: tuple[tuple[Outcome, str], ...] = (
    (Outcome.ANSWERED, "Connected"),
    (Outcome.BUSY, "Busy"),
    (Outcome.NO_ANSWER, "No Answer"),
    (Outcome.REJECTED, "Rejected"),
    (Outcome.UNREACHABLE, "Unreachable"),
    (Outcome.WRONG_NUMBER, "Wrong Number"),
    (Outcome.FAILED, "Failed"),
    (Outcome.VOICEMAIL, "Left Voicemail"),
    (Outcome.MISSED, "Missed"),
    (Outcome.ELSEWHERE, "Answered Elsewhere"),
)
"""The disposition for each outcome, unless an admin has set another one."""

_CODES = {words: outcome.value for outcome, words in PLAIN_WORDS}


def outcome_code(words: str) -> str:
    """The outcome that one of our own dispositions stands for; "" for an admin's own words.

    A page translates what has a code; the log keeps the words.
    """
    return _CODES.get(words, "")


class Policy(Struct, frozen=True, cache_hash=True):
    """Everything about calls that a deployment can set; its hash is cached, for use as a key.

    `cdr_retry_ms` are the waits after repeated CDR lookups, while the CDR may show that there is
    nothing to log.

    With `per_minute_org` 0 an org may start any number of calls. Within `repeat_ms` of its click a
    number is only called again if the agent confirms it (0: always). `pauses` are the availability
    states that the phone system applies itself, `away_reasons` the reasons for AWAY.
    `click_in_silence`: a click rings the agent's phones even on do not disturb. `note_templates`
    are texts to insert into notes; `wanted` are the facts that record templates use (`aftermath`).
    """

    outcome_ms: int = 15_000
    ring_ms: int = 45_000
    cdr_after_ring_ms: tuple[int, ...] = (5_000, 25_000, 5_000)
    lapse_ms: int = 600_000
    dial_ms: int = 120_000
    ask_again_ms: int = 30_000
    bridged_ms: int = 300_000
    cdr_wait_ms: int = 5_000
    cdr_retry_ms: tuple[int, ...] = (10_000, 15_000)
    wrapup_ms: int = 60_000
    click_ms: int = 10_000
    dial_while_wrapup: bool = False
    log_missed: bool = True
    emergency: bool = True
    per_minute: int = 10
    per_hour: int = 200
    per_minute_org: int = 0
    repeat_ms: int = 10_000
    answer_ms: int = 60_000
    answers_kept: int = 20
    notices_kept: int = 5
    cdr_missing_limit: int = 3
    ring_profiles: tuple[str, ...] = ()
    caller_ids: tuple[str, ...] = ()
    pauses: tuple[Status, ...] = ()
    click_in_silence: bool = False
    away_reasons: tuple[str, ...] = ()
    note_templates: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    dial: DialRules = field(default_factory=DialRules)
    save: SavePolicy = field(default_factory=SavePolicy)
    dispositions: tuple[tuple[Outcome, str], ...] = PLAIN_WORDS

    def of(self, call_center: CallCenterSettings) -> Policy:
        """This policy with the settings of the agent's call center."""
        if call_center is NO_CALL_CENTER or call_center == NO_CALL_CENTER:
            return self
        wrapup_ms = self.wrapup_ms if call_center.wrapup_ms is None else call_center.wrapup_ms
        region = call_center.region if is_region(call_center.region) else self.dial.default_region
        return _with_call_center(self, wrapup_ms, region, call_center.record_fields)

    @property
    def choices(self) -> tuple[str, ...]:
        """The dispositions that an agent can choose from, without duplicates.

        A call answered by a colleague has no wrap-up.
        """
        words = (text for outcome, text in self.dispositions if outcome is not Outcome.ELSEWHERE)
        return tuple(dict.fromkeys(words))

    def disposition(self, outcome: Outcome) -> str:
        """The CallDisposition for an outcome."""
        for listed, words in self.dispositions:
            if listed is outcome:
                return words
        return outcome.value


@lru_cache(maxsize=128)  # one page's settings may take 160 KB
def _with_call_center(
    policy: Policy, wrapup_ms: int, region: str, record_fields: tuple[tuple[str, str], ...]
) -> Policy:
    """Cached, because every event asks for it, and all agents of a call center share it."""
    wanted = (*policy.wanted, *named_in(template for _, template in record_fields))
    dial = replace(policy.dial, default_region=region)
    return replace(policy, wrapup_ms=wrapup_ms, dial=dial, wanted=wanted)
