"""Images that the server draws: QR codes for paper, and the icon of the installed app."""

import io
from functools import lru_cache
from typing import Any, Final

import qrcode
from PIL import Image, ImageDraw
from qrcode.constants import ERROR_CORRECT_M

PINE: Final = "#0b4a3c"
LIME: Final = "#c8f169"
QUIET_MODULES: Final = 4
SAFE_PART: Final = 0.72
"""Of the side: a square in the circle that every system leaves (its diameter is 0.8)."""
_LETTER: Final = ((0.30, 0.32), (0.70, 0.32), (0.30, 0.68), (0.70, 0.68))


@lru_cache(maxsize=256)  # drawing costs about 10 ms
def qr_png(text: str, *, module_pixels: int = 8) -> bytes:
    """Return a QR code (level M, quiet zone of 4 modules) as PNG."""
    return _png(_qr_code(text, module_pixels).make_image().get_image())


def qr_path(text: str) -> tuple[int, str]:
    """Return a QR code as the phone draws it: its side in modules, and the path of its strokes."""
    rows = _qr_code(text).get_matrix()
    dark = ((x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return len(rows), "".join(f"M{x} {y}.5h1" for x, y in dark)


def _qr_code(text: str, module_pixels: int = 8) -> qrcode.QRCode[Any]:
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, box_size=module_pixels, border=QUIET_MODULES
    )
    code.add_data(text)
    code.make(fit=True)
    return code


@lru_cache(maxsize=8)
def logo_icon_png(side: int, logo: bytes) -> bytes:
    """Return the app's icon with the service's own logo, a PNG, in the part that no system cuts
    off.
    """
    inner = round(side * SAFE_PART)
    with Image.open(io.BytesIO(logo)) as picture:
        mark = picture.convert("RGBA").resize((inner, inner), Image.Resampling.LANCZOS)
    image = Image.new("RGB", (side, side), "white")
    image.paste(mark, ((side - inner) // 2,) * 2, mark)
    return _png(image)


@lru_cache(maxsize=8)
def icon_png(side: int) -> bytes:
    """Return the app's icon, `side` pixels wide: a full square, from which each system cuts its
    shape.
    """
    image = Image.new("RGB", (side, side), LIME)
    points = [(x * side, y * side) for x, y in _LETTER]
    ImageDraw.Draw(image).line(points, fill=PINE, width=max(2, side // 10), joint="curve")
    return _png(image)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()
