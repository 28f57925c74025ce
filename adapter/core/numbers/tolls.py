"""What a number may cost: premium and shared-cost ranges, personal numbers, pagers, short codes.

Law of this file: in doubt a number is costly. A switch may stop reading as soon as a number is
complete, and a number unknown to the library may still be billed. So prefixes of a number are
checked, and what could follow them.
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
"""Calling codes with only costly numbers (https://www.itu.int/oth/T0202.aspx?parent=T0202)."""

_PAY_PER_CALL = "976"
"""An exchange in every area code of +1 (https://en.wikipedia.org/wiki/976_(telephone_prefix))."""

_FILLERS = "123579"
"""Repeated to complete a prefix: each range has a number that continues with one of these."""

_SHORTEST = 2


def is_costly(number: PhoneNumber) -> bool:
    """Whether a call to this number (parsed from E.164) may cost more than an ordinary call."""
    code = number.country_code or 0
    if code in _COSTLY_CODES:
        return True
    digits = phonenumbers.national_significant_number(number)
    if code == 1 and digits[3:6] == _PAY_PER_CALL:
        return True
    # "+49 0900…": a carrier may take the zero for the national trunk prefix.
    bare = digits.lstrip("0")
    return _is_costly(code, digits) or (bare != digits and _is_costly(code, bare))


def is_costly_within(digits: str, region: str) -> bool:
    """Whether these digits, dialed unchanged in the region, are or begin with a costly number.

    Only complete numbers count, because what could follow an internal extension is unknown.
    """
    code = phonenumbers.country_code_for_region(region)
    if not code:
        return False
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    national = {digits, digits.removeprefix(trunk)} - {""}
    return is_costly_short_code(digits, region) or any(
        _kind(code, form[:size]) in COSTLY for form in national for size in range(4, len(form) + 1)
    )


def is_costly_short_code(digits: str, region: str) -> bool:
    """Whether these digits are a public service of the region that is not known to be cheap.

    Services that the library lists without a cost, such as most directory inquiries, count as
    costly, except those for text messages and those of a single carrier.
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
    """Whether the longest prefix that belongs to a known range only belongs to costly ranges."""
    for size in range(len(digits), _SHORTEST - 1, -1):
        prefix = digits[:size]
        kinds = {_kind(code, prefix + rest) for rest in _rests(code, size)}
        kinds |= {_kind(code, prefix)}
        if known := kinds - {PhoneNumberType.UNKNOWN}:
            return known <= COSTLY
    return False


def _rests(code: int, size: int) -> list[str]:
    """What could follow `size` digits of that calling code."""
    missing = [length - size for length in _lengths(code) if length > size]
    return [digit * count for digit, count in product(_FILLERS, missing)]


@lru_cache(maxsize=512)
def _lengths(code: int) -> tuple[int, ...]:
    """The numbers of digits that costly and ordinary numbers of that calling code have."""
    main = _metadata(code)[0]
    ranges = (*_costly_ranges(main), main.fixed_line, main.mobile)
    return tuple(sorted({size for known in ranges if known for size in known.possible_length}))


@lru_cache(maxsize=512)
def _costly_lengths(code: int) -> frozenset[int]:
    """The numbers of digits that a costly number of that calling code has in any of its regions."""
    return frozenset(
        length
        for region in _metadata(code)
        for costly in _costly_ranges(region)
        if costly
        # A range without lengths of its own has those of its region.
        for length in costly.possible_length or region.general_desc.possible_length
    )


def _metadata(code: int) -> list[Any]:
    """The library's metadata for each region of a known calling code, the main region first."""
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
