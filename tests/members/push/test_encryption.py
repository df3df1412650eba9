"""What is sealed for a browser opens by a library that we did not write; so is the token read."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from tests.world.push import PushBrowser
from zone.members.push import encryption, vapid
from zone.members.push.rules import bytes_of, payload_of

AT = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
# RFC 8291, section 5 and appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6"
    "TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4"
    "a-fN"
)


def test_the_example_of_the_rfc_comes_out() -> None:
    sender = ec.derive_private_key(int.from_bytes(bytes_of(SENDER_KEY)), encryption.CURVE)
    sealed = encryption.seal(PLAIN, bytes_of(RECEIVER), bytes_of(SECRET), sender, bytes_of(SALT))
    assert vapid.base64url(sealed) == BODY


@pytest.mark.parametrize("length", [0, 1, 500, encryption.MOST_TEXT])
def test_another_library_opens_it(length: int) -> None:
    browser = PushBrowser("https://push.example/1", "")
    text = b"x" * length
    sealed = encryption.encrypt(text, browser.point, browser.secret)
    assert len(sealed) <= encryption.RECORD_BYTES
    opened = http_ece.decrypt(sealed, private_key=browser.key, auth_secret=browser.secret)
    assert opened == text
    assert sealed != encryption.encrypt(text, browser.point, browser.secret)


def test_another_browser_cannot_open_it() -> None:
    browser, other = (PushBrowser("https://push.example/1", "") for _ in range(2))
    sealed = encryption.encrypt(b"{}", browser.point, browser.secret)
    with pytest.raises(http_ece.ECEException):
        other.opened(sealed)


def test_what_no_push_service_takes_is_not_made() -> None:
    browser = PushBrowser("https://push.example/1", "")
    with pytest.raises(ValueError, match="too long"):
        encryption.encrypt(b"x" * (encryption.MOST_TEXT + 1), browser.point, browser.secret)
    with pytest.raises(ValueError, match=r"\w"):
        encryption.encrypt(b"x", b"\4" + b"\1" * 64, browser.secret)


def test_the_longest_notification_fits() -> None:
    # Four bytes each in UTF-8, and the longest path.
    longest = payload_of(
        "\U0001f3d0" * 999, "\U0001f3d0" * 999, path="/" + "x" * 100, topic="t" * 32, language="fi"
    )
    assert len(longest.encode()) <= encryption.MOST_TEXT


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, bytes(range(32))])
def test_every_secret_is_a_key_and_another_library_verifies_the_token(secret: bytes) -> None:
    header = vapid.authorization(secret, "https://push.example", "mailto:a@b.example", AT)
    token, key = header.removeprefix("vapid t=").split(",k=")
    assert key == vapid.public_text(secret)
    assert Vapid02.verify(header)
    claims = json.loads(urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims == {
        "aud": "https://push.example",
        "exp": int(AT.timestamp()),
        "sub": "mailto:a@b.example",
    }


def test_the_secret_of_a_key_is_found_among_several() -> None:
    old, new = b"\1" * 32, b"\2" * 32
    assert vapid.secret_of(vapid.public_text(old), [new, old]) == old
    assert vapid.secret_of(vapid.public_text(b"\3" * 32), [new, old]) is None
