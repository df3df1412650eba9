"""An accent colour can be read wherever pages use it, in the light and in the dark scheme."""

import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as some

import zone
from zone.core.service_profile import colours
from zone.core.service_profile.rules import DEFAULT_ACCENT

TOKENS: Final = (Path(zone.__file__).parent / "web/static/zone.css/01-base.css").read_text("utf-8")
COLOURS: Final = some.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert round(colours.contrast(one, other), 2) == ratio
    assert colours.contrast(one, other) == colours.contrast(other, one)


@pytest.mark.parametrize(
    ("accent", "readable"),
    [
        (DEFAULT_ACCENT, True),
        ("#6a3fb0", True),
        ("#000000", True),
        ("#777777", False),
        ("#ffd000", False),
        ("#ffffff", False),
    ],
)
def test_an_accent_must_be_readable_on_white(accent: str, readable: bool) -> None:
    assert colours.is_readable(accent) is readable


def declared(css: str, name: str) -> list[str]:
    return re.findall(rf"--{name}: (#[0-9a-f]{{6}});", css)


@given(COLOURS)
def test_every_accent_that_is_taken_reaches_aa_in_both_schemes(accent: str) -> None:
    if not colours.is_readable(accent):
        return
    css = colours.style_sheet(accent)
    light, dark = declared(css, "brand")
    (on_dark,) = declared(css, "on-brand")
    soft, soft_dark = declared(css, "brand-soft")
    hover, hover_dark = declared(css, "brand-hover")
    pairs = [
        *((light, ground) for ground in (*colours.LIGHT_GROUNDS, soft)),
        *((dark, ground) for ground in (*colours.DARK_GROUNDS, soft_dark, on_dark)),
        ("#ffffff", hover),
        (on_dark, hover_dark),
    ]
    assert min(colours.contrast(*pair) for pair in pairs) >= colours.AA_TEXT


def test_the_grounds_are_those_of_the_style_sheet() -> None:
    light, dark = (
        [declared(TOKENS, name)[place] for name in ("surface", "bg", "surface-2")]
        for place in (0, 1)
    )
    assert sorted(light) == sorted(colours.LIGHT_GROUNDS)
    assert sorted(dark) == sorted(colours.DARK_GROUNDS)
    assert declared(TOKENS, "brand")[0] == DEFAULT_ACCENT
