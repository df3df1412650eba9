"""Typed errors: a code, an HTTP status, and a sentence, which the catalogues translate.

Each leaf declares its codes in its `errors.py`. docs/problems.md lists them all; a test compares.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar

from zone.core.formats import format_date, format_moment
from zone.core.i18n import translatable, translate

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One kind of refusal. `english` may name parameters in braces: `{until}`; a date among them,
    or an instant, is written as the reader's language does.

    `fields` are the fields of forms that it is about.
    """

    code: str
    status: int
    english: str
    fields: tuple[str, ...] = ()

    def text(self, language: str, params: dict[str, Any] | None = None) -> str:
        """The sentence in `language` (`fi`, `sv` or `en`; any other value gives `en`)."""
        shown = {name: _shown(value, language) for name, value in (params or {}).items()}
        return self.text_as_written(language).format(**shown)

    def text_as_written(self, language: str) -> str:
        """The sentence with its parameters in braces, for lists of all codes."""
        return translate(self.english, language)


@dataclass(frozen=True, slots=True)
class NamedParts:
    """Parts that a sentence lists, each translatable: what a parameter in braces may be."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InLanguages:
    """A text by language, such as names that managers gave: what a parameter in braces may be."""

    texts: Mapping[str, str]


def _shown(value: Any, language: str) -> Any:
    if isinstance(value, InLanguages):
        return value.texts.get(language, value.texts["en"])
    if isinstance(value, NamedParts):
        return ", ".join(translate(part, language) for part in value.parts)
    if isinstance(value, datetime):
        return format_moment(value, language)
    return format_date(value, language) if isinstance(value, date) else value


# Code → error code, of all features.
CATALOGUE: Final[dict[str, ErrorCode]] = {}

# Name of a database constraint → the error code of its violation.
CONSTRAINTS: Final[dict[str, ErrorCode]] = {}


def declare(
    code: str,
    status: int,
    english: str,
    *,
    constraints: tuple[str, ...] = (),
    fields: tuple[str, ...] = (),
) -> ErrorCode:
    """Add a code to the catalogue. A violation of one of `constraints` is raised with this code.

    Raises:
        ValueError: the code or a constraint is declared already.
    """
    if code in CATALOGUE or any(name in CONSTRAINTS for name in constraints):
        raise ValueError(f"declared twice: {code}")
    error = ErrorCode(code, status, english, fields)
    CATALOGUE[code] = error
    CONSTRAINTS.update(dict.fromkeys(constraints, error))
    return error


class DomainError(Exception):
    """A refusal by a rule, with every reason (the main one first) and data for the caller."""

    def __init__(
        self, *reasons: ErrorCode, params: dict[str, Any] | None = None, **extra: Any
    ) -> None:
        if not reasons:
            raise ValueError("a refusal has at least one reason")
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons
        self.params = params or {}
        self.extra = extra

    @property
    def code(self) -> str:
        return self.reasons[0].code

    @property
    def status(self) -> int:
        return self.reasons[0].status


# One code for an unknown object and another person's, so that nobody can learn which ids exist.
NOT_FOUND = declare(
    "not_found",
    404,
    "We could not find that. Check the address or go back to the start page.",
)

EDITED_MEANWHILE = declare(
    "edited_meanwhile",
    409,
    "Somebody else has changed this meanwhile. What differs: {changed}. Look at it and save again.",
)
_EDITED_SOMEHOW: Final = replace(
    EDITED_MEANWHILE,
    english=translatable(
        "Somebody else has changed this meanwhile. Look at what is there now and try again."
    ),
)


def edited_meanwhile(
    version: int | str, changed: Iterable[str], words: Mapping[str, str] = MappingProxyType({})
) -> DomainError:
    """The refusal of an edit of an older version: the stored `version`, and the changed names.

    `words` are those that the sentence says for a name, translatable. Without names it says of
    none: what was asked for sets no value.
    """
    names = list(changed)
    code = EDITED_MEANWHILE if names else _EDITED_SOMEHOW
    params = {"changed": NamedParts(tuple(words.get(name, name) for name in names))}
    return DomainError(code, params=params, version=version, changed=names)


def require_first(rows: Sequence[Row]) -> Row:
    """Return the first of the rows that a query found.

    Raises:
        DomainError: not_found.
    """
    if not rows:
        raise DomainError(NOT_FOUND)
    return rows[0]


class OperationError(RuntimeError):
    """A command was refused or failed; the message says why and what to do.

    Nothing was changed unless the message says so.
    """
