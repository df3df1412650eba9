"""The colours that follow from a service's accent colour, and their contrast. Pure.

Contrast is that of WCAG 2.2 (relative luminance of sRGB). Level AA asks 4.5 for text.
"""

import re
from typing import Final

AA_TEXT: Final = 4.5
# As in zone.css. The accent is text on each of the light grounds, and the ground of white text.
LIGHT_GROUNDS: Final = ("#ffffff", "#f3f6f2", "#eaf0ea")
DARK_GROUNDS: Final = ("#0b1412", "#13201c", "#1b2b26")
WHITE: Final = "#ffffff"
BLACK: Final = "#000000"
_HEX: Final = re.compile(r"#[0-9a-f]{6}")
SOFT: Final = 0.88
"""The share of white in the ground of what is chosen."""
SOFT_DARK: Final = 0.75
"""The share of the dark ground in the same one of the dark scheme."""


def is_colour(text: str) -> bool:
    """Whether a text is a colour as `#0b4a3c`."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """Return the colour with a share of the other one, from 0 to 1."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def is_readable(accent: str) -> bool:
    """Whether an accent can be text on every light ground, and a ground of white text, at AA."""
    grounds = (*LIGHT_GROUNDS, soft(accent))
    return all(contrast(accent, ground) >= AA_TEXT for ground in grounds)


def soft(accent: str) -> str:
    """Return the light ground of what is chosen."""
    return mix(accent, WHITE, SOFT)


def for_dark(accent: str) -> str:
    """Return the accent's lightest needed tint: AA as text on every dark ground and its soft one.

    No colour has 4.5 against both white and the dark ground, so the dark scheme needs its own.
    """
    for step in range(21):
        tint = mix(accent, WHITE, step / 20)
        if all(contrast(tint, ground) >= AA_TEXT for ground in (*DARK_GROUNDS, soft_dark(tint))):
            return tint
    return WHITE


def soft_dark(tint: str) -> str:
    """Return the dark ground of what is chosen, for the tint of the dark scheme."""
    return mix(tint, DARK_GROUNDS[0], SOFT_DARK)


def style_sheet(accent: str) -> str:
    """Return the CSS that puts an accent in the place of the product's green, in both schemes."""
    tint = for_dark(accent)
    light = {
        "brand": accent,
        "brand-hover": mix(accent, BLACK, 0.2),
        "brand-text": accent,
        "brand-soft": soft(accent),
        "focus": accent,
    }
    dark = {
        "brand": tint,
        "brand-hover": mix(tint, WHITE, 0.3),
        "on-brand": DARK_GROUNDS[0],
        "brand-text": tint,
        "brand-soft": soft_dark(tint),
    }
    return (
        f"@layer tokens {{ :root {{ {_declarations(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_declarations(dark)} "
        "--focus: #c8f169; } } }\n"
    )


def _declarations(values: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in values.items())


def _channels(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
