"""The webhook signature, and what strangers may try on it."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.telephony.dialstack.signing import BadSignature, Reason, header, sign, verify

SECRET = "whsec_test"
BODY = b'{"id":"evt_1","type":"call.initiated"}'
NOW = 1760000000
GOOD = "638522abf151c4045c79c73c35d5cbfb9278e8191bd3981517ace81398bd7d64"
OTHER = "0" * 64


def reason(value: str | None, *, now: float = NOW, secrets: tuple[str, ...] = (SECRET,)) -> Reason:
    """Verify what must fail and tell why it did."""
    with pytest.raises(BadSignature) as caught:
        verify(value, BODY, secrets, now)
    return caught.value.reason


def test_the_published_vector_is_reproduced() -> None:
    """The digest of the documentation's example is ours too."""
    assert sign(SECRET, NOW, BODY) == GOOD
    assert header([SECRET], NOW, BODY) == f"t={NOW},v1={GOOD}"


def test_a_genuine_delivery_is_accepted() -> None:
    """The plain case raises nothing."""
    verify(f"t={NOW},v1={GOOD}", BODY, [SECRET], NOW)


@pytest.mark.parametrize(
    "value",
    [
        f"t={NOW},v1={OTHER},v1={GOOD}",
        f"t={NOW},v1={GOOD},v1={OTHER}",
        f"v1={GOOD},t={NOW}",
        f"t={NOW},v0=abc,v1={GOOD}",
        f"t={NOW},v2=a+/=_-,v1={GOOD}",
        f"t={NOW},v10={GOOD},v1={GOOD}",
    ],
)
def test_any_of_several_signatures_is_enough(value: str) -> None:
    """While a secret is rolled, old and new stand side by side in any order."""
    verify(value, BODY, [SECRET], NOW)


@pytest.mark.parametrize(
    "value",
    [
        f"t={NOW}, v1={GOOD}",
        f" t={NOW} ,\tv1={GOOD} ",
        f"t={NOW},v1={GOOD},",
        f",t={NOW},,v1={GOOD},",
        f"t={NOW},v1={GOOD},kid=2026-11",
        f"alg=hmac-sha256, t={NOW}, v1={GOOD}",
        f"t={NOW},v1={GOOD},v2=a:b;c=d",
    ],
)
def test_other_text_in_the_header_does_no_harm(value: str) -> None:
    """Blanks and a comma too many, as the provider's own SDK takes them, and keys of tomorrow."""
    verify(value, BODY, [SECRET], NOW)


def test_any_of_several_secrets_is_enough() -> None:
    """While we roll a secret, both are live."""
    verify(f"t={NOW},v1={GOOD}", BODY, ["whsec_new", SECRET], NOW)
    verify(f"t={NOW},v1={GOOD}", BODY, [SECRET, "whsec_new"], NOW)


@pytest.mark.parametrize("skew", [-300, -299.9, 0, 299.9, 300])
def test_a_clock_may_differ_by_five_minutes(skew: float) -> None:
    """The tolerance reaches both ways, its end included."""
    verify(f"t={NOW},v1={GOOD}", BODY, [SECRET], NOW + skew)


@pytest.mark.parametrize("skew", [-1e9, -301, -300.1, 300.1, 301, 1e9])
def test_an_old_or_future_delivery_is_stale(skew: float) -> None:
    """A recorded delivery cannot be played again later."""
    assert reason(f"t={NOW},v1={GOOD}", now=NOW + skew) is Reason.STALE


def test_the_tolerance_can_be_set() -> None:
    """A stricter house may ask for ten seconds."""
    with pytest.raises(BadSignature):
        verify(f"t={NOW},v1={GOOD}", BODY, [SECRET], NOW + 11, tolerance=10)


def test_the_timestamp_is_signed_as_it_was_written() -> None:
    """Leading zeros are other bytes, so they need another signature."""
    assert reason(f"t=0{NOW},v1={GOOD}") is Reason.MISMATCH


def test_a_changed_body_is_a_mismatch() -> None:
    """One byte more, and the signature proves nothing."""
    with pytest.raises(BadSignature) as caught:
        verify(f"t={NOW},v1={GOOD}", BODY + b" ", [SECRET], NOW)
    assert caught.value.reason is Reason.MISMATCH


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_other",), ("", "x")])
def test_without_the_right_secret_nothing_is_accepted(secrets: tuple[str, ...]) -> None:
    """No secret configured must never mean that everything passes."""
    assert reason(f"t={NOW},v1={GOOD}", secrets=secrets) is Reason.MISMATCH


def test_an_empty_secret_proves_nothing() -> None:
    """Anyone can compute a signature under an empty key."""
    forged = header([""], NOW, BODY)
    assert reason(forged, secrets=("",)) is Reason.MISMATCH


@pytest.mark.parametrize("value", [None, ""])
def test_no_header_is_missing(value: str | None) -> None:
    """An unsigned request is told apart from a badly signed one."""
    assert reason(value) is Reason.MISSING


HOSTILE = [
    " ",
    ",",
    "=",
    ",,,,",
    "t",
    "t=",
    "v1",
    "v1=",
    "t=,v1=",
    "t=1",
    f"t={NOW}",
    f"t={NOW},",
    f"t={NOW},v1",
    f"t={NOW},v1=",
    f"v1={GOOD}",
    f",v1={GOOD}",
    f"t={NOW}v1={GOOD}",
    f"t={NOW};v1={GOOD}",
    f"t={NOW} v1={GOOD}",
    f"t={NOW},v1={GOOD}\n",
    f"t={NOW}\n,v1={GOOD}",
    f"\nt={NOW},v1={GOOD}",
    f"t={NOW},v1={GOOD}\r\nX-Other: 1",
    f"t={NOW},v1={GOOD}\x00",
    f"t={NOW},t={NOW},v1={GOOD}",
    f"t={NOW},v1={GOOD},t=1",
    f"t={NOW},v1={GOOD[:-1]}",
    f"t={NOW},v1={GOOD}0",
    f"t={NOW},v1={GOOD * 2}",
    f"t={NOW},v1={GOOD[:-1]}g",
    f"t={NOW},v1={GOOD.upper()}",
    f"t={NOW},v1=0x{GOOD[2:]}",
    f"t={NOW},v1={GOOD},v1=short",
    f"t={NOW},v1=short,v1={GOOD}",
    f"t={NOW},V1={GOOD}",
    f"T={NOW},v1={GOOD}",
    f"t={NOW},v0={GOOD}",
    f"t={NOW},v2={GOOD}",
    f"t={NOW},v1={GOOD},v0={'a' * 257}",
    f"t=-{NOW},v1={GOOD}",
    f"t=+{NOW},v1={GOOD}",
    f"t={NOW}.0,v1={GOOD}",
    f"t=1e9,v1={GOOD}",
    f"t=0x68e7,v1={GOOD}",
    f"t=NaN,v1={GOOD}",
    f"t=nan,v1={GOOD}",
    f"t=Infinity,v1={GOOD}",
    f"t=inf,v1={GOOD}",
    f"t=null,v1={GOOD}",
    f"t=1_760_000_000,v1={GOOD}",
    f"t=1760000000000,v1={GOOD}",
    f"t={'9' * 13},v1={GOOD}",
    f"t={'9' * 5000},v1={GOOD}",
    f"t=١٧٦٠٠٠٠٠٠٠,v1={GOOD}",
    f"t=１７６０００００００,v1={GOOD}",  # noqa: RUF001 - full-width digits, on purpose
    f"t=²,v1={GOOD}",
    f"t={NOW},v1=é{GOOD[1:]}",
    f"t={NOW},v1=\udcff{GOOD[1:]}",
    f"t={NOW},v1={GOOD[:-1]}Ａ",  # noqa: RUF001 - a full-width letter, on purpose
    f"t={NOW},v1={GOOD[:-1]}а",  # noqa: RUF001 - a Cyrillic letter, on purpose
    "\ud800",
    "é" * 100,
    "💥",
    "null",
    "[]",
    "{}",
    '{"t":1,"v1":"x"}',
    f"Bearer {GOOD}",
    GOOD,
    f"sha256={GOOD}",
    "t=1," + ",".join([f"v1={OTHER}"] * 17),
    "v1=" + "," * 10_000,
    "a" * 100_000,
    "t=1,v1=" + "0" * 100_000,
]


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_header_is_only_malformed(value: str) -> None:
    """Wrong lengths, other scripts, missing commas, extra lines: refused, never a crash."""
    assert len(HOSTILE) >= 60
    assert reason(value) is Reason.MALFORMED


@given(value=st.text(), body=st.binary(), now=st.floats(allow_nan=False, allow_infinity=False))
def test_no_text_at_all_raises_anything_else(value: str, body: bytes, now: float) -> None:
    """Whatever arrives, the only exception is the declared one."""
    with pytest.raises(BadSignature):
        verify(value, body, [SECRET], now)


@given(secret=st.text(), bodies=st.lists(st.binary(), min_size=2, max_size=3))
def test_a_signature_is_what_the_standard_library_makes_of_it(
    secret: str, bodies: list[bytes]
) -> None:
    """However long the secret is, and however many bodies were signed under it before."""
    for body in bodies:
        plain = hmac.new(secret.encode(), f"{NOW}.".encode() + body, "sha256")
        assert sign(secret, NOW, body) == plain.hexdigest()


@given(body=st.binary(), at=st.integers(0, 10**12 - 1), secret=st.text(min_size=1))
def test_our_own_signature_is_accepted(body: bytes, at: int, secret: str) -> None:
    """Signing and checking are one another's inverse, for every body and secret."""
    verify(header([secret], at, body), body, [secret], at)
