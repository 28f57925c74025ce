"""What a click brings along."""

from adapter.core.details import read_params


def test_parameters_have_names_and_positions() -> None:
    """As the guide has them, parted by commas; other marks are in use too."""
    assert read_params("sourceId=Q4, vip; rank: 7&sourceId=Q5,,a b=c") == {
        "1": "sourceId=Q4",
        "sourceId": "Q4",
        "2": "vip",
        "3": "rank: 7",
        "rank": "7",
        "4": "sourceId=Q5",
        "5": "a b=c",
    }
    assert read_params("") == {}
