"""A file that a preview carries along in its form.

A page cannot fill in a file, and the server keeps nothing of a preview.
"""

import base64
import binascii
import zlib
from typing import Final

MOST_PACKED: Final = 450_000
"""A form holds 500,000 bytes at most, and two of the 64 characters are sent as three."""


class BrokenFileError(ValueError):
    """What came back with the form is no file that was packed."""


def pack(content: bytes) -> str | None:
    """Return a file as a hidden field has it; None: it does not fit into a form."""
    packed = base64.b64encode(zlib.compress(content)).decode()
    return packed if len(packed) <= MOST_PACKED else None


def unpack(packed: str, most: int) -> bytes:
    """Return the file, at most one byte more than `most`: judge it as a new one, size included.

    Raises:
        BrokenFileError: it was not packed by `pack`.
    """
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), most + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BrokenFileError from error
