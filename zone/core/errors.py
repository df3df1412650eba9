"""Typed errors: a code, an HTTP status, and a sentence in three languages that says what to do next.

Each room declares its codes in its own `errors.py` with `declare`; the catalogue is documented in docs/problems.md,
and a test fails when the two differ.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One kind of refusal. `fi`, `sv`, `en` may name parameters in braces: `{until}`."""

    code: str
    status: int
    fi: str
    sv: str
    en: str

    def text(self, language: str, params: dict[str, Any] | None = None) -> str:
        """The sentence in `language` (`fi`, `sv` or `en`; anything else reads as `en`)."""
        return self.text_as_written(language).format(**(params or {}))

    def text_as_written(self, language: str) -> str:
        """The same with its parameters still in braces, for lists of all codes."""
        return {"fi": self.fi, "sv": self.sv}.get(language, self.en)


# Every code by its name.
CATALOGUE: Final[dict[str, ErrorCode]] = {}

# What the violation of a named database constraint means to a person.
CONSTRAINTS: Final[dict[str, ErrorCode]] = {}


def declare(
    code: str, status: int, *, fi: str, sv: str, en: str, constraints: tuple[str, ...] = ()
) -> ErrorCode:
    """Add a code to the catalogue, and name the database constraints whose violation means the same.

    Raises:
        ValueError: the code or a constraint is taken.
    """
    if code in CATALOGUE or any(name in CONSTRAINTS for name in constraints):
        raise ValueError(f"declared twice: {code}")
    error = ErrorCode(code, status, fi, sv, en)
    CATALOGUE[code] = error
    CONSTRAINTS.update(dict.fromkeys(constraints, error))
    return error


class DomainError(Exception):
    """A rule said no. Carries every reason found (the first is the main one) and data for the caller."""

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


# Unknown, or another person's: the two look the same from outside.
NOT_FOUND = declare(
    "not_found",
    404,
    fi="Emme löytäneet etsimääsi. Tarkista osoite tai palaa etusivulle.",
    sv="Vi hittade inte det du söker. Kontrollera adressen eller gå till startsidan.",
    en="We could not find that. Check the address or go back to the start page.",
)

EDITED_MEANWHILE = declare(
    "edited_meanwhile",
    409,
    fi="Joku muu on muuttanut tätä sillä välin. Eroavat: {changed}. Katso ne ja tallenna uudelleen.",
    sv="Någon annan har ändrat detta under tiden. Det som skiljer sig: {changed}. Se efter och spara på nytt.",
    en="Somebody else has changed this meanwhile. What differs: {changed}. Look at it and save again.",
)


def edited_meanwhile(version: int | str, changed: Iterable[str]) -> DomainError:
    """The refusal of an edit of an older state: the `version` stored now, and by name what differs."""
    names = list(changed)
    return DomainError(
        EDITED_MEANWHILE,
        params={"changed": ", ".join(names) or "–"},
        version=version,
        changed=names,
    )


class OperationError(RuntimeError):
    """A command was refused or failed; the message says why and what to do. Nothing was changed unless it says so."""
