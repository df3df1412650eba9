"""What the page of a person's record shows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zone.passes.orders.queries import PriceQuote


@dataclass(frozen=True, slots=True)
class SaleChoice:
    """A product that can be sold to a person; `value` is what the form sends back of it.

    `ends_on` is None for a fee, which has no days.
    """

    value: str
    name: dict[str, str]
    cents: int
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class SaleChoices:
    """The products that can be sold to a person; `hint` is why the others cannot, if any."""

    choices: Sequence[SaleChoice]
    hint: str | None

    def __bool__(self) -> bool:
        return bool(self.choices or self.hint)


def sale_choices(offers: Sequence[PriceQuote], language: str) -> SaleChoices:
    """Return what can be sold of the products that were quoted to a person."""
    refusals = [offer.refusal for offer in offers if offer.quote is None and offer.refusal]
    hint = refusals[0].reasons[0].text(language, refusals[0].params) if refusals else None
    return SaleChoices([choice for offer in offers if (choice := _choice(offer))], hint)


def _choice(offer: PriceQuote) -> SaleChoice | None:
    product, quote = offer.product, offer.quote
    if quote is None:
        return None
    return SaleChoice(
        # Price and days go along: the sale is refused where they are not those that were shown.
        value=f"{product.code}:{quote.cents}:{quote.starts_on}:{quote.ends_on}",
        name={"fi": product.name_fi, "sv": product.name_sv, "en": product.name_en},
        cents=quote.cents,
        starts_on=quote.starts_on,
        ends_on=None if product.kind == "fee" else quote.ends_on,
    )
