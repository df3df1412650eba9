"""What the pages of buying show. Pure."""

from zone.core.errors import DomainError


def sentence_of(refusal: DomainError, language: str) -> str:
    """Return the sentence of a refusal's first reason."""
    return refusal.reasons[0].text(language, refusal.params)
