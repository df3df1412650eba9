"""The interface of a payment provider, and the data exchanged with it.

A provider uses no database, and is called outside of transactions only. Each of its calls may be
repeated: after a crash nobody knows whether the first one arrived.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, runtime_checkable

OUTCOMES: Final = ("paid", "declined", "cancelled")
PENDING: Final = "pending"
"""The provider waits for the buyer's bank: paid or declined comes later."""
REFUND_OUTCOMES: Final = ("done", "refused", PENDING)
MOST_CENTS: Final = 2**31 - 1
"""What a column of the database holds."""


class ProviderUnavailableError(Exception):
    """The provider did not answer, or not in a way that can be read. Nothing is known."""


@dataclass(frozen=True, slots=True)
class AmountDue:
    """An amount to pay: the payment's reference, integer cents and their currency."""

    reference: str
    cents: int
    currency: str


@dataclass(frozen=True, slots=True)
class PaymentItem:
    """A line of the order, VAT included; the rate is in hundredths of a percent."""

    code: str
    name: str
    cents: int
    vat_bp: int


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """A payment to create: what is bought by whom, and the address for callback and return."""

    due: AmountDue
    items: Sequence[PaymentItem]
    email: str
    language: str
    callback_url: str


@dataclass(frozen=True, slots=True)
class CreatedPayment:
    """A payment as the provider created it: its reference there, and the address to pay at."""

    reference: str
    address: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A request to our callback address, as it came. Names of headers are in lower case."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A provider's report of a payment, at `at` by its clock; `outcome`: OUTCOMES or PENDING.

    `provider_reference` is how the provider knows the payment, where its report says so.
    """

    reference: str
    outcome: str
    cents: int
    currency: str
    at: datetime
    provider_reference: str | None = None


@dataclass(frozen=True, slots=True)
class FoundPayment:
    """What a provider knows of a payment; `notice` is None while it has no outcome."""

    created: CreatedPayment
    notice: PaymentNotice | None


def check_created(created: object) -> CreatedPayment:
    """Return what a provider has created, if it can be stored.

    Raises:
        ProviderUnavailableError: it cannot, such as one without an address.
    """
    if not isinstance(created, CreatedPayment):
        raise ProviderUnavailableError
    if not (_is_text(created.reference) and _is_text(created.address)):
        raise ProviderUnavailableError
    return created


def check_notice(notice: object) -> PaymentNotice:
    """Return a notice that can be stored.

    Raises:
        ProviderUnavailableError: it says something that we do not know.
    """
    # Of each the type too: what a module takes from JSON may be a text, a fraction or nothing.
    if not isinstance(notice, PaymentNotice):
        raise ProviderUnavailableError
    known = notice.outcome in (*OUTCOMES, PENDING)
    if not known or not (_is_text(notice.reference) and _is_text(notice.currency)):
        raise ProviderUnavailableError
    if notice.provider_reference is not None and not _is_text(notice.provider_reference):
        raise ProviderUnavailableError
    if type(notice.cents) is not int or abs(notice.cents) > MOST_CENTS:
        raise ProviderUnavailableError
    at: object = notice.at
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise ProviderUnavailableError
    return notice


def check_found(found: object, due: AmountDue) -> FoundPayment | None:
    """Return what a provider has found of a payment that is due.

    Raises:
        ProviderUnavailableError: it cannot be stored, or is about another payment.
    """
    if found is None:
        return None
    if not isinstance(found, FoundPayment):
        raise ProviderUnavailableError
    check_created(found.created)
    if found.notice is not None and check_notice(found.notice).reference != due.reference:
        raise ProviderUnavailableError
    return found


def _is_text(value: object) -> bool:
    """Whether a value is a text that a database stores: it has neither NUL nor half a character."""
    return isinstance(value, str) and value != "" and value.isprintable()


@dataclass(frozen=True, slots=True)
class RefundDue:
    """A refund to carry out: its own reference, and the payment; its cents are what goes back.

    `callback_url` is the address that a provider calls about it, if it does so.
    """

    reference: str
    payment: AmountDue
    provider_reference: str | None
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class MadeRefund:
    """A refund that a provider has made: its `reference` there, and that of the `payment` there.

    `refund` is our own reference of it, where it was asked for from here.
    """

    reference: str
    refund: str | None
    payment: str
    cents: int
    at: datetime


@runtime_checkable
class RefundBook(Protocol):
    """What a provider offers that lists its refunds, whoever asked for them."""

    def refunds_since(self, since: datetime) -> list[MadeRefund]:
        """Return the refunds that were made since then and not refused.

        Raises:
            ProviderUnavailableError: nothing is known.
        """

    def payment_of(self, made: MadeRefund) -> str | None:
        """Return our reference of the payment that a refund is of; None: it is none of ours.

        Raises:
            ProviderUnavailableError: nothing is known.
        """


class PaymentProvider(Protocol):
    """A provider that shows a payment page of its own and calls back."""

    @property
    def name(self) -> str:
        """The name in the settings, in the callback's address and in the rows of payments."""

    @property
    def title(self) -> str:
        """The name that buyers read."""

    @property
    def url(self) -> str:
        """The address of its API; empty: nobody is called."""

    @property
    def page_origins(self) -> tuple[str, ...]:
        """The origins to which a browser is sent to pay, other than ours."""

    def create(self, payment: PaymentRequest) -> CreatedPayment:
        """Create a payment, once for its reference.

        Raises:
            ProviderUnavailableError: nobody knows whether it was created; `find` tells.
        """

    def verify(self, callback: Callback) -> PaymentNotice | None:
        """Return the notice of a callback, after verifying its signature.

        None where it is signed and about no payment of ours.

        Raises:
            DomainError: forged_notice.
            ProviderUnavailableError: the notice had to be looked up and could not be.
        """

    def refund(self, refund: RefundDue) -> str:
        """Give a payment back, once for the refund's reference; return done, refused or pending.

        Raises:
            ProviderUnavailableError: nobody knows; it is asked again.
        """

    def find(self, due: AmountDue, provider_reference: str | None) -> FoundPayment | None:
        """Return what the provider knows of a payment; None where it has none of that reference.

        Raises:
            ProviderUnavailableError: it is asked again.
        """

    def try_connection(self) -> None:
        """Ask something that changes nothing, with our keys.

        Raises:
            ProviderUnavailableError: it did not answer, or did not accept the keys.
        """
