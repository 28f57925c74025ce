"""`python -m qa.numbers --texts N --seed S`: the last line is one JSON object.

Exit status 1 if a text was dialed as a different number than it names.
"""

from __future__ import annotations

import argparse
import json
import sys

from qa.numbers.plans import PLANS
from qa.numbers.run import KEPT, run


def main() -> int:
    """Run, print the result, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m qa.numbers", description=__doc__)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcome = run(options.texts, options.seed)
    for line in (*outcome.wrong[:KEPT], *outcome.refused[:KEPT]):
        print(line)
    summary = {
        "texts": outcome.texts,
        "seed": options.seed,
        "regions": len(PLANS),
        "dialed": outcome.dialed,
        "wrong": outcome.wrong_count,
        "certain": outcome.certain,
        "refused_certain": outcome.refused_certain,
        "refused_kinds": dict(outcome.refused_kinds),
        "kinds": dict(outcome.kinds),
        "ok": outcome.wrong_count == 0,
    }
    print(json.dumps(summary))
    return 0 if outcome.wrong_count == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
