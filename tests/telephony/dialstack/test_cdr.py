"""DialStack's record of a call."""

from adapter.telephony.dialstack.cdr import CdrRow


def test_a_row_needs_no_more_than_the_calls_id() -> None:
    """Every other field may be missing."""
    row = CdrRow("call_1")
    assert (row.user_id, row.ended_at, row.live) == (None, None, False)
