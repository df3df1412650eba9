"""What the pages of buying show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from zone.core.errors import DomainError
from zone.passes.catalogue.queries import names_of
from zone.passes.orders.queries import PriceQuote, Quote


@dataclass(frozen=True, slots=True)
class OfferView:
    """A product in the shop: its names by language, and its quote or the reason for having none."""

    code: str
    name: dict[str, str]
    entitlements: list[str]
    quote: Quote | None
    reason: str


def offer_view(offer: PriceQuote, language: str) -> OfferView:
    """Return an offer with the sentence of its refusal in the reader's language."""
    product = offer.product
    reason = sentence_of(offer.refusal, language) if offer.refusal else ""
    return OfferView(product.code, names_of(product), product.entitlements, offer.quote, reason)


def shared_reason(offers: Sequence[PriceQuote], language: str) -> str | None:
    """Return the one reason for which the person cannot buy anything; None where they can."""
    refusals = {offer.refusal.code: offer.refusal for offer in offers if offer.refusal}
    if len(refusals) != 1 or any(offer.quote for offer in offers):
        return None
    (refusal,) = refusals.values()
    return sentence_of(refusal, language)


def sentence_of(refusal: DomainError, language: str) -> str:
    """Return the sentence of a refusal's first reason."""
    return refusal.reasons[0].text(language, refusal.params)
