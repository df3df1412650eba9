"""The doors of a bridge, the areas behind them and the issuers' keys.

`read_site` parses them door by door: a word that this version does not know, or a field out of
range, concerns one door. It takes the safe side of the word (wire/version.py) and says so in a
`Fault`; it blocks no other door.

Times are UTC seconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from firmware_bridge.wire import version
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.faults import Fault, readable

DOOR_STATES: Final = tuple(version.DOOR_STATES)
PASSBACK_MODES: Final = tuple(version.PASSBACK_MODES)
DIRECTIONS: Final = tuple(version.DIRECTIONS)
# What an area may have: a full hall, and a day.
MOST_PEOPLE: Final = 100_000
MOST_MINUTES: Final = 24 * 60
# BACnet's Access Door and most controllers: open too long after 30 s, a buzzer at the door before.
HELD_WARNING_SECONDS: Final = 20
HELD_ALARM_SECONDS: Final = 30
# What a door may have: who goes through with a bag, and a delivery.
HELD_RANGE: Final = (5, 3600)
# The area of a door whose configuration cannot be read; the door itself is blocked.
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Area:
    """The area behind a door. A holder needs a right of one of `kinds`.

    `windows` are the coming opening hours in UTC seconds; None means always open.
    `passback` is off, soft (mark the entry), timed (refuse) or hard (refuse, until the person has
    left); `passback_seconds` is its time. `occupancy_limit`: so many people may be inside, of whom
    each counts for `stay_minutes` where no reader sees them leave.
    """

    area: str
    campus: str
    kinds: tuple[str, ...]
    needs_booking: bool = False
    sensitive: bool = False
    windows: tuple[tuple[int, int], ...] | None = None
    passback: str = "soft"
    passback_seconds: int = 60
    occupancy_limit: int | None = None
    stay_minutes: int = 90

    @classmethod
    def from_json(cls, raw: object) -> "Area":
        row = fields.mapping(raw, "area")
        return cls(
            fields.text(row, "area"),
            fields.text(row, "campus"),
            fields.texts(row, "kinds"),
            fields.flag(row, "needs_booking"),
            fields.flag(row, "sensitive"),
            None if row.get("windows") is None else fields.windows(row, "windows"),
            fields.choice(row, "passback", PASSBACK_MODES),
            fields.whole(row, "passback_seconds", 0, 86400),
            # Missing from servers of before wire version 5, and where there is no limit.
            *(
                (
                    fields.whole(row, "occupancy_limit", 1, MOST_PEOPLE),
                    fields.whole(row, "stay_minutes", 1, MOST_MINUTES),
                )
                if "occupancy_limit" in row
                else ()
            ),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "area": self.area,
            "campus": self.campus,
            "kinds": list(self.kinds),
            "needs_booking": self.needs_booking,
            "sensitive": self.sensitive,
            "windows": None if self.windows is None else [list(window) for window in self.windows],
            "passback": self.passback,
            "passback_seconds": self.passback_seconds,
            **self._limit_to_json(),
        }

    def _limit_to_json(self) -> dict[str, Any]:
        if self.occupancy_limit is None:
            return {}
        return {"occupancy_limit": self.occupancy_limit, "stay_minutes": self.stay_minutes}


@dataclass(frozen=True, slots=True)
class Release:
    """A time in which a door is open to everybody, [start, end) in UTC seconds.

    `first_person`: only once somebody has come in by a code within it.
    """

    start: int
    end: int
    first_person: bool = False

    @classmethod
    def from_json(cls, raw: object) -> "Release":
        row = fields.mapping(raw, "release")
        return cls(
            fields.seconds(row, "start"),
            fields.seconds(row, "end"),
            fields.flag(row, "first_person"),
        )

    def to_json(self) -> dict[str, Any]:
        return {"start": self.start, "end": self.end, "first_person": self.first_person}


@dataclass(frozen=True, slots=True)
class Door:
    """A door of the site. `state` is one of DOOR_STATES; `strike_ms` is the pulse in ms.

    `releases` are the coming times in which it is open to everybody. `direction` is out where its
    reader is on the way out. Where it has a contact, open for longer than `held_warning_seconds` is
    a warning at the door, and than `held_alarm_seconds` an alarm.
    """

    door: str
    name: str
    area: Area
    state: str = "normal"
    strike_ms: int = 5000
    releases: tuple[Release, ...] = ()
    direction: str = "in"
    held_warning_seconds: int = HELD_WARNING_SECONDS
    held_alarm_seconds: int = HELD_ALARM_SECONDS

    @classmethod
    def from_json(cls, raw: object) -> "Door":
        row = fields.mapping(raw, "door")
        return cls(
            fields.text(row, "door"),
            fields.text(row, "name"),
            Area.from_json(row.get("area")),
            fields.choice(row, "state", DOOR_STATES),
            # 100 ms is the unit of the relay boards' pulse (devices/modbus.py).
            fields.whole(row, "strike_ms", 100, 60_000),
            # Missing from servers of before wire version 5, and where there are none.
            tuple(Release.from_json(one) for one in fields.items(row, "releases"))
            if "releases" in row
            else (),
            fields.choice(row, "direction", DIRECTIONS) if "direction" in row else "in",
            # Missing from servers of before wire version 6, and where they are the usual ones.
            _held(row, "held_warning_seconds", HELD_WARNING_SECONDS),
            _held(row, "held_alarm_seconds", HELD_ALARM_SECONDS),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "door": self.door,
            "name": self.name,
            "area": self.area.to_json(),
            "state": self.state,
            "strike_ms": self.strike_ms,
            **({"releases": [one.to_json() for one in self.releases]} if self.releases else {}),
            **({"direction": self.direction} if self.direction != "in" else {}),
            **self._held_to_json(),
        }

    def _held_to_json(self) -> dict[str, Any]:
        warning, alarm = self.held_warning_seconds, self.held_alarm_seconds
        if (warning, alarm) == (HELD_WARNING_SECONDS, HELD_ALARM_SECONDS):
            return {}
        return {"held_warning_seconds": warning, "held_alarm_seconds": alarm}

    def spoken(self, wire: int) -> "Door":
        """This door in the words of version `wire`."""
        passback = version.passback_for(self.area.passback, wire)
        limit = self.area.occupancy_limit
        # Who does not know the way out would take leaving for coming in, and who does not know the
        # limit would let in more.
        knows_way = version.is_known(version.DIRECTIONS, self.direction, wire)
        known = knows_way and version.knows_limit(limit, wire)
        usual = wire < version.HELD_WIRE
        return replace(
            self,
            area=replace(
                self.area,
                passback=passback,
                occupancy_limit=limit if version.knows_limit(limit, wire) else None,
            ),
            state=version.state_for(self.state, wire) if known else version.SAFE_STATE,
            direction=self.direction if knows_way else "in",
            # Who does not know them keeps the door shut: the safe side.
            releases=self.releases if wire >= version.RELEASE_WIRE else (),
            held_warning_seconds=HELD_WARNING_SECONDS if usual else self.held_warning_seconds,
            held_alarm_seconds=HELD_ALARM_SECONDS if usual else self.held_alarm_seconds,
        )


@dataclass(frozen=True, slots=True)
class Site:
    """The doors of a bridge, and the issuers' Ed25519 public keys (number → 32 bytes)."""

    doors: tuple[Door, ...]
    issuers: Mapping[int, bytes]

    @classmethod
    def from_json(cls, raw: object) -> "Site":
        row = fields.mapping(raw, "site")
        issuers = fields.mapping(row.get("issuers"), "issuers")
        return cls(
            tuple(Door.from_json(door) for door in fields.items(row, "doors")),
            {_issuer_number(number): fields.hexadecimal(issuers, number, 32) for number in issuers},
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "doors": [door.to_json() for door in self.doors],
            "issuers": {str(number): key.hex() for number, key in self.issuers.items()},
        }

    def spoken(self, wire: int) -> "Site":
        """This site in the words of version `wire`."""
        return replace(self, doors=tuple(door.spoken(wire) for door in self.doors))


def read_site(raw: object) -> tuple[Site | None, tuple[Fault, ...]]:
    """Parse a site door by door; None when it is no site at all, and the doors stay as they are."""
    faults: list[Fault] = []
    try:
        row = fields.mapping(raw, "site")
        doors = readable(_read_door, fields.items(row, "doors"), faults)
        issuers = fields.mapping(row.get("issuers"), "issuers")
    except fields.MessageError as error:
        return None, (Fault("", str(error)),)
    for door in doors:
        faults += door[1]
    keys = readable(
        lambda number: (_issuer_number(number), fields.hexadecimal(issuers, number, 32)),
        issuers,
        faults,
    )
    return Site(tuple(door for door, _ in doors), dict(keys)), tuple(faults)


def _read_door(raw: object) -> tuple[Door, list[Fault]]:
    """Parse a door. An unknown word becomes its safe side; a door with a bad field is blocked."""
    row = fields.mapping(raw, "door")
    name, words = fields.text(row, "door"), dict(row)
    faults: list[Fault] = []
    if row.get("state") not in DOOR_STATES:
        words["state"] = version.SAFE_STATE
        faults.append(Fault(name, "state: unknown"))
    area = row.get("area")
    if isinstance(area, Mapping) and area.get("passback") not in PASSBACK_MODES:
        words["area"] = {**area, "passback": version.SAFE_PASSBACK}
        faults.append(Fault(name, "passback: unknown"))
    try:
        return Door.from_json(words), faults
    except fields.MessageError as error:
        nowhere = Area(_UNREADABLE, _UNREADABLE, ())
        return Door(name, name, nowhere, version.SAFE_STATE), [*faults, Fault(name, str(error))]


def _held(row: Mapping[str, Any], name: str, usual: int) -> int:
    return fields.whole(row, name, *HELD_RANGE) if name in row else usual


def _issuer_number(raw: str) -> int:
    # A certificate names its issuer in one byte. int() alone would accept signs, spaces,
    # underscores and the digits of other scripts.
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 3 and int(raw) <= 255):
        raise fields.MessageError("issuers: a number from 0 to 255 names each key")
    return int(raw)
