"""How push services know the service: its key, and a token signed with it (RFC 8292). Pure."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from zone.members.push.encryption import CURVE, encoded

KEY_FILE: Final = "push.key"
"""The secret (`zone.core.secrets`) from which the key is made."""
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256 (SEC 2, section 2.4.2)."""


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key that a 256-bit secret stands for."""
    # From 1 to the order less 1; the secret is random, so the key is as good as any.
    return ec.derive_private_key(int.from_bytes(secret) % (ORDER - 1) + 1, CURVE)


def public_text(secret: bytes) -> str:
    """Return the public key as browsers take it: `applicationServerKey`, in base64url."""
    return base64url(encoded(private_key(secret).public_key()))


def secret_of(public: str, secrets: Sequence[bytes]) -> bytes | None:
    """Return the secret whose public key a browser was given; None: it is not there any more."""
    return next((secret for secret in secrets if public_text(secret) == public), None)


def authorization(secret: bytes, audience: str, contact: str, expires: datetime) -> str:
    """Return the header that proves to a push service who sends.

    `audience` is its origin; `contact` is where it may complain, as `mailto:`.
    """
    claims = {"aud": audience, "exp": int(expires.timestamp()), "sub": contact}
    # Not its own taste in contacts: an address on a local network is refused by who gets it.
    signer = Vapid02(private_key(secret), conf={"no-strict": True})
    header: str = signer.sign(claims)["Authorization"]
    return header


def base64url(content: bytes) -> str:
    """Return the content in base64url without padding."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
