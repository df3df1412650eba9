"""The state of a payment, and why money is given back without being asked for. Pure."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES, translatable, translated
from zone.passes.payments.errors import CARD_NUMBER, REFERENCE_MISSING, REFERENCE_UNREADABLE

FREE: Final = "free"
"""The provider of a payment of 0 cents."""

TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {"development": "Test", "paytrail": "Paytrail", "stripe": "Stripe"}
)
"""The names of the providers as people read them."""

BENEFITS: Final = ("smartum", "epassi", "edenred")
"""Exercise benefits: people pay in their own app, and show its confirmation."""

METHODS: Final = ("cash", "card_terminal", *BENEFITS, "voucher")
"""Ways to pay at the counter, stored as the payment's provider; they have no callback."""

TRANSFER: Final = "bank_transfer"
NOT_RECEIVED: Final = "not_received"
"""The way back of a sale that the provider has no payment of: no money goes back."""
GIVEN_BACK_BY: Final = (*METHODS, TRANSFER)
"""Ways in which the desk gives back what was paid at the counter."""

NEEDS_REFERENCE: Final = frozenset({*BENEFITS, "voucher"})
"""Ways of which nothing but a reference says afterwards that somebody paid."""

_REFERENCE: Final = re.compile(r"[\w][\w ./-]{0,39}")
_CARD_DIGITS: Final = range(13, 20)
"""How many digits the number of a card has (ISO/IEC 7812)."""

PATIENCE: Final = timedelta(days=3)
"""After so long a refund that its provider has not carried out is given back by hand."""

MAKE_REFUNDS: Final = "passes.make_refunds"
"""The job that lets providers give money back."""

IN_PROGRESS: Final = timedelta(minutes=2)
"""A call to a provider has ended by then, or its process is dead."""
RECENT: Final = timedelta(hours=2)
"""How long a payment is looked up every minute: most buyers pay, or leave, within that time."""
MOST_ASKING: Final = timedelta(minutes=5)
"""How long a run lets payments be found or refunds be made: with the last call it ends within the
lease of a job.
"""
_ASKED_LATE: Final = 5
"""Minutes of each hour in which a provider is asked for a refund that staff may give by hand."""
LOOKED_UP_OFTEN: Final = timedelta(days=2)
"""How long a payment without an outcome is looked up at every run of the job."""
LOOKED_UP: Final = timedelta(days=30)
"""How long it is looked up once a day: we, or the provider, may have been down for long."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
# Twice the time between two runs of the job, so that no hour or day is left out.
_SLOT: Final = timedelta(minutes=20)

PAID_TWICE: Final = "paid twice"
PAID_LATE: Final = "paid late"
ALREADY_HELD: Final = "already held"
WRONG_SUM: Final = "wrong sum"
UPGRADE_GONE: Final = "upgrade gone"
RATE_CHANGED: Final = "rate changed"
"""Of payments that earlier versions gave back: today the rate is decided at the payment."""
SOLD_OUT_MEANWHILE: Final = "sold out meanwhile"
VOUCHER_GONE: Final = "voucher gone"

RETURNED: Final[Mapping[str, str]] = MappingProxyType(
    {
        PAID_TWICE: translatable(
            "The order was already paid, so the second payment is given back."
        ),
        PAID_LATE: translatable(
            "The payment arrived so late that the pass could no longer be given for the days that "
            "were ordered."
        ),
        ALREADY_HELD: translatable(
            "After the order you got another pass that gives the same for the same days."
        ),
        UPGRADE_GONE: translatable(
            "The pass that you wanted to upgrade had ended or was upgraded already."
        ),
        WRONG_SUM: translatable(
            "The amount paid was not that of the order, so no pass was given and the payment is "
            "given back. Place a new order if you need one."
        ),
        RATE_CHANGED: translatable(
            "The VAT rate changed before the payment. Order again, so that your receipt has the "
            "right VAT."
        ),
        SOLD_OUT_MEANWHILE: translatable(
            "The payment arrived after the time for it, and by then everything was sold out."
        ),
        VOUCHER_GONE: translatable(
            "The payment arrived after the time for it, and by then others had used the discount "
            "code."
        ),
    }
)
"""What people read of each reason for which a payment is given back automatically."""

BY_PROVIDER: Final = translatable(
    "The money goes back to the card or account that it was paid from."
)
WITHOUT_PROVIDER: Final[Mapping[str, str]] = MappingProxyType(
    {
        FREE: translatable("Nothing was paid, so no money is given back."),
        "cash": translatable("It was paid in cash: the desk gives the money back."),
        "card_terminal": translatable(
            "It was paid by card at the desk: the desk gives the money back to the card."
        ),
        **dict.fromkeys(
            BENEFITS,
            translatable(
                "It was paid with an exercise benefit: the desk gives it back to the benefit."
            ),
        ),
        "voucher": translatable(
            "It was paid with a voucher: the desk tells you how you get its value back."
        ),
        NOT_RECEIVED: translatable(
            "The payment service has not received this sum, so the sale is cancelled. If it has "
            "received anything, that goes back to the card or account that it was paid from."
        ),
        TRANSFER: translatable("The desk gives the money back by bank transfer."),
    }
)
"""How money goes back that no provider can return, by how it was paid or is given back."""


def way_back(provider: str) -> Mapping[str, str]:
    """Return the sentence, by language, that says how the money of a payment goes back."""
    return translated(WITHOUT_PROVIDER.get(provider, BY_PROVIDER))


def check_reference(method: str, reference: str | None) -> str | None:
    """Return the reference of a payment at the counter as it is stored.

    Raises:
        DomainError: reference_missing, reference_unreadable, card_number.
    """
    given = " ".join((reference or "").split())
    if method == "cash":  # a form has one field for all ways to pay
        return None
    if not given:
        if method in NEEDS_REFERENCE:
            raise DomainError(REFERENCE_MISSING)
        return None
    if _is_card_number(given):
        raise DomainError(CARD_NUMBER)
    if not _REFERENCE.fullmatch(given):
        raise DomainError(REFERENCE_UNREADABLE)
    return given


def _is_card_number(text: str) -> bool:
    """Return whether a text holds what may be the number of a card: 13 to 19 digits with Luhn's
    check digit (ISO/IEC 7812-1, annex B).
    """
    digits = [int(digit) for digit in text if digit.isascii() and digit.isdigit()]
    if len(digits) not in _CARD_DIGITS:
        return False
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def is_look_up_due(started_at: datetime, now: datetime, *, has_outcome: bool) -> bool:
    """Return whether a payment that is not known to be paid is looked up now.

    One that was declined or cancelled is looked up more rarely: few are paid after all.
    """
    age = now - started_at
    if not IN_PROGRESS <= age < LOOKED_UP:
        return False
    if age < LOOKED_UP_OFTEN:
        return not has_outcome or age % _HOUR < _SLOT
    return age % _DAY < _SLOT


def is_refund_asked(recorded_at: datetime, run_at: datetime) -> bool:
    """Return whether a run of the job at `run_at` asks the provider for a refund.

    Where staff may give the money back by hand it is asked in the first minutes of an hour only: a
    provider that answers nobody keeps the job busy, and would keep them from it all the time.
    """
    return run_at - recorded_at < PATIENCE or run_at.minute < _ASKED_LATE


def payment_state(outcomes: Iterable[str]) -> str:
    """Return the state of a payment from its outcomes, in the order in which they arrived."""
    # They may arrive in any order. Paid wins: the money was taken. Otherwise the newest holds: who
    # was declined may choose another bank on the same page, which then says that it is pending.
    reported = list(outcomes)
    return "paid" if "paid" in reported else next(reversed(reported), "open")


def reason_text(reason: str) -> Mapping[str, str]:
    """Return the sentence of an automatic reason by language; of staff, what they wrote."""
    sentence = RETURNED.get(reason)
    return dict.fromkeys(LANGUAGES, reason) if sentence is None else translated(sentence)
