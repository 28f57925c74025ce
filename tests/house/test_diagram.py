"""The diagram in the documentation is the machine's, not last year's."""

from adapter.core.model import Phase
from tests.house.diagram import BEGIN, DOCUMENT, END, block, table, updated


def test_the_document_shows_the_machine_as_it_is() -> None:
    """`python -m tests.house.diagram --write` mends it."""
    text = DOCUMENT.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert updated(text) == text


def test_the_table_has_every_promised_transition() -> None:
    """Rows of the machine's table, by the names of its phases."""
    moves = table()
    assert moves[Phase.IDLE]["DialRequested"] == [Phase.RINGING_USER_DEVICES]
    assert moves[Phase.BRIDGED]["DialRequested"] == [Phase.BRIDGED]
    assert moves[Phase.RINGING_USER_DEVICES]["PlacingRejected"] == [Phase.IDLE]
    assert moves[Phase.RINGING_USER_DEVICES]["PlacingUnknown"] == [Phase.RINGING_USER_DEVICES]
    assert moves[Phase.RINGING_USER_DEVICES]["DestinationDialed"] == [Phase.DIALING_DESTINATION]
    assert moves[Phase.DIALING_DESTINATION]["Connected"] == [Phase.BRIDGED]
    assert moves[Phase.RINGING_INBOUND]["Connected"] == [Phase.BRIDGED]
    for live in (Phase.DIALING_DESTINATION, Phase.BRIDGED, Phase.RINGING_INBOUND):
        assert moves[live]["CallEnded"] == [Phase.WRAPUP]
    assert moves[Phase.WRAPUP]["WrapupSubmitted"] == [Phase.IDLE]
    assert moves[Phase.WRAPUP]["CallEnded"] == [Phase.WRAPUP]


def test_an_outdated_document_is_corrected() -> None:
    """Only what is between the markers changes."""
    assert updated(f"a\n{BEGIN}old{END}\nb\n") == f"a\n{block()}\nb\n"
