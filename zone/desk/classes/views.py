"""The classes that the desk can book for a person, and why it cannot book the others. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.booking.cards.views import ClassCard
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.views import SessionView

OVER = ("past", "cancelled")


@dataclass(frozen=True, slots=True)
class UnbookableClasses:
    """Classes that cannot be booked for one and the same reason, by start.

    `card` is that of the first: its status and obstacle are those of all. `opens`: when booking
    does; None: that is not why. `most`: how many bookings a person may have.
    """

    card: ClassCard
    classes: Sequence[SessionView]
    most: int
    opens: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeskClasses:
    """The classes of the next days for a person: those to book, and the others by their reason.

    `to_enter`: those whose places are drawn, so that they can enter the draw; `entered`: they have.
    """

    free: Sequence[SessionView] = ()
    others: Sequence[UnbookableClasses] = ()
    to_enter: Sequence[SessionView] = ()
    entered: Sequence[SessionView] = ()

    @property
    def any_to_do(self) -> bool:
        """Whether the desk can do something about one of them."""
        return bool(self.free or self.to_enter or self.entered)


def desk_classes(cards: Iterable[ClassCard], policies: Policies) -> DeskClasses:
    """Sort the cards of a person by whether the desk can book them; what is over is left out."""
    by_act: dict[str, list[SessionView]] = {"book": [], "enter": [], "withdraw": []}
    by_reason: dict[object, list[ClassCard]] = {}
    for card in cards:
        if card.act in by_act:
            by_act[card.act].append(card.view)
        elif card.status not in OVER:
            by_reason.setdefault(_reason(card, policies), []).append(card)
    others = [
        UnbookableClasses(
            same[0],
            [one.view for one in same],
            policies.of(same[0].view.activity_id).open_bookings,
            _opens(same[0], policies),
        )
        for same in by_reason.values()
    ]
    return DeskClasses(by_act["book"], others, by_act["enter"], by_act["withdraw"])


def _reason(card: ClassCard, policies: Policies) -> object:
    """Return what classes have in common that one sentence speaks of."""
    # A place in a queue and an offer are those of one class.
    own = card.view.id if card.status in ("queued", "offered") else None
    held = card.overlap.id if card.overlap else None
    most = policies.of(card.view.activity_id).open_bookings if card.obstacle == "too_many" else None
    return card.status, card.obstacle, own, held, most, _opens(card, policies)


def _opens(card: ClassCard, policies: Policies) -> datetime | None:
    return card.view.opens_at(policies) if card.status == "soon" else None
