"""What is stored of a secret, and how one is compared."""

from __future__ import annotations

from adapter.web.signin.secret import s256, same, token_hash


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert s256(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_hash_reveals_nothing_and_differs_by_secret() -> None:
    """Sixty-four hexadecimal digits; half a surrogate pair is no accident."""
    assert len(token_hash("a")) == 64
    assert token_hash("a") != token_hash("b")
    assert token_hash("\ud800") == token_hash("?")


def test_secrets_are_equal_or_not() -> None:
    """Whatever letters they have."""
    assert same("ä", "ä")
    assert not same("ä", "a")
    assert not same("a", "aa")
