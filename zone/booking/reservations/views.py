"""What the page of courts shows. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal
from urllib.parse import urlencode
from uuid import UUID

from zone.booking.bookings import errors as bookings_errors
from zone.booking.policies.rules import TAKE_BACK, Policy
from zone.booking.reservations import errors
from zone.booking.reservations.grid import Block, Grid
from zone.booking.reservations.rules import Court, LimitReached, ReservationRequest
from zone.core.errors import ErrorCode
from zone.core.time import Window, helsinki_date

ALL: Final = "all"
"""The campus of an address that shows all of them."""
MOST_LENGTHS: Final = 6
"""Lengths that stand side by side; where there are more, the others open as a list."""
CHIP_MINUTES: Final = 30


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the address chooses: a day, a campus (`all`: all of them) and a length in minutes."""

    day: date
    campus: str
    minutes: int

    def address(
        self, *, day: date | None = None, campus: str | None = None, minutes: int | None = None
    ) -> str:
        """Return the address with something else chosen."""
        return "/courts?" + urlencode(
            {
                "day": day or self.day,
                "campus": campus or self.campus,
                "minutes": minutes or self.minutes,
            }
        )


@dataclass(frozen=True, slots=True)
class CourtDay:
    """A day of the strip. `has`: the reader has booked something; `shut`: closed all day."""

    day: date
    href: str
    has: bool
    shut: bool


@dataclass(frozen=True, slots=True)
class CampusChoice:
    """A campus of the menu. `name` is None for all of them."""

    name: str | None
    spaces: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class LengthChoice:
    """A length in minutes."""

    minutes: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class CampusGrids:
    """A campus with its opening hours of the day, as far as they are known, and its grids."""

    name: str
    openings: Sequence[Window]
    grids: Sequence[Grid]


@dataclass(frozen=True, slots=True)
class CourtTime:
    """A court and a time, with the address that chooses it."""

    court: Court
    starts_at: datetime
    ends_at: datetime

    @property
    def minutes(self) -> int:
        """The length."""
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)

    @property
    def path(self) -> str:
        """The address, without the place on the page."""
        return slot_path(self.court.public_id, self.starts_at, self.minutes)

    @property
    def href(self) -> str:
        """The address, at the chosen time in the grid."""
        return f"{self.path}#slot"


def court_time(court: Court, start: datetime, minutes: int) -> CourtTime:
    """Return a time of a court."""
    return CourtTime(court, start, start + timedelta(minutes=minutes))


def slot_path(space: UUID, start: datetime, minutes: int) -> str:
    """Return the address of a time of a court."""
    return f"/courts/{space}?start={start:%Y-%m-%dT%H:%MZ}&minutes={minutes}"


def block_href(court: Court, block: Block) -> str:
    """Return where a block leads: to itself as the choice, or to the reader's reservation."""
    piece = block.piece
    if piece.kind == "mine":
        return f"/courts/booked/{piece.booking}"
    return court_time_of(court, block).href


def holders_href(court: Court, block: Block) -> str:
    """Return the page that says who holds a block; for the desk only."""
    start, end = block.piece.starts_at, block.piece.ends_at
    minutes = (end - start) // timedelta(minutes=1)
    return f"/desk{slot_path(court.public_id, start, minutes)}"


def court_time_of(court: Court, block: Block) -> CourtTime:
    """Return the time of a block that can be booked."""
    return CourtTime(court, block.piece.starts_at, block.piece.ends_at)


def shared_words(names: Iterable[str]) -> str:
    """Return the words that several names share before their numbers; empty where one differs."""
    words = [split_name(name)[0] for name in names]
    return words[0] if len(words) > 1 and len(set(words)) == 1 else ""


def split_name(name: str) -> tuple[str, str]:
    """Return the words of a name and its number: `Badminton court` and `1`.

    A name without a number at its end stands alone.
    """
    words, _, last = name.rpartition(" ")
    return (words, last) if words and len(last) <= 2 else ("", name)


Remedy = Literal["buy", "bookings", "later", "days"]
REMEDIES: Final[Mapping[ErrorCode, Remedy]] = {
    bookings_errors.NO_RIGHT: "buy",
    bookings_errors.WRONG_ACTIVITY: "buy",
    errors.TOO_MANY_SPACE_BOOKINGS: "bookings",
    bookings_errors.TOO_MANY_BOOKINGS: "bookings",
    bookings_errors.OVERLAPPING_BOOKING: "bookings",
    errors.SPACE_WEEK_FULL: "later",
}
"""What helps against a reason; against the others another time does."""


@dataclass(frozen=True, slots=True)
class BookingSheet:
    """The chosen time, with what can be done with it.

    `reasons` say why it cannot be booked, `remedy` what helps; without any it is `free` or not.
    `limit`: from when on the reader can book again. `tried`: whether a form was refused just now.
    `note`: what is said first, of a form that is shown again.
    """

    time: CourtTime
    requested: ReservationRequest
    free: bool
    reasons: Sequence[str]
    remedy: Remedy | None
    limit: LimitReached | None
    alternatives: Sequence[CourtTime]
    cancel_until: datetime
    now: datetime
    tried: bool = False
    note: str = ""
    signed_in: bool = True

    @property
    def companions(self) -> int:
        """How many the reader may bring."""
        return self.time.court.rules.companions

    @property
    def bookable(self) -> bool:
        """Whether it can be booked, as far as is known of the reader."""
        return self.free and not self.reasons

    @property
    def is_late(self) -> bool:
        """Whether it can be taken back for some minutes only."""
        return self.cancel_until < self.now + TAKE_BACK

    @property
    def take_back_minutes(self) -> int:
        """For how long it can be taken back then."""
        return TAKE_BACK // timedelta(minutes=1)

    @property
    def cancels_that_day(self) -> bool:
        """Whether it can be cancelled until a time of its own day."""
        return helsinki_date(self.cancel_until) == helsinki_date(self.time.starts_at)

    def is_that_day(self, other: CourtTime) -> bool:
        """Whether another time is on the day of this one."""
        return helsinki_date(other.starts_at) == helsinki_date(self.time.starts_at)

    @property
    def sign_in(self) -> str:
        """The address that signs in and leads back."""
        return "/sign-in?" + urlencode({"next": self.time.path})

    @property
    def buy(self) -> str:
        """The address of the shop, which leads back."""
        return "/buy?" + urlencode({"next": self.time.path})


def remedy_of(reasons: Sequence[ErrorCode]) -> Remedy | None:
    """Return what helps against the main reason."""
    return REMEDIES.get(reasons[0], "days") if reasons else None


@dataclass(frozen=True, slots=True)
class CourtsPage:
    """The page: what is chosen, what could be, the grids, and the sheet of a chosen time.

    `later`: the next free time where the day has none; `longer`: one that is free for longer than
    the chosen length. `closed`: why the whole day is closed, empty without a reason.
    """

    chosen: Chosen
    today: date
    days: Sequence[CourtDay]
    campuses: Sequence[CampusChoice]
    lengths: Sequence[LengthChoice]
    more_lengths: Sequence[LengthChoice]
    grids: Sequence[CampusGrids]
    policy: Policy
    later: CourtTime | None = None
    longer: CourtTime | None = None
    closed: str | None = None
    limit: LimitReached | None = None
    sheet: BookingSheet | None = None

    @property
    def campus_name(self) -> str | None:
        """The name of the chosen campus; None: all."""
        return next((one.name for one in self.campuses if one.chosen), None)

    @property
    def too_early(self) -> bool:
        """Whether booking of that day has not opened."""
        return self.chosen.day > self.days[-1].day

    @property
    def has_rows(self) -> bool:
        """Whether there is anything in a grid."""
        return any(campus.grids for campus in self.grids)

    @property
    def kinds(self) -> set[str]:
        """The kinds of blocks in the grids, which the legend explains."""
        return {
            block.piece.kind
            for campus in self.grids
            for grid in campus.grids
            for column in grid.columns
            for block in column.blocks
        }


def length_choices(
    chosen: Chosen, lengths: Sequence[int]
) -> tuple[list[LengthChoice], list[LengthChoice]]:
    """Return the lengths that stand side by side, and those of the list of others."""
    choices = [
        LengthChoice(length, chosen.address(minutes=length), length == chosen.minutes)
        for length in lengths
    ]
    if len(choices) <= MOST_LENGTHS:
        return choices, []
    near = [one for one in choices if one.minutes % CHIP_MINUTES == 0 or one.chosen]
    side_by_side = near[:MOST_LENGTHS] or choices[:MOST_LENGTHS]
    return side_by_side, [one for one in choices if one not in side_by_side]


def nearest_length(lengths: Sequence[int], wanted: int) -> int:
    """Return the length nearest to the wanted one, of two the shorter; as wanted without any."""
    return min(lengths, key=lambda length: (abs(length - wanted), length), default=wanted)
