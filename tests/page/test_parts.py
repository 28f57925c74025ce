"""What messages are made of, where no message's own test looks."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from adapter.page.parts import Country, Params, Prefix, RecordIn, is_record_id


@pytest.mark.parametrize("text", ["003000000000001", "003000000000001AAA"])
def test_an_id_of_salesforces_has_fifteen_or_eighteen_letters_and_digits(text: str) -> None:
    """Nothing else goes into a request to Salesforce."""
    assert is_record_id(text)
    for other in (text[1:], f"{text}A", f"{text[1:]}/", f"{text}\n", "٣" * len(text)):
        assert not is_record_id(other)


def test_parameters_of_a_call_are_cut_and_never_refused() -> None:
    """Of whatever kind it is."""
    params, country = TypeAdapter(Params), TypeAdapter(Country)
    assert params.validate_python(None) == ""
    assert len(params.validate_python("x" * 100_000)) < 100_000
    assert (country.validate_python(" de "), country.validate_python(49)) == ("de", "49")


def test_a_prefix_may_contain_only_keypad_characters() -> None:
    """Eight at most."""
    prefix = TypeAdapter(Prefix)
    assert prefix.validate_python("*9#") == "*9#"
    for wrong in ("+1", "9w", "9" * 9):
        with pytest.raises(ValidationError):
            prefix.validate_python(wrong)


def test_a_part_is_immutable_and_ignores_unknown_fields() -> None:
    """A newer page may say more."""
    record = RecordIn.model_validate({"id": "003000000000001", "color": "red"})
    assert not hasattr(record, "color")
    with pytest.raises(ValidationError):
        record.__setattr__("name", "Ada")
