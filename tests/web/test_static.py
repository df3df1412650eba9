"""The sheet of icons holds what pages show, all of it and nothing else."""

import re
from pathlib import Path
from typing import Final

import pytest

import zone

ROOT: Final = Path(zone.__file__).parent
TEXT: Final = "\n".join(
    path.read_text(encoding="utf-8")
    for kind in ("*.html", "*.py", "*.js")
    for path in sorted(ROOT.rglob(kind))
    if path.is_file()
)


def check_the_sheet(sheet: str) -> None:
    held = set(re.findall(r'id="([\w-]+)"', sheet))
    assert [name for name in held if not re.search(rf"(?<![\w-]){name}(?![\w-])", TEXT)] == [], (
        "shown nowhere"
    )
    assert set(re.findall(r'\bicon\("([\w-]+)"', TEXT)) - held == set(), "missing"


@pytest.fixture
def sheet() -> str:
    return (ROOT / "web" / "static" / "icons.svg").read_text(encoding="utf-8")


def test_the_sheet_holds_just_the_icons_that_pages_show(sheet: str) -> None:
    check_the_sheet(sheet)


@pytest.mark.thorough
@pytest.mark.parametrize("change", [('id="ban"', 'id="unheardof"'), ('id="lock"', 'id="ban"')])
@pytest.mark.planted_fault("an icon too many or too few")
def test_an_unused_or_missing_icon_fails_the_check(sheet: str, change: tuple[str, str]) -> None:
    with pytest.raises(AssertionError):
        check_the_sheet(sheet.replace(*change))
