"""(c): a delivery's latency to its page at 10, 50 and 80 % of our limit, beside the floor's."""

from __future__ import annotations

from statistics import median

from qa.load.parts.results import Results, percentile
from qa.load.rounds import Contender, tell

SHARES = (10, 50, 80)
SECONDS = 2.0
AT_LEAST = 600


async def latency(ours: Contender, floor: Contender, limit: float, rounds: int) -> Results:
    """Measure both in turn at the same rates, which are shares of `limit` (deliveries a second)."""
    measured = Results()
    for number in range(rounds):
        for share in SHARES:
            for contender in (floor, ours):
                count = max(AT_LEAST, round(limit * share / 100 * SECONDS))
                deliveries = contender.calls.next(count)
                sent = await contender.flood.pace(deliveries, limit * share / 100)
                measured.rounds.setdefault(_name(contender, share), []).append(
                    {
                        "events": sent.events,
                        "events_per_second": round(sent.events / sent.seconds, 1),
                        "p50_ms": round(percentile(sent.latencies_ms, 50), 3),
                        "p99_ms": round(percentile(sent.latencies_ms, 99), 3),
                        "worst_ms": round(max(sent.latencies_ms), 3),
                    }
                )
        tell(f"latency, round {number + 1} of {rounds}")
    for share, name in ((10, "tenth"), (50, "half"), (80, "four_fifths")):
        pairs = zip(
            measured.rounds[_name(ours, share)], measured.rounds[_name(floor, share)], strict=True
        )
        added = median(a["p99_ms"] - b["p99_ms"] for a, b in pairs)
        measured.figures[f"added_p99_ms_{name}_load"] = round(added, 3)
    return measured


def _name(contender: Contender, share: int) -> str:
    return f"{contender.program.kind} at {share} %"
