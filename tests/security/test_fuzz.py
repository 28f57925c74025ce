"""Nothing that strangers send raises anything but the refusal that it should."""

from __future__ import annotations

import pytest

from qa.fuzz import run


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hostile_inputs_raise_nothing(seed: int) -> None:
    """The short version of `python -m qa.fuzz`: every target is met, every end too."""
    fates = run(2_000, seed)
    assert fates.total() == 2_000
    ends = {"signature: believed", "signature: malformed", "signature: mismatch"}
    ends |= {"webhook: malformed", "webhook: decided", "frame: malformed", "frame: decided"}
    ends |= {"number: dialable", "number: undialable"}
    assert ends <= fates.keys()
