"""A picture as the logo of the service: a small square PNG, whatever was sent. Pure."""

from hashlib import sha256
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from zone.core.errors import DomainError
from zone.core.service_profile.errors import LOGO_UNREADABLE

KINDS: Final = ("PNG", "JPEG", "WEBP")
"""SVG is not among them: it can hold scripts."""
SIDE: Final = 192
"""Pixels; the head of a page shows 30, at three pixels for one on a phone."""
LARGEST: Final = 4096
"""Pixels of a side; a larger picture would take memory like a video."""


def logo_png(picture: bytes) -> bytes:
    """Return the picture as a square PNG with a transparent ground, at most 192 pixels wide.

    Raises:
        DomainError: logo_unreadable.
    """
    try:
        with Image.open(BytesIO(picture), formats=KINDS) as opened:
            if max(opened.size) > LARGEST:
                raise DomainError(LOGO_UNREADABLE)
            image = ImageOps.exif_transpose(opened).convert("RGBA")
    # Pillow says in many ways that a file is broken or too large.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DomainError(LOGO_UNREADABLE) from error
    image.thumbnail((SIDE, SIDE))
    out = BytesIO()
    ImageOps.pad(image, (max(image.size),) * 2, color=(0, 0, 0, 0)).save(out, "PNG", optimize=True)
    return out.getvalue()


def digest_of(png: bytes) -> str:
    """Return the part of the logo's address that changes with it."""
    return sha256(png).hexdigest()[:32]
