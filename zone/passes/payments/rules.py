"""The state of a payment, and why money is given back without being asked for. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

FREE: Final = "free"
"""The provider of a payment of 0 cents."""

PAID_TWICE: Final = "paid twice"
PAID_LATE: Final = "paid late"
ALREADY_HELD: Final = "already held"

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
    }
)
"""What people read of each reason for which a payment is given back automatically."""


def payment_state(outcomes: Iterable[str]) -> str:
    """Return the state of a payment from its outcomes."""
    # Outcomes may arrive in any order. Paid wins over declined and cancelled: the money was taken.
    reported = set(outcomes)
    return next((state for state in ("paid", "declined", "cancelled") if state in reported), "open")


def reason_text(reason: str) -> Mapping[str, str]:
    """Return the sentence of an automatic reason by language; of staff, what they wrote."""
    return RETURNED.get(reason, dict.fromkeys(("fi", "sv", "en"), reason))
