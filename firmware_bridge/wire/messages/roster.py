"""The change feed: holders with their keys and rights, and the site with its doors.

The server numbers every change (`version`). A bridge asks for the changes after its own version and
gets them page by page until `more` is false:

- A row carries the whole state of one holder. Applying a row twice, or only the newest of several,
  gives the same roster.
- `epoch` identifies the history of the server's data. After a restore from a backup it is new, and
  the server answers with a snapshot: rows that replace the whole roster.
- `site` is sent only when its digest differs from the one that the bridge sent.
- A word that this version does not know, or a field out of range, concerns one door or one holder:
  `read_site` and `holder_row.read_holder` take its safe side (wire/version.py) and say so in a
  `Fault`. A row that does not even say whose it is, is set aside. Neither blocks the others.

Times are UTC seconds since 1970. Intervals are half-open: [nbf, exp).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from firmware_bridge.wire import version
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.faults import Fault, readable

# How long a bridge without contact to the server grants entry on its roster.
FRESH_SECONDS: Final = 7 * 24 * 3600
# The same for an area that is marked sensitive.
SENSITIVE_FRESH_SECONDS: Final = 24 * 3600
DOOR_STATES: Final = tuple(version.DOOR_STATES)
PASSBACK_MODES: Final = tuple(version.PASSBACK_MODES)
DIRECTIONS: Final = tuple(version.DIRECTIONS)
# What an area may have: a full hall, and a day.
MOST_PEOPLE: Final = 100_000
MOST_MINUTES: Final = 24 * 60
# The area of a door whose configuration cannot be read; the door itself is blocked.
_UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class Key:
    """A phone's public key. `kid` is 8 bytes.

    `point` is 33 bytes in messages; the bridge's roster stores the uncompressed 65 bytes.
    """

    kid: bytes
    point: bytes
    revoked: bool = False

    @classmethod
    def from_json(cls, raw: object) -> "Key":
        row = fields.mapping(raw, "key")
        return cls(
            fields.hexadecimal(row, "kid", 8),
            fields.hexadecimal(row, "point", 33),
            fields.flag(row, "revoked"),
        )

    def to_json(self) -> dict[str, Any]:
        return {"kid": self.kid.hex(), "point": self.point.hex(), "revoked": self.revoked}


@dataclass(frozen=True, slots=True)
class Right:
    """A right to enter areas of `kind` at `campuses` in [nbf, exp).

    `campuses` are campus codes; empty means every campus.
    """

    kind: str
    campuses: tuple[str, ...]
    nbf: int
    exp: int

    @classmethod
    def from_json(cls, raw: object) -> "Right":
        row = fields.mapping(raw, "right")
        return cls(
            fields.text(row, "kind"),
            fields.texts(row, "campuses"),
            fields.seconds(row, "nbf"),
            fields.seconds(row, "exp"),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "campuses": list(self.campuses),
            "nbf": self.nbf,
            "exp": self.exp,
        }


@dataclass(frozen=True, slots=True)
class BookingWindow:
    """The time in which a booking opens an area that needs one: [nbf, exp)."""

    area: str
    nbf: int
    exp: int

    @classmethod
    def from_json(cls, raw: object) -> "BookingWindow":
        row = fields.mapping(raw, "slot")
        return cls(fields.text(row, "area"), fields.seconds(row, "nbf"), fields.seconds(row, "exp"))

    def to_json(self) -> dict[str, Any]:
        return {"area": self.area, "nbf": self.nbf, "exp": self.exp}


@dataclass(frozen=True, slots=True)
class Holder:
    """One person in the roster: a pseudonymous number, keys and rights; never a name.

    `more_time`: doors stay open longer for them.
    """

    holder: int
    keys: tuple[Key, ...] = ()
    rights: tuple[Right, ...] = ()
    slots: tuple[BookingWindow, ...] = ()
    suspended: bool = False
    more_time: bool = False

    @classmethod
    def from_json(cls, raw: object) -> "Holder":
        """Parse a row.

        Raises:
            MessageError: the row does not have this shape.
        """
        row = fields.mapping(raw, "holder row")
        return cls(
            fields.whole(row, "holder", 1, 2**32 - 1),
            tuple(Key.from_json(key) for key in fields.items(row, "keys")),
            tuple(Right.from_json(right) for right in fields.items(row, "rights")),
            tuple(BookingWindow.from_json(slot) for slot in fields.items(row, "slots")),
            fields.flag(row, "suspended"),
            # Missing from servers of before wire version 4, and where it is not so.
            row.get("more_time") is True,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "holder": self.holder,
            "keys": [key.to_json() for key in self.keys],
            "rights": [right.to_json() for right in self.rights],
            "slots": [slot.to_json() for slot in self.slots],
            "suspended": self.suspended,
            **({"more_time": True} if self.more_time else {}),
        }


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
    reader is on the way out.
    """

    door: str
    name: str
    area: Area
    state: str = "normal"
    strike_ms: int = 5000
    releases: tuple[Release, ...] = ()
    direction: str = "in"

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
        }

    def spoken(self, wire: int) -> "Door":
        """This door in the words of version `wire`."""
        passback = version.passback_for(self.area.passback, wire)
        limit = self.area.occupancy_limit
        # Who does not know the way out would take leaving for coming in, and who does not know the
        # limit would let in more.
        knows_way = version.is_known(version.DIRECTIONS, self.direction, wire)
        known = knows_way and version.knows_limit(limit, wire)
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


@dataclass(frozen=True, slots=True)
class SharedGrant:
    """Somebody was let into an area by another box: the holder, and the key and time of the code.

    `at` is UTC seconds. `leaving`: it was on the way out.
    """

    holder: int
    area: str
    kid: bytes
    ts: int
    at: int
    leaving: bool = False

    @classmethod
    def from_json(cls, raw: object) -> "SharedGrant":
        row = fields.mapping(raw, "grant")
        return cls(
            fields.whole(row, "holder", 1, 2**32 - 1),
            fields.text(row, "area"),
            fields.hexadecimal(row, "kid", 8),
            fields.whole(row, "ts", 0, 2**32 - 1),
            fields.seconds(row, "at"),
            # Left out where it is not so.
            row.get("leaving") is True,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "holder": self.holder,
            "area": self.area,
            "kid": self.kid.hex(),
            "ts": self.ts,
            "at": self.at,
            **({"leaving": True} if self.leaving else {}),
        }


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of the feed. `snapshot`: its rows begin a new roster that replaces the old one.

    `site` is None when it has not changed, or could not be read. `faults` are those of the site.
    `rows` and `orders` stay unparsed, so that the bridge can set aside a bad one and apply the
    others. `grants` are those of other boxes, up to `grants_seen`, which the next request names as
    `grants_after`; None from a server that sends none.
    """

    epoch: str
    version: int
    snapshot: bool
    more: bool
    rows: tuple[object, ...]
    site: Site | None
    site_digest: str
    orders: tuple[object, ...] = ()
    faults: tuple[Fault, ...] = ()
    grants: tuple[SharedGrant, ...] = ()
    grants_seen: int | None = None

    @classmethod
    def from_json(cls, raw: object) -> "Changes":
        row = fields.mapping(raw, "changes")
        site, faults = (None, ()) if row.get("site") is None else read_site(row["site"])
        unread: list[Fault] = []
        grants = readable(SharedGrant.from_json, row.get("grants") or (), unread)
        return cls(
            fields.text(row, "epoch"),
            fields.whole(row, "version", 0, 2**62),
            fields.flag(row, "snapshot"),
            fields.flag(row, "more"),
            tuple(fields.items(row, "rows")),
            site,
            fields.text(row, "site_digest"),
            tuple(fields.items(row, "orders")),
            (*faults, *unread),
            tuple(grants),
            # Missing from servers of before wire version 5.
            fields.whole(row, "grants_seen", 0, 2**62) if "grants_seen" in row else None,
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "version": self.version,
            "snapshot": self.snapshot,
            "more": self.more,
            "rows": list(self.rows),
            "site": None if self.site is None else self.site.to_json(),
            "site_digest": self.site_digest,
            "orders": list(self.orders),
            **self._grants_to_json(),
        }

    def _grants_to_json(self) -> dict[str, Any]:
        if self.grants_seen is None:
            return {}
        grants = [grant.to_json() for grant in self.grants]
        return {"grants": grants, "grants_seen": self.grants_seen}


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


def _issuer_number(raw: str) -> int:
    # A certificate names its issuer in one byte. int() alone would accept signs, spaces,
    # underscores and the digits of other scripts.
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 3 and int(raw) <= 255):
        raise fields.MessageError("issuers: a number from 0 to 255 names each key")
    return int(raw)
