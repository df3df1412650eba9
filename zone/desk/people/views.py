"""What the page of a person's record shows. Pure."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from zone.booking.bookings.views import BookingView
from zone.booking.sessions.rules import ARRIVE_BEFORE
from zone.core.time import helsinki_date, to_helsinki
from zone.desk.live_doors.rules import Remedy
from zone.desk.people.queries import PersonRecord
from zone.passes.passes.queries import PassView
from zone.passes.quotes.queries import PriceQuote

MOST_ROWS: Final = 4
"""Rows of each list beside the acts: as many as fit on the screen."""


class DeskAct(StrEnum):
    """Something that the desk does for a person; the id of its form on the page."""

    CHECK_IN = "check_in"
    OPEN = "open_once"
    SELL = "sell"
    RESUME = "resume"
    BOOK = "book"
    PHONE = "phone"
    PROOF = "proof"
    LIFT = "lift"
    SUSPEND = "suspend"
    SAY = "say"
    """Nothing but a sentence: the desk says what to do, and nobody is let in for it."""


ALWAYS: Final = (
    DeskAct.CHECK_IN,
    DeskAct.OPEN,
    DeskAct.SELL,
    DeskAct.BOOK,
    DeskAct.PHONE,
    DeskAct.SUSPEND,
)
"""What the desk may do for anybody, in the order of the page."""

ACT_ICONS: Final[Mapping[DeskAct, str]] = MappingProxyType(
    {
        DeskAct.CHECK_IN: "log-in",
        DeskAct.OPEN: "door-open",
        DeskAct.SELL: "ticket",
        DeskAct.BOOK: "calendar-check",
        DeskAct.PHONE: "smartphone",
        DeskAct.SUSPEND: "ban",
    }
)

BY_REMEDY: Final = {
    Remedy.SELL: DeskAct.SELL,
    Remedy.RESUME: DeskAct.RESUME,
    Remedy.PHONE: DeskAct.PHONE,
    Remedy.LIFT: DeskAct.LIFT,
    Remedy.BOOK: DeskAct.BOOK,
    Remedy.CHECK_IN: DeskAct.CHECK_IN,
    Remedy.NEW_CODE: DeskAct.SAY,
    Remedy.WAIT: DeskAct.SAY,
    Remedy.REFUSE: DeskAct.SAY,
}


@dataclass(frozen=True, slots=True)
class DoorRow:
    """What happened to a person at a door today; `by_desk`: the desk let them in."""

    at: datetime
    area: str
    granted: bool
    by_desk: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class PersonPanel:
    """The right side of the desk's page: the act that solves what is wrong, and the others."""

    solve: DeskAct | None
    others: tuple[DeskAct, ...]
    today: list[DoorRow]
    passes: list[PassView]
    bookings: list[BookingView]
    proven_until: date | None
    to_mark: frozenset[uuid.UUID]
    """The bookings of sessions of now, or earlier today, at which nobody has seen the person."""


def panel(
    record: PersonRecord, remedy: Remedy | None, *, sells: bool, books: bool, now: datetime
) -> PersonPanel:
    """Return the panel of a person; `remedy` is that of their refusal.

    `sells`: a pass can be sold to them now. `books`: something can be booked for them.
    """
    solve = solving_act(record, remedy, sells=sells, books=books)
    proofs = [claim.proven_until for claim in record.affiliations if claim.proven_until]
    coming = [one for one in record.bookings if one.state == "booked" and one.session.ends_at > now]
    return PersonPanel(
        solve,
        tuple(act for act in ALWAYS if act is not solve),
        _today(record, now)[:MOST_ROWS],
        record.passes[:MOST_ROWS],
        sorted(coming, key=lambda one: one.session.starts_at)[:MOST_ROWS],
        max(proofs, default=None),
        frozenset(one.id for one in record.bookings if _can_be_marked(one, record, now)),
    )


def _can_be_marked(booking: BookingView, record: PersonRecord, now: datetime) -> bool:
    """Return whether the desk may say that the person is at the session of a booking."""
    held = booking.session
    is_of_today = helsinki_date(held.starts_at) == helsinki_date(now) or held.ends_at > now
    return (
        booking.state in ("booked", "no_show")
        and held.id not in record.seen_at
        and held.starts_at - ARRIVE_BEFORE <= now
        and is_of_today
    )


def solving_act(
    record: PersonRecord, remedy: Remedy | None, *, sells: bool, books: bool
) -> DeskAct | None:
    """Return the one act that solves a refusal or, without one, what else is wrong.

    None: all is in order.
    """
    if record.suspensions:
        return DeskAct.LIFT  # no pass, booking or code opens a door for them before
    act = BY_REMEDY[remedy] if remedy else None
    if act is DeskAct.BOOK and not books:
        act = DeskAct.CHECK_IN
    if act is DeskAct.LIFT:
        act = None  # it has ended meanwhile, and something else is wrong
    paused = any(held.state == "paused" for held in record.passes)
    if act is DeskAct.RESUME and not paused:
        act = None  # so has the pause
    if act is None and not record.has_valid_pass:
        act = DeskAct.RESUME if paused else DeskAct.SELL
    # Nobody buys without a proof, so that comes first.
    unproven = not record.eligible and any(claim.admitted for claim in record.affiliations)
    return DeskAct.PROOF if act is DeskAct.SELL and unproven and not sells else act


def last_half_hour(now: datetime) -> str:
    """Return the Helsinki clock time at which the present half hour began, as a field has it."""
    local = to_helsinki(now)
    return f"{local.hour:02}:{local.minute // 30 * 30:02}"


def _today(record: PersonRecord, now: datetime) -> list[DoorRow]:
    rows = [DoorRow(one.at, one.area, one.granted, False, one.reason) for one in record.entries]
    rows += [DoorRow(one.at, one.area, True, True, None) for one in record.check_ins]
    today = [row for row in rows if helsinki_date(row.at) == helsinki_date(now)]
    return sorted(today, key=lambda row: row.at, reverse=True)


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
    entitlements: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SaleChoices:
    """The products that can be sold to a person; `hint` is why the others cannot, if any.

    `likely` is the value of the one that fits best. `others` do not open the area that refused the
    person.
    """

    choices: Sequence[SaleChoice]
    hint: str | None
    likely: str | None = None
    others: Sequence[SaleChoice] = ()

    def __bool__(self) -> bool:
        return bool(self.choices or self.hint)


def sale_choices(
    offers: Sequence[PriceQuote],
    language: str,
    held: Sequence[PassView] = (),
    kinds: Collection[str] = (),
) -> SaleChoices:
    """Return what can be sold of the products that were quoted to a person with these passes.

    `kinds` are the rights of which the area that refused them asks for one.
    """
    refusals = [offer.refusal for offer in offers if offer.quote is None and offer.refusal]
    hint = refusals[0].reasons[0].text(language, refusals[0].params) if refusals else None
    choices = [choice for offer in offers if (choice := _choice(offer))]
    opening = [choice for choice in choices if _opens(choice, kinds)]
    likely = _likely(opening, held)
    if not kinds or not opening:
        return SaleChoices(choices, hint, likely)
    return SaleChoices(opening, hint, likely, [one for one in choices if one not in opening])


def _opens(choice: SaleChoice, kinds: Collection[str]) -> bool:
    """Return whether it is a pass, and one that opens an area that asks for one of `kinds`."""
    return choice.ends_on is not None and (
        not kinds or not set(kinds).isdisjoint(choice.entitlements)
    )


def _likely(opening: Sequence[SaleChoice], held: Sequence[PassView]) -> str | None:
    """Return the value of one of the products that open the area: the last one, or the first."""
    again = [choice for choice in opening if held and choice.name == held[0].product]
    return next((choice.value for choice in (*again, *opening)), None)


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
        entitlements=quote.entitlements,
    )
