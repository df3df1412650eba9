"""The refused people of the desk's page, one card each. Pure."""

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
        Remedy.PHONE: "smartphone",
        Remedy.LIFT: "ban",
        Remedy.BOOK: "calendar-x",
        Remedy.CHECK_IN: "door-open",
        Remedy.NEW_CODE: "qr-code",
        Remedy.WAIT: "hourglass",
        Remedy.REFUSE: "lock",
    }
)


@dataclass(frozen=True, slots=True)
class HelpCard:
    """A person who was refused and needs somebody, with all their tries, the last one first."""

    tries: tuple[OpenDenial, ...]

    @property
    def last(self) -> OpenDenial:
        return self.tries[0]

    @property
    def key(self) -> str:
        """What the card is called on the page; the same after another try."""
        last = self.last
        return str(last.person) if last.person else f"{last.door}-{last.reason}"

    @property
    def address(self) -> str:
        """The page on which this person is helped."""
        last = self.last
        person = f"/desk/people/{last.person}?door={last.door}"
        return person if last.person else f"/desk?refusal={last.id}"

    @property
    def remedy(self) -> Remedy | None:
        """What the desk does about it."""
        return remedy_of(self.last.reason)

    @property
    def icon(self) -> str:
        return ICONS[self.remedy] if self.remedy else "circle-x"

    @property
    def initials(self) -> str:
        return initials(self.last.name or "")

    def holds(self, entry: uuid.UUID) -> bool:
        """Return whether this refusal is among the tries."""
        return any(one.id == entry for one in self.tries)


def help_cards(refusals: Iterable[OpenDenial]) -> list[HelpCard]:
    """Return one card for each person, the last refused first. `refusals`: the newest first."""
    by_person: dict[object, list[OpenDenial]] = {}
    for refusal in refusals:
        by_person.setdefault(refusal.who, []).append(refusal)
    return [HelpCard(tuple(tries)) for tries in by_person.values()]
