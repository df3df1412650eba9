"""What makes a survey and an answer sheet valid, and which group figures may be shown. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from zone.core.errors import DomainError
from zone.core.text import tidy
from zone.feedback.errors import SURVEY_ANSWER_INVALID, SURVEY_MISMADE

LEAST: Final = 5
"""A figure over fewer answers than this is not published (targets, definition C)."""
BATCH: Final = 20
"""Boxes are opened at least this many at a time, but for the last ones at closing."""
LONGEST: Final = 1000
"""Characters of free text."""
MOST_QUESTIONS: Final = 20
MOST_TEXTS: Final = 1
"""With one text of at most 1000 characters, every sheet fits a box: 4 bytes a character at most, and escapes."""
AUDIENCES: Final = ("pass", "eligible")
"""Whose answers a survey wants: who has or had a pass in its term, or all whose right to the service is proven."""
CANT_SAY: Final = "cant_say"
CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")

Given = Mapping[str, int | str]
"""Answers by question code: 1…5 or "cant_say" for a grade, words for a text."""


@dataclass(frozen=True, slots=True)
class NewQuestion:
    """A question to ask; `texts` are fi, sv, en."""

    code: str
    texts: tuple[str, str, str]
    kind: str = "grade"
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """The answers of one group: how many, how many of them graded, and the sum of the grades."""

    n: int
    graded: int
    total: int

    @property
    def mean(self) -> Decimal | None:
        """The unrounded mean of the grades; None where nobody graded."""
        return Decimal(self.total) / self.graded if self.graded else None


def check_survey(questions: Sequence[NewQuestion], opens_at: datetime, closes_at: datetime) -> None:
    """A survey that can be answered, and has one key question.

    Raises:
        DomainError: survey_mismade.
    """
    keys = [question for question in questions if question.is_key]
    texts = [question for question in questions if question.kind == "text"]
    sound = (
        len(keys) == 1
        and keys[0].kind == "grade"
        and len({question.code for question in questions}) == len(questions) <= MOST_QUESTIONS
        and all(CODE.fullmatch(question.code) for question in questions)
        and len(texts) <= MOST_TEXTS
        and opens_at < closes_at
    )
    if not sound:
        raise DomainError(SURVEY_MISMADE)


def check_sheet(questions: Mapping[str, NewQuestion], given: Given) -> dict[str, int | str]:
    """The sheet as it will be kept: unknown questions refused, empty texts left out, the key question answered.

    Raises:
        DomainError: survey_answer_invalid, naming every question that is wrong.
    """
    kept = {code: tidy(value) if isinstance(value, str) else value for code, value in given.items()}
    wrong = {code for code, value in kept.items() if code not in questions or not _valid(questions[code], value)}
    wrong |= {code for code, question in questions.items() if question.is_key and code not in kept}
    if wrong:
        named = ", ".join(sorted(wrong))[:200]
        raise DomainError(SURVEY_ANSWER_INVALID, params={"questions": named, "longest": LONGEST})
    return {code: value for code, value in kept.items() if value != ""}


def _valid(question: NewQuestion, value: int | str) -> bool:
    if question.kind == "text":
        return isinstance(value, str) and len(value) <= LONGEST
    return value == CANT_SAY or (type(value) is int and 1 <= value <= 5)


def hidden_groups(sizes: Mapping[str, int], least: int = LEAST) -> frozenset[str]:
    """Which groups must not be shown when their sum is published.

    Those with fewer than `least` answers; and while what is hidden adds up to fewer than `least`, the next smallest
    group too (complementary suppression), or the hidden figure is the total minus the shown ones. Groups of nobody
    hide nothing and need no hiding.
    """
    by_size = sorted((size, name) for name, size in sizes.items() if size > 0)
    hidden = [entry for entry in by_size if entry[0] < least]
    shown = by_size[len(hidden) :]
    while hidden and shown and (len(hidden) < 2 or sum(size for size, _ in hidden) < least):
        hidden.append(shown.pop(0))
    return frozenset(name for _, name in hidden)


def sizes_of(cells: Mapping[str, Cell]) -> dict[str, int]:
    """How many answered in each group."""
    return {name: cell.n for name, cell in cells.items()}


def cells_by(rows: Collection[tuple[str, int | None]]) -> dict[str, Cell]:
    """(group, grade) rows, where no grade means "can't say", gathered by group."""
    groups: dict[str, list[int | None]] = {}
    for group, grade in rows:
        groups.setdefault(group, []).append(grade)
    return {group: cell_of(grades) for group, grades in groups.items()}


def cell_of(grades: Sequence[int | None]) -> Cell:
    """Answers to one question gathered; None is "can't say"."""
    graded = [grade for grade in grades if grade is not None]
    return Cell(len(grades), len(graded), sum(graded))
