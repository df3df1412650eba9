"""The glossary: a class name has one meaning, and what the glossary names exists."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
GLOSSARY: Final = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
REPEATED: Final = re.compile(r"^\| `(\w+)` \| (\d+) \| \S.* \|$", re.MULTILINE)
CLASS: Final = re.compile(r"`([A-Z][a-z]\w+)(?:\.\w+)?`")


@cache
def class_names() -> Sequence[str]:
    """Return the name of every class of the product, once for each definition."""
    return [
        node.name
        for package in ("zone", "firmware_bridge")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]


def unexplained(names: Iterable[str], glossary: str) -> dict[str, int]:
    """Return the names that are defined more often than the glossary says, with how often."""
    allowed = {name: int(times) for name, times in REPEATED.findall(glossary)}
    counted = Counter(names)
    return {name: times for name, times in counted.items() if times > allowed.get(name, 1)}


def test_a_class_name_is_unique_unless_the_glossary_says_why_not() -> None:
    assert unexplained(class_names(), GLOSSARY) == {}


@pytest.mark.planted_fault("two classes are named Receipt")
def test_a_second_class_of_the_same_name_is_found() -> None:
    assert unexplained([*class_names(), "Receipt"], GLOSSARY) == {"Receipt": 2}


def test_every_class_in_the_glossary_exists() -> None:
    """A value of an enum or a type alias is a class here too: `Permission`, `PassRight`."""
    assert set(CLASS.findall(GLOSSARY)) - set(class_names()) == set()


def test_every_term_has_a_meaning_and_a_place() -> None:
    """A row of the tables of terms has four cells, and only the last may be a dash."""
    terms = GLOSSARY.partition("## Words that are not used")[0]
    rows = [line for line in terms.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row for row in cells if len(row) != 4 or not all(row[:3]) or "–" in row[:3]] == []
