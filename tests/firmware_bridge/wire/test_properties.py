"""Properties of the access decision: any input gives a typed refusal, never an exception."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.wire import base45
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.reasons import Reason
from tests.world.make_vectors import PHONE, TS
from tests.world.wire_samples import judge, key_of, vectors

SHORT: bytes = vectors()["short"][0]["text"].encode()
LONG: bytes = vectors()["long"][0]["text"].encode()
CODES = st.sampled_from([SHORT, LONG])
NO_CODE = {Reason.MALFORMED, Reason.UNKNOWN_TYPE}
NO_PROOF = {
    *NO_CODE,
    Reason.UNKNOWN_KEY,
    Reason.BAD_SIGNATURE,
    Reason.CODE_EXPIRED,
    Reason.CODE_FROM_FUTURE,
    Reason.NOT_YET_VALID,
    Reason.EXPIRED,
}


def assert_refused(decision: Decision, reasons: set[Reason]) -> None:
    assert not decision.granted
    assert decision.reason in reasons


def assert_changed_byte_is_refused(index: int, change: int) -> None:
    for text in (SHORT, LONG):
        raw = bytearray(base45.decode(text[2:].decode()))
        raw[index % len(raw)] ^= change
        changed = ("Z1" + base45.encode(bytes(raw))).encode()
        key = None if text is LONG else key_of("phone")
        assert_refused(judge(changed, TS, key), NO_PROOF)


@given(index=st.integers(0, 10_000), change=st.integers(1, 255))
def test_any_changed_byte_is_refused(index: int, change: int) -> None:
    assert_changed_byte_is_refused(index, change)


@pytest.mark.planted_fault("the signature is not verified")
def test_without_the_signature_a_changed_byte_gets_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "verify_possession", lambda token, key: True)
    with pytest.raises(AssertionError):
        assert_changed_byte_is_refused(20, 1)


@given(text=CODES, index=st.integers(0, 300), byte=st.integers(0, 255))
def test_any_changed_character_is_refused(text: bytes, index: int, byte: int) -> None:
    index %= len(text)
    changed = text[:index] + bytes([byte]) + text[index + 1 :]
    if changed != text:
        assert_refused(judge(changed, TS, key_of("phone") if text is SHORT else None), NO_PROOF)


@given(text=CODES, length=st.integers(0, 271))
def test_any_truncation_is_refused(text: bytes, length: int) -> None:
    if length < len(text):
        assert_refused(judge(text[:length], TS, key_of("phone")), NO_CODE)


@given(text=st.binary(max_size=400))
def test_any_bytes_are_refused(text: bytes) -> None:
    assert_refused(judge(text, TS, key_of("phone")), NO_CODE)


@given(raw=st.one_of(st.binary(min_size=78, max_size=78), st.binary(min_size=180, max_size=180)))
def test_any_bytes_of_the_right_length_are_refused(raw: bytes) -> None:
    for first in (raw[:1], b"\x01", b"\x02"):
        text = ("Z1" + base45.encode(first + raw[1:])).encode()
        assert_refused(judge(text, TS, key_of("phone")), NO_PROOF)


@given(secret=st.integers(1, 2**128))
def test_any_foreign_key_is_refused(secret: int) -> None:
    foreign = ec.derive_private_key(secret, ec.SECP256R1())
    head = base45.decode(SHORT[2:].decode())[:14]
    forged = base45.decode(codes.sign_short(foreign, TS)[2:])
    text = ("Z1" + base45.encode(head + forged[14:])).encode()
    assert_refused(judge(text, TS, key_of("phone")), {Reason.BAD_SIGNATURE})
    assert_refused(judge(codes.sign_short(foreign, TS).encode(), TS), {Reason.UNKNOWN_KEY})


def assert_window_is_checked(now: int) -> None:
    reason = judge(SHORT, now, key_of("phone")).reason
    if now < TS - codes.FUTURE_SECONDS:
        assert reason is Reason.CODE_FROM_FUTURE
    elif now > TS + codes.PAST_SECONDS:
        assert reason is Reason.CODE_EXPIRED
    else:
        assert reason is Reason.GRANTED


@given(now=st.one_of(st.integers(TS - 60, TS + 60), st.integers(0, 2**33)))
def test_a_code_opens_only_inside_its_window(now: int) -> None:
    assert_window_is_checked(now)


@pytest.mark.planted_fault("no time window")
def test_without_the_window_the_check_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "check_time", lambda ts, now: None)
    with pytest.raises(AssertionError):
        assert_window_is_checked(TS + 31)


@given(ts=st.integers(0, 2**32 - 1), flags=st.integers(0, 3))
def test_what_a_phone_signs_is_granted_at_its_moment(ts: int, flags: int) -> None:
    token = codes.parse(codes.sign_short(PHONE, ts, flags).encode())
    assert (token.ts, token.leaving, token.duress) == (ts, bool(flags & 1), bool(flags & 2))
    assert codes.verify_possession(token, PHONE.public_key())


@given(data=st.binary(max_size=200))
def test_base45_is_one_text_for_one_byte_string(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(text=st.text(alphabet=base45.ALPHABET, max_size=60))
def test_a_base45_text_is_either_refused_or_canonical(text: str) -> None:
    try:
        data = base45.decode(text)
    except ValueError:
        return
    assert base45.encode(data) == text
