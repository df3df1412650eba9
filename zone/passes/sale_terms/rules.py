"""Which terms of sale hold on a day. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

DAYS: Final = "{days}"
"""Stands in the words for the days of withdrawal, which the rules of passes say."""


@dataclass(frozen=True, slots=True)
class TermsVersion:
    """A version of the terms of sale and of the words of the consent, by language."""

    number: int
    valid_from: date
    terms: Mapping[str, str]
    consent: Mapping[str, str]

    def terms_in(self, language: str, days: int) -> list[str]:
        """Return the paragraphs of the terms."""
        return self.terms[language].replace(DAYS, str(days)).split("\n\n")

    def consent_in(self, language: str, days: int) -> str:
        """Return the words of the consent."""
        return self.consent[language].replace(DAYS, str(days))


def terms_on(versions: Iterable[TermsVersion], day: date) -> TermsVersion | None:
    """Return the version of a day; None: there was none yet."""
    begun = [one for one in versions if one.valid_from <= day]
    return max(begun, key=lambda one: (one.valid_from, one.number), default=None)
