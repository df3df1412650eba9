"""The state of a payment, and why money is given back without being asked for. Pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

FREE: Final = "free"
"""The provider of a payment of 0 cents."""

METHODS: Final = ("cash", "card_terminal")
"""Ways to pay at the counter, stored as the payment's provider; they have no callback."""

PATIENCE: Final = timedelta(days=3)
"""After so long a refund that its provider has not carried out is given back by hand."""

PAID_TWICE: Final = "paid twice"
PAID_LATE: Final = "paid late"
ALREADY_HELD: Final = "already held"
WRONG_SUM: Final = "wrong sum"
RATE_CHANGED: Final = "rate changed"

RETURNED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        PAID_TWICE: {
            "fi": "Tilaus oli jo maksettu, joten toinen maksu palautetaan.",
            "sv": "Beställningen var redan betald, så den andra betalningen återbetalas.",
            "en": "The order was already paid, so the second payment is given back.",
        },
        PAID_LATE: {
            "fi": "Maksu tuli perille niin myöhään, ettei passia voitu enää antaa tilatuille "
            "päiville.",
            "sv": "Betalningen kom fram så sent att motionskortet inte längre kunde ges för de "
            "beställda dagarna.",
            "en": "The payment arrived so late that the pass could no longer be given for the days "
            "that were ordered.",
        },
        ALREADY_HELD: {
            "fi": "Sait tilauksen jälkeen toisen passin, joka antaa saman samoille päiville.",
            "sv": "Efter beställningen fick du ett annat motionskort som ger samma sak för samma "
            "dagar.",
            "en": "After the order you got another pass that gives the same for the same days.",
        },
        WRONG_SUM: {
            "fi": "Maksettu summa ei ollut tilauksen summa, joten passia ei annettu ja maksu "
            "palautetaan. Tilaa tarvittaessa uudelleen.",
            "sv": "Det betalda beloppet var inte beställningens, så inget motionskort gavs och "
            "betalningen återbetalas. Beställ på nytt vid behov.",
            "en": "The amount paid was not that of the order, so no pass was given and the payment "
            "is given back. Place a new order if you need one.",
        },
        RATE_CHANGED: {
            "fi": "Arvonlisävero muuttui ennen maksua. Tilaa uudelleen, niin kuitissasi on "
            "oikea vero.",
            "sv": "Momssatsen ändrades före betalningen. Beställ på nytt, så får ditt kvitto rätt "
            "moms.",
            "en": "The VAT rate changed before the payment. Order again, so that your receipt has "
            "the right VAT.",
        },
    }
)
"""What people read of each reason for which a payment is given back automatically."""


BY_PROVIDER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "fi": "Rahat palautetaan kortille tai tilille, jolta maksu tehtiin.",
        "sv": "Pengarna går tillbaka till det kort eller konto som betalningen gjordes från.",
        "en": "The money goes back to the card or account that it was paid from.",
    }
)
WITHOUT_PROVIDER: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        FREE: {
            "fi": "Mitään ei maksettu, joten rahaa ei palauteta.",
            "sv": "Inget betalades, så inga pengar återbetalas.",
            "en": "Nothing was paid, so no money is given back.",
        },
        "cash": {
            "fi": "Maksettiin käteisellä: asiakaspalvelu antaa rahat takaisin.",
            "sv": "Betalningen gjordes kontant: kundtjänsten ger pengarna tillbaka.",
            "en": "It was paid in cash: the desk gives the money back.",
        },
        "card_terminal": {
            "fi": "Maksettiin kortilla asiakaspalvelussa: asiakaspalvelu palauttaa rahat kortille.",
            "sv": "Betalningen gjordes med kort hos kundtjänsten: kundtjänsten återbetalar "
            "pengarna till kortet.",
            "en": "It was paid by card at the desk: the desk gives the money back to the card.",
        },
    }
)
"""How money goes back that no provider can return, by how it was paid."""


def way_back(provider: str) -> Mapping[str, str]:
    """Return the sentence, by language, that says how the money of a payment goes back."""
    return WITHOUT_PROVIDER.get(provider, BY_PROVIDER)


def payment_state(outcomes: Iterable[str]) -> str:
    """Return the state of a payment from its outcomes."""
    # Outcomes may arrive in any order. Paid wins over declined and cancelled: the money was taken.
    reported = set(outcomes)
    return next((state for state in ("paid", "declined", "cancelled") if state in reported), "open")


def reason_text(reason: str) -> Mapping[str, str]:
    """Return the sentence of an automatic reason by language; of staff, what they wrote."""
    return RETURNED.get(reason, dict.fromkeys(("fi", "sv", "en"), reason))
