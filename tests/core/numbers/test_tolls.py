"""What a number may cost."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from adapter.core.numbers.tolls import COSTLY, is_costly, is_costly_short_code, is_costly_within


@pytest.mark.parametrize(
    "number",
    [
        "+19005550143",
        "+4909001234567",  # with the zero of within the country
        "+4990012345670",  # one digit too many: the switch stops reading before
        "+19001234567",  # possible, not valid
        "+44871234567",  # a digit short
        "+15005551234",
        "+15001234567",
        "+447012345678",
        "+447612345678",
        "+491371234567",
        "+49137812345",
        "+12129761234",
        "+4911833",
        "+44118118",
        "+39892000",
        "+9791234567",
        "+8081234",
    ],
)
def test_premium_personal_and_service_numbers_are_costly(number: str) -> None:
    """Also where the library has no word for just these digits."""
    assert is_costly(phonenumbers.parse(number))


@pytest.mark.parametrize(
    "number",
    [
        "+12125550123",
        "+15551234567",
        "+18005550123",
        "+493012345678",
        "+4915123456789",
        "+442079460958",
        "+441632960123",
        "+49190123456",
        "+3912",
    ],
)
def test_ordinary_numbers_are_not_costly(number: str) -> None:
    """Unlikely ones neither."""
    assert not is_costly(phonenumbers.parse(number))


def test_each_countrys_example_numbers_have_their_kind() -> None:
    """A thousand of them, all regions and kinds: none is taken for another."""
    kinds = [kind for kind in vars(PhoneNumberType).values() if isinstance(kind, int)]
    wrong = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is None:
                continue
            text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
            if is_costly(phonenumbers.parse(text)) != (phonenumbers.number_type(number) in COSTLY):
                wrong.append(text)
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "region", "costly"),
    [
        ("11833", "DE", True),
        ("118118", "GB", True),
        ("3240", "FR", True),
        ("411", "US", True),
        ("1001", "US", False),
        ("24273", "US", False),
        ("204", "DE", False),
        ("611", "US", False),
    ],
)
def test_short_codes_are_classified_by_the_librarys_table(
    code: str, region: str, costly: bool
) -> None:
    """What has a service behind it and no known price counts; what is for texts does not."""
    assert is_costly_short_code(code, region) is costly
    assert is_costly_within(code, region) is costly


@pytest.mark.parametrize(
    ("digits", "region", "costly"),
    [
        ("892000", "IT", True),
        ("9005550143", "US", True),
        ("09001234567", "DE", True),
        ("9001", "US", False),
        ("4711", "ZZ", False),
    ],
)
def test_what_looks_like_an_extension_may_be_a_whole_number(
    digits: str, region: str, costly: bool
) -> None:
    """Complete ones count; of others nobody knows what would follow."""
    assert is_costly_within(digits, region) is costly
