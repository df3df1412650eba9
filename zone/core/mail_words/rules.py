"""What changed words of a mail may be, and what of them does not fit. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from zone.core.mail.kinds import BLOCKS, KINDS, SERVICE, MailKind
from zone.core.mail.templates import Wording, built_in_words
from zone.core.text import clean_lines, clean_text, is_visible

LONGEST: Final = {"subject": 150, "title": 150, "body": 4000}
"""Letters of each part. Mail programs show about 70 of a subject."""

EMPTY: Final = "empty"
TOO_LONG: Final = "too_long"
BRACE: Final = "brace"
UNKNOWN: Final = "unknown"
MISSING: Final = "missing"
NOT_ALONE: Final = "not_alone"
PROBLEMS: Final = (EMPTY, TOO_LONG, BRACE, UNKNOWN, MISSING, NOT_ALONE)

_BRACES: Final = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}\n]{0,60})\}|(?P<stray>[{}])")


@dataclass(frozen=True, slots=True)
class Misfit:
    """What does not fit in a part of the words; `name` is the placeholder that it is about.

    With `brace` a brace stands alone; `not_alone` says that a part of the mail stands in a sentence
    or in its subject or title.
    """

    part: str
    problem: str
    name: str = ""


def clean_words(words: Wording) -> Wording:
    """Return the words without what a mail cannot show; subject and title in one line each."""
    return Wording(clean_text(words.subject), clean_text(words.title), clean_lines(words.body))


def blocks_of(kind: MailKind) -> dict[str, str]:
    """Return the parts of a mail that stand in a paragraph of their own, with their meaning."""
    meanings, values = {**BLOCKS, **kind.blocks}, values_of(kind)
    found = (name for name, _ in _names(built_in_words(kind.template, "en").body))
    return {name: meanings[name] for name in found if name is not None and name not in values}


def values_of(kind: MailKind) -> dict[str, str]:
    """Return the placeholders of a mail that may stand in a sentence, with their meaning."""
    meanings = {name: value.meaning for name, value in kind.values.items()}
    return {**meanings, "service": SERVICE.meaning}


@lru_cache(maxsize=1000)  # asked again for each mail in changed words
def misfits(template: str, words: Wording) -> tuple[Misfit, ...]:
    """Return what does not fit; the words are clean."""
    kind = KINDS[template]
    return tuple(
        misfit
        for part, text in (("subject", words.subject), ("title", words.title), ("body", words.body))
        for misfit in _misfits(kind, part, text)
    )


def _misfits(kind: MailKind, part: str, text: str) -> Iterator[Misfit]:
    if not is_visible(text):
        yield Misfit(part, EMPTY)
    if len(text) > LONGEST[part]:
        yield Misfit(part, TOO_LONG)
    values, blocks = values_of(kind), blocks_of(kind)
    for name, is_alone in _names(text):
        if name is None:
            yield Misfit(part, BRACE)
        elif name not in values and name not in blocks:
            yield Misfit(part, UNKNOWN, name)
        elif name in blocks and not (is_alone and part == "body"):
            yield Misfit(part, NOT_ALONE, name)
    if part == "body":
        used = {name for name, _ in _names(text)}
        yield from (Misfit(part, MISSING, name) for name in kind.needs if name not in used)


def _names(text: str) -> Iterator[tuple[str | None, bool]]:
    """Yield each name in braces, and whether it is a paragraph of its own; None: a stray brace."""
    for paragraph in text.split("\n\n"):
        for found in _BRACES.finditer(paragraph):
            if found["stray"]:
                yield None, False
            elif found["name"] is not None:
                yield found["name"], paragraph.strip() == found.group()


def own_words(template: str, words: Mapping[str, Wording | None]) -> dict[str, Wording | None]:
    """Return the words by language; None where they are the built-in ones."""
    return {
        language: None if one == built_in_words(template, language) else one
        for language, one in words.items()
    }
