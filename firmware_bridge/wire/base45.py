"""Base45 (RFC 9285): bytes as the 45 characters that a QR code packs most densely.

Our own because the wire is standard library + cryptography only, and because decoding must be canonical: one byte
string, one text. Never strip or fold what a reader sends: the space is a digit, and 82 % of codes hold one.
"""

from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE: Final = {char: value for value, char in enumerate(ALPHABET)}


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
    """The bytes of a Base45 text.

    Raises:
        ValueError: a character outside the alphabet, an impossible length, or a group above its range.
    """
    try:
        digits = [_VALUE[char] for char in text]
    except KeyError as error:
        raise ValueError("a character outside the Base45 alphabet") from error
    whole, tail = divmod(len(digits), 3)
    if tail == 1:
        raise ValueError("no Base45 text has this length")
    out = bytearray()
    for i in range(0, whole * 3, 3):
        out += _group(digits[i] + digits[i + 1] * 45 + digits[i + 2] * 2025, size=2)
    if tail:
        out += _group(digits[-2] + digits[-1] * 45, size=1)
    return bytes(out)


def _group(value: int, *, size: int) -> bytes:
    if value >= 256**size:
        raise ValueError("a Base45 group above its range")
    return value.to_bytes(size, "big")
