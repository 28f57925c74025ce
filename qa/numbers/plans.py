"""Twelve numbering plans, written by hand from the regulators' published tables.

Nothing here comes from the phone number library of the product, because the product is compared to
these plans. Only well-known ranges are listed, so that a generated number is certainly valid. It
may be somebody's number, and is never dialed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """One country. `ranges` are (area code or service, first digits, number of further digits).

    `trunk` precedes an area code within the country, `prefix` a country code. `lengths` are the
    possible lengths of a significant number, `alarm` the emergency numbers.
    """

    region: str
    code: str
    trunk: str
    prefix: str
    lengths: range
    alarm: tuple[str, ...]
    ranges: tuple[tuple[str, str, int], ...]


PLANS = {
    plan.region: plan
    for plan in (
        Plan(
            *("US", "1", "1", "011", range(10, 11), ("911",)),
            (("202", "555", 4), ("415", "2", 6), ("212", "7", 6), ("312", "4", 6)),
        ),
        Plan(
            *("DE", "49", "0", "00", range(6, 13), ("112", "110")),
            (
                ("30", "9", 6),
                ("221", "4", 6),
                ("89", "5", 6),
                ("151", "2", 7),
                ("4921", "8", 4),
                ("40", "3", 7),
                ("6221", "5", 5),
            ),
        ),
        Plan(
            *("GB", "44", "0", "00", range(9, 11), ("999", "112")),
            (("20", "7", 7), ("121", "4", 6), ("161", "8", 6), ("7400", "", 6), ("1223", "3", 5)),
        ),
        Plan(
            *("FR", "33", "0", "00", range(9, 10), ("112", "15", "17", "18")),
            (("1", "4", 7), ("4", "7", 7), ("6", "1", 7), ("5", "5", 7)),
        ),
        Plan(
            *("IT", "39", "", "00", range(8, 12), ("112",)),
            (("06", "6", 7), ("02", "3", 7), ("333", "1", 6), ("347", "2", 6), ("011", "5", 6)),
        ),
        Plan(
            *("ES", "34", "", "00", range(9, 10), ("112",)),
            (("91", "3", 6), ("93", "2", 6), ("612", "3", 5), ("95", "4", 6)),
        ),
        Plan(
            *("CH", "41", "0", "00", range(9, 10), ("112", "117", "144")),
            (("44", "6", 6), ("22", "7", 6), ("79", "2", 6), ("31", "3", 6)),
        ),
        Plan(
            *("AU", "61", "0", "0011", range(9, 10), ("000", "112")),
            (("2", "9", 7), ("3", "9", 7), ("412", "3", 5), ("7", "3", 7)),
        ),
        Plan(
            *("JP", "81", "0", "010", range(9, 11), ("110", "119")),
            (("3", "5", 7), ("6", "6", 7), ("90", "1", 7), ("52", "2", 6)),
        ),
        Plan(
            *("IN", "91", "0", "00", range(10, 11), ("112",)),
            (("98", "4", 7), ("22", "2", 7), ("11", "2", 7), ("80", "2", 7)),
        ),
        Plan(
            *("BR", "55", "0", "00", range(10, 12), ("190",)),
            (("11", "3", 7), ("11", "98", 7), ("21", "2", 7), ("21", "97", 7)),
        ),
        Plan(
            *("NL", "31", "0", "00", range(9, 10), ("112",)),
            (("20", "5", 6), ("10", "4", 6), ("6", "1", 7), ("70", "3", 6)),
        ),
    )
}
