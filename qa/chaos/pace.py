"""The time scale of a run: twenty times real time.

Only what the adapter reads from its settings is scaled, so that production code runs unchanged;
its constants (a page's three seconds for an offer, five seconds of back-off) are not scaled.
"""

from __future__ import annotations

SCALE = 20.0

OUTCOME, RING, DIAL, BRIDGED = 1.5, 2.5, 3.0, 4.0
REPORT = JOURNAL = 30 / SCALE
READ_BACK = (30 / SCALE, 60 / SCALE, 120 / SCALE, 330 / SCALE)
SLOWEST_COMMIT = 300 / SCALE
"""Seconds after which Salesforce ends a transaction: before the last read-back."""

FRESH = 1.0
"""The seconds after its accept within which a page still carries out a go."""

WRAP_UP = 60.0
"""Not scaled: the agents end each wrap-up by hand, so that no notes are cut off."""


def settings(url: str, provider_url: str, database: str) -> dict[str, str]:
    """The adapter's environment in a run."""
    port = url.rsplit(":", 1)[1]
    values: dict[str, object] = {
        "public_url": url,
        "host": "127.0.0.1",
        "port": port,
        "database_url": f"sqlite:///{database}",
        "dialstack_url": provider_url,
        "dialstack_account": ACCOUNT,
        "dialstack_token": TOKEN,
        "dialstack_webhook_secrets": SECRET,
        "dialstack_tolerance_seconds": 86_400,
        "org_origins": "http://127.0.0.1:1",
        "dials_per_minute": 100_000,
        "dials_per_hour": 1_000_000,
        "dials_per_minute_per_org": 0,
        "confirm_repeat_seconds": 0,
        "outcome_seconds": OUTCOME,
        "ring_seconds": RING,
        "dial_seconds": DIAL,
        "bridged_check_seconds": BRIDGED,
        "cdr_wait_seconds": 0.5,
        "wrap_up_seconds": WRAP_UP,
        "read_back": "true",
        "report_seconds": REPORT,
        "journal_seconds": JOURNAL,
        "read_back_seconds": ",".join(str(at) for at in READ_BACK),
        "log_level": "warning",
    }
    return {f"SOFTPHONE_{name.upper()}": str(value) for name, value in values.items()}


ACCOUNT, TOKEN, SECRET = "acct_chaos", "sk_test_chaos", "whsec_chaos"
