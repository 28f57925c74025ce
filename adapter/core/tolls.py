"""What a number may cost: premium and shared-cost ranges, personal numbers, pagers, short codes.

Law of this file: doubt is no discount. A switch may stop reading where a number is complete, and a
number that the library does not know may still be billed: so its beginnings are judged, and what
could follow them.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

import phonenumbers
from phonenumbers import REGION_CODE_FOR_NON_GEO_ENTITY as NON_GEOGRAPHIC
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType, ShortNumberCost
from phonenumbers.shortnumberinfo import is_carrier_specific_for_region, is_sms_service_for_region

COSTLY = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.PAGER,
    }
)

_COSTLY_CODES = frozenset({808, 878, 979})
"""Calling codes of nothing else (https://www.itu.int/oth/T0202.aspx?parent=T0202)."""

_PAY_PER_CALL = "976"
"""An exchange in every area code of +1 (https://en.wikipedia.org/wiki/976_(telephone_prefix))."""

_FILLERS = "123579"
"""Digits that some number of a range goes on with, all the same: no range wants others alone."""

_SHORTEST = 2


def is_costly(number: PhoneNumber) -> bool:
    """Whether calling this number, read of its E.164, may cost more than a call to a person."""
    code = number.country_code or 0
    if code in _COSTLY_CODES:
        return True
    digits = phonenumbers.national_significant_number(number)
    if code == 1 and digits[3:6] == _PAY_PER_CALL:
        return True
    # "+49 0900…": whoever connects the call may take the zero for the one dialed within a country.
    bare = digits.lstrip("0")
    return _is_costly(code, digits) or (bare != digits and _is_costly(code, bare))


def is_costly_within(digits: str, region: str) -> bool:
    """Whether these digits, dialed in the region as they stand, are or begin with a costly number.

    A complete one: of an extension of the house nobody may say what could follow.
    """
    code = phonenumbers.country_code_for_region(region)
    if not code:
        return False
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    national = {digits, digits.removeprefix(trunk)} - {""}
    return is_costly_short_code(digits, region) or any(
        _kind(code, one[:size]) in COSTLY for one in national for size in range(4, len(one) + 1)
    )


def is_costly_short_code(digits: str, region: str) -> bool:
    """Whether these digits are a public service in the region that is not known to be cheap.

    By the library's table; what it lists without a cost, as directory inquiries mostly are, counts
    too, less what is for text messages or within one carrier only.
    """
    number = _number(phonenumbers.country_code_for_region(region), digits)
    cost = phonenumbers.expected_cost_for_region(number, region)
    if cost == ShortNumberCost.UNKNOWN_COST:
        return (
            phonenumbers.is_valid_short_number_for_region(number, region)
            and not is_sms_service_for_region(number, region)
            and not is_carrier_specific_for_region(number, region)
        )
    return bool(cost == ShortNumberCost.PREMIUM_RATE)


def _is_costly(code: int, digits: str) -> bool:
    kind = _kind(code, digits)
    if kind in COSTLY:
        return True
    if kind == PhoneNumberType.TOLL_FREE:
        return False
    if kind != PhoneNumberType.UNKNOWN:
        sizes = _costly_lengths(code) & set(range(4, len(digits)))
        return any(_kind(code, digits[:size]) in COSTLY for size in sizes)
    regions = phonenumbers.region_codes_for_country_code(code)
    return is_costly_short_code(digits, regions[0]) or _leads_to_costly(code, digits)


def _leads_to_costly(code: int, digits: str) -> bool:
    """Whether the longest beginning that belongs to any known range belongs to costly ones only."""
    for size in range(len(digits), _SHORTEST - 1, -1):
        begun = digits[:size]
        kinds = {_kind(code, begun + rest) for rest in _rests(code, size)}
        kinds |= {_kind(code, begun)}
        if known := kinds - {PhoneNumberType.UNKNOWN}:
            return known <= COSTLY
    return False


def _rests(code: int, size: int) -> list[str]:
    """What could follow so many digits of that calling code."""
    missing = [length - size for length in _lengths(code) if length > size]
    return [digit * count for digit, count in product(_FILLERS, missing)]


@lru_cache(maxsize=512)
def _lengths(code: int) -> tuple[int, ...]:
    """How many digits the costly numbers of that calling code have, and its usual ones."""
    main = _metadata(code)[0]
    ranges = (*_costly_ranges(main), main.fixed_line, main.mobile)
    return tuple(sorted({length for one in ranges if one for length in one.possible_length}))


@lru_cache(maxsize=512)
def _costly_lengths(code: int) -> frozenset[int]:
    """How many digits a costly number of that calling code may have, in any of its regions."""
    return frozenset(
        length
        for region in _metadata(code)
        for one in _costly_ranges(region)
        if one
        # A range that says nothing has all the lengths of its region.
        for length in one.possible_length or region.general_desc.possible_length
    )


def _metadata(code: int) -> list[Any]:
    """What the library knows of each region of a calling code that it knows; the main one first."""
    if (regions := phonenumbers.region_codes_for_country_code(code)) == (NON_GEOGRAPHIC,):
        return [PhoneMetadata.metadata_for_nongeo_region(code)]
    return [PhoneMetadata.metadata_for_region(region) for region in regions]


def _costly_ranges(region: Any) -> tuple[Any, ...]:
    return region.premium_rate, region.shared_cost, region.personal_number, region.pager


def _kind(code: int, digits: str) -> int:
    return int(phonenumbers.number_type(_number(code, digits)))


def _number(code: int, digits: str) -> PhoneNumber:
    zeros = len(digits) - len(digits.lstrip("0"))
    return PhoneNumber(
        country_code=code,
        national_number=int(digits or "0"),
        italian_leading_zero=zeros > 0 or None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )
