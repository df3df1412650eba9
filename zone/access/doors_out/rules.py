"""Which doors let nobody in, which others lead to the same place, and whose way that is. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zone.core.i18n import translatable, translate

AHEAD: Final = timedelta(hours=3)
"""Those whose booking begins within this time are told: later, most faults are mended."""
LATE: Final = timedelta(minutes=30)
"""People may come this long after the start, and need the door."""

BROKEN: Final = "broken"
LOCKDOWN: Final = "lockdown"
SHUT: Final = ("blocked", LOCKDOWN)

_WHAT: Final[Mapping[str, str]] = {
    BROKEN: translatable("The door does not work now: %(doors)s."),
    "blocked": translatable("The door is out of use: %(doors)s."),
    LOCKDOWN: translatable("The doors are shut because of a danger. Do not come there now."),
}
_OTHER: Final = translatable("Use another one: %(doors)s.")
_ASK: Final = translatable("Ask at the desk to be let in.")
_DO_NOT_COME: Final = translatable("Do not come")
_ANOTHER_WAY: Final = translatable("Another way in")


Episode = tuple[datetime, str]
"""When it began that a door lets nobody in, and the id of the outage or shutdown."""


@dataclass(frozen=True, slots=True)
class DoorPlace:
    """A door and where it leads: its area with the spaces and the kinds of right that it holds.

    `state` is that of the door; `works` is false where no bridge drives it.
    """

    id: int
    name: str
    area: int
    area_name: str
    campus: str
    campus_name: str
    kinds: Sequence[str]
    spaces: frozenset[int]
    always_open: bool
    state: str
    works: bool


@dataclass(frozen=True, slots=True)
class DoorsOut:
    """The doors of an area that let nobody in, in one way (`kind`: broken, blocked or lockdown).

    `others` work, and lead to the same area or to all of its spaces. `episode` is None until the
    minute is over in which it began.
    """

    place: DoorPlace
    kind: str
    doors: Sequence[str]
    others: Sequence[str]
    episode: Episode | None


def doors_out(
    places: Sequence[DoorPlace], broken: Collection[int], episodes: Mapping[int, Episode]
) -> list[DoorsOut]:
    """Return the doors that let nobody in, by area and kind.

    `broken` doors have a fault; `episodes` are by door, the oldest of each. What the desk has shut
    counts as shut, whatever is wrong with it.
    """
    out: dict[tuple[int, str], list[DoorPlace]] = {}
    for place in places:
        kind = place.state if place.state in SHUT else BROKEN if place.id in broken else None
        if kind is not None:
            out.setdefault((place.area, kind), []).append(place)
    kept_out = {place.id for of_area in out.values() for place in of_area}
    working = [place for place in places if place.works and place.id not in kept_out]
    return [
        DoorsOut(
            of_area[0],
            kind,
            [place.name for place in of_area],
            _others(of_area[0], working),
            # The newest: who was sent to a door that is out now too must hear of it.
            max((episodes[one.id] for one in of_area if one.id in episodes), default=None),
        )
        for (_, kind), of_area in out.items()
    ]


def _others(place: DoorPlace, working: Iterable[DoorPlace]) -> list[str]:
    """Return the working doors that lead there, each with its area where that is another one."""
    return [
        one.name if one.area == place.area else f"{one.area_name}, {one.name}"
        for one in working
        if one.area == place.area
        # An area without spaces leads nowhere that is known.
        or (place.spaces and place.spaces <= one.spaces and set(place.kinds) <= set(one.kinds))
    ]


def is_way_to(place: DoorPlace, *, campus: str, space: int, kind: str) -> bool:
    """Return whether who has booked a space needs this door; `kind` is the right: class, court."""
    if place.campus != campus or kind not in place.kinds:
        return False
    # An area that holds no spaces is an entrance to the whole campus.
    return space in place.spaces or not place.spaces


def may_be_needed(
    place: DoorPlace, *, is_open: bool, opens_at: datetime | None, now: datetime
) -> bool:
    """Return whether anybody may want to pass a door soon, by the hours of its campus."""
    return place.always_open or is_open or (opens_at is not None and opens_at <= now + AHEAD)


def instruction(out: DoorsOut, language: str) -> str:
    """Return what to do, in a few words."""
    return translate(_DO_NOT_COME if out.kind == LOCKDOWN else _ANOTHER_WAY, language)


def sentence(out: DoorsOut, language: str) -> str:
    """Return what is wrong, and what to do instead."""
    what = translate(_WHAT[out.kind], language) % {"doors": ", ".join(out.doors)}
    if out.kind == LOCKDOWN:
        return what
    if out.others:
        return f"{what} {translate(_OTHER, language) % {'doors': ', '.join(out.others)}}"
    return f"{what} {translate(_ASK, language)}"
