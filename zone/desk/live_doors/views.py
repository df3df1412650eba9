"""The cards of the desk's page: one for each person whom a door refused. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from zone.core.text import initials
from zone.desk.live_doors.context import OpenDenial
from zone.desk.live_doors.rules import Remedy, remedy_of

ICONS: Final = MappingProxyType(
    {
        Remedy.SELL: "ticket-x",
        Remedy.RESUME: "hourglass",
        Remedy.PHONE: "smartphone",
        Remedy.LIFT: "ban",
        Remedy.BOOK: "calendar-x",
        Remedy.CHECK_IN: "door-open",
        Remedy.NEW_CODE: "qr-code",
        Remedy.WAIT: "hourglass",
        Remedy.REFUSE: "lock",
    }
)
"""The icon of each remedy."""


@dataclass(frozen=True, slots=True)
class HelpCard:
    """A person who needs help at a door, with all their open denials, the newest first."""

    tries: tuple[OpenDenial, ...]

    @property
    def last(self) -> OpenDenial:
        return self.tries[0]

    @property
    def key(self) -> str:
        """The id of the card on the page; it stays the same after another try."""
        last = self.last
        return str(last.person) if last.person else f"{last.door}-{last.reason}"

    @property
    def address(self) -> str:
        """The page on which this person is helped."""
        last = self.last
        if last.person is None:
            return f"/desk?refusal={last.id}"
        return f"/desk/people/{last.person}?door={last.door}"

    @property
    def remedy(self) -> Remedy | None:
        """What the desk does about the last denial; None for a reason of a newer version."""
        return remedy_of(self.last.reason)

    @property
    def icon(self) -> str:
        return ICONS[self.remedy] if self.remedy else "circle-x"

    @property
    def initials(self) -> str:
        return initials(self.last.name or "")

    def contains(self, entry: uuid.UUID) -> bool:
        """Return whether the denial with this entry's id is among the tries."""
        return any(one.id == entry for one in self.tries)


def help_cards(newest_first: Iterable[OpenDenial]) -> list[HelpCard]:
    """Return one card for each person; the person who was refused last comes first."""
    by_person: dict[object, list[OpenDenial]] = {}
    for denial in newest_first:
        by_person.setdefault(denial.who, []).append(denial)
    return [HelpCard(tuple(tries)) for tries in by_person.values()]
