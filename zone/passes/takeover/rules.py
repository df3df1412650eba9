"""What a row of a pass from another system says, and what is wrong with it. Pure."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from zone.core.errors import DomainError, ErrorCode
from zone.core.i18n import LANGUAGES
from zone.core.text import visible_text
from zone.core.time import EARLIEST, LATEST, from_helsinki, helsinki_date
from zone.members.people.rules import LONGEST_NAME, normalize_email
from zone.passes.takeover import errors
from zone.passes.takeover.table_file import TableRow

REQUIRED: Final = ("external_id", "email", "product", "valid_from", "valid_until")
OPTIONAL: Final = (
    "name",
    "language",
    "sold_on",
    "activated_at",
    "visits_left",
    "card_number",
    "paid",
)
COLUMNS: Final = (*REQUIRED, *OPTIONAL)
BY: Final = "takeover"
"""By whom the events of passes are that were sold in another system."""
A_BATCH: Final = 100
"""Rows of one transaction: others who write wait for it."""
MOST_TRIES: Final = 3
"""How often a batch is tried that another import at the same time has refused."""
MOST_VISITS: Final = 10_000
LONGEST: Final = 64
"""The longest external id, code of a product and card number."""

_FINNISH_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIME: Final = re.compile(r"(\d{1,2})[.:](\d{2})(?:[.:]\d{2})?")
_SUM: Final = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?")
_COUNT: Final = re.compile(r"\d{1,5}")
_CARD: Final = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row is not taken over."""

    line: int
    code: ErrorCode
    params: Mapping[str, Any]

    def text(self, language: str) -> str:
        """Return the sentence in a language."""
        return self.code.text(language, dict(self.params))


@dataclass(frozen=True, slots=True)
class SoldPass:
    """A pass that another system has sold, as its row says. Both days are included."""

    line: int
    external_id: str
    email: str
    product: str
    valid_from: date
    valid_until: date
    name: str = ""
    language: str = ""
    sold_on: date | None = None
    activated_at: datetime | None = None
    visits_left: int | None = None
    card_number: str | None = None
    paid_cents: int | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of what the row says, by which a row that was changed is known."""
        said = {name: getattr(self, name) for name in self.__slots__ if name != "line"}
        return hashlib.sha256(json.dumps(said, default=str, sort_keys=True).encode()).hexdigest()


def read_day(text: str) -> date:
    """Return the day of `31.8.2026` or `2026-08-31`.

    Raises:
        ValueError: it is none.
    """
    if found := _FINNISH_DAY.fullmatch(text):
        day = date(int(found[3]), int(found[2]), int(found[1]))
    elif found := _ISO_DAY.fullmatch(text):
        day = date(int(found[1]), int(found[2]), int(found[3]))
    else:
        raise ValueError("no day")
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError("too far away")
    return day


def read_moment(text: str) -> datetime:
    """Return the instant of a day with a Helsinki time behind it, or of its midnight.

    Raises:
        ValueError: it is none.
    """
    day, _, clock = text.replace("T", " ").partition(" ")
    if not clock:
        return from_helsinki(read_day(day), time())
    found = _TIME.fullmatch(clock.removeprefix("klo ").strip())
    if found is None:
        raise ValueError("no time")
    return from_helsinki(read_day(day), time(int(found[1]), int(found[2])))


def read_cents(text: str) -> int:
    """Return the cents of `45,00`, `45.5` or `45 €`.

    Raises:
        ValueError: it is no such sum.
    """
    bare = text.removesuffix("€").replace("\xa0", "").replace(" ", "")
    if not _SUM.fullmatch(bare):
        raise ValueError("no sum")
    return int(Decimal(bare.replace(",", ".")) * 100)


def read_count(text: str) -> int:
    """Return a whole number from 1 on.

    Raises:
        ValueError: it is none.
    """
    if not _COUNT.fullmatch(text) or not 1 <= int(text) <= MOST_VISITS:
        raise ValueError("no count")
    return int(text)


def card_number(text: str) -> str | None:
    """Return the number of a card as it is stored; None: the text can be none."""
    bare = text.replace(" ", "")
    return bare.upper() if _CARD.fullmatch(bare) else None


def _read_card(text: str) -> str:
    if (number := card_number(text)) is None:
        raise ValueError("no card number")
    return number


def _read_language(text: str) -> str:
    if text.lower() not in LANGUAGES:
        raise ValueError("no language")
    return text.lower()


def _read_email(text: str) -> str:
    try:
        return normalize_email(text)
    except DomainError as error:
        raise ValueError("no address") from error


_READERS: Final[Mapping[str, tuple[Any, ErrorCode]]] = {
    "email": (_read_email, errors.CELL_EMAIL),
    "language": (_read_language, errors.CELL_LANGUAGE),
    "valid_from": (read_day, errors.CELL_DAY),
    "valid_until": (read_day, errors.CELL_DAY),
    "sold_on": (read_day, errors.CELL_DAY),
    "activated_at": (read_moment, errors.CELL_DAY),
    "visits_left": (read_count, errors.CELL_COUNT),
    "card_number": (_read_card, errors.CELL_CARD),
    "paid": (read_cents, errors.CELL_SUM),
}
_FIELDS: Final = {"paid": "paid_cents"}
_LONGEST: Final = {"external_id": LONGEST, "product": LONGEST, "name": LONGEST_NAME}


def read_row(row: TableRow, now: datetime) -> SoldPass | list[RowFault]:
    """Return the pass that a row describes, or everything that is wrong with it."""
    faults = [RowFault(row.line, code, {"column": name}) for name, code in row.faults.items()]
    values: dict[str, Any] = {}
    for name in COLUMNS:
        text = row.cells.get(name)
        if text is None:
            if name in REQUIRED and name not in row.faults:
                faults.append(RowFault(row.line, errors.CELL_MISSING, {"column": name}))
        elif len(text) > (most := _LONGEST.get(name, 254)):
            faults.append(RowFault(row.line, errors.CELL_LONG, {"column": name, "most": most}))
        else:
            read, code = _READERS.get(name, (visible_text, errors.CELL_MISSING))
            try:
                values[_FIELDS.get(name, name)] = read(text)
            except ValueError:
                faults.append(RowFault(row.line, code, {"column": name}))
    if faults:
        return faults
    sold = SoldPass(line=row.line, **values)
    return [RowFault(row.line, code, {}) for code in _day_faults(sold, now)] or sold


def _day_faults(sold: SoldPass, now: datetime) -> list[ErrorCode]:
    if not sold.valid_from <= sold.valid_until:
        return [errors.ROW_DAYS]
    if sold.activated_at is None:
        return []
    first, last = sold.valid_from, sold.valid_until
    if sold.activated_at <= now and first <= helsinki_date(sold.activated_at) <= last:
        return []
    return [errors.ROW_ACTIVATED]


@dataclass(frozen=True, slots=True)
class TakeoverContext:
    """What the rows are compared with.

    `products`: whether each product counts visits. `people` are the addresses that have an
    account. `known` are the digests of the external ids on record, `cards` the addresses of those
    who hold the card numbers. `own` is the address of who takes the passes over.
    """

    products: Mapping[str, bool]
    people: frozenset[str]
    known: Mapping[str, str]
    cards: Mapping[str, str]
    own: str = ""


@dataclass(frozen=True, slots=True)
class TakeoverPlan:
    """What a file would do: `new` passes, how many were taken over `before`, what is wrong.

    `new_people` are those without an account so far. `done` is how many of `new` are stored.
    """

    new: tuple[SoldPass, ...]
    before: int
    faults: tuple[RowFault, ...]
    new_people: int
    done: int = 0

    @property
    def bad_rows(self) -> int:
        """How many rows are wrong; a row may be so for several reasons."""
        return len({fault.line for fault in self.faults})

    def after(self, done: int) -> "TakeoverPlan":
        """Return the plan with so many passes stored."""
        return replace(self, done=done)


def plan(rows: Iterable[SoldPass | list[RowFault]], context: TakeoverContext) -> TakeoverPlan:
    """Return what is to be done with the rows."""
    faults, new, before = list[RowFault](), list[SoldPass](), 0
    seen, cards = dict[str, int](), dict(context.cards)
    for row in rows:
        if isinstance(row, list):
            faults += row
            continue
        known = context.known.get(row.external_id)
        if known is not None and known == row.digest and row.external_id not in seen:
            before += 1
            seen[row.external_id] = row.line
        elif found := _fault_of(row, context, seen, cards):
            faults.append(found)
        else:
            seen[row.external_id] = row.line
            if row.card_number:
                cards[row.card_number] = row.email
            new.append(row)
    unknown = {row.email for row in new} - context.people
    faults.sort(key=lambda fault: fault.line)
    return TakeoverPlan(tuple(new), before, tuple(faults), len(unknown))


def _fault_of(
    row: SoldPass, context: TakeoverContext, seen: Mapping[str, int], cards: Mapping[str, str]
) -> RowFault | None:
    def fault(why: ErrorCode, **params: Any) -> RowFault:
        return RowFault(row.line, why, params)

    if row.external_id in seen:
        return fault(errors.ROW_REPEATED, id=row.external_id, line=seen[row.external_id])
    if row.external_id in context.known:
        return fault(errors.ROW_CHANGED, id=row.external_id)
    if row.email == context.own:
        return fault(errors.ROW_OWN)
    counts = context.products.get(row.product)
    if counts is None:
        return fault(errors.ROW_PRODUCT, code=row.product)
    if counts and row.visits_left is None:
        return fault(errors.ROW_VISITS)
    if not counts and row.visits_left is not None:
        return fault(errors.ROW_NO_VISITS)
    if row.card_number and cards.get(row.card_number, row.email) != row.email:
        return fault(errors.ROW_CARD_TAKEN, number=row.card_number)
    return None


def days_of(sold: SoldPass, length_days: int | None, activation: bool) -> int | None:
    """Return how many days the pass lasts from its activation; None: to its last day.

    `length_days` and `activation` are those of its product. Of a pass that was activated in the
    other system the last day is known.
    """
    return length_days if activation and sold.activated_at is None else None
