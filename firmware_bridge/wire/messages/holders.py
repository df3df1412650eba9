"""A person in the roster: a pseudonymous number with keys, rights and bookings; never a name.

Times are UTC seconds since 1970. Intervals are half-open: [nbf, exp).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from firmware_bridge.wire import version
from firmware_bridge.wire.messages import fields


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

    `more_time`: doors stay open longer for them. The last three let nobody in, and say why a door
    does not open: `pauses` are the rights of a paused pass, with the times of the pause; `hours`
    those of a pass for some hours, with all of its time, and `sessions` those of a pass that opens
    doors to what is booked. Each time in which the latter two do open is one of `rights`.
    """

    holder: int
    keys: tuple[Key, ...] = ()
    rights: tuple[Right, ...] = ()
    slots: tuple[BookingWindow, ...] = ()
    suspended: bool = False
    more_time: bool = False
    pauses: tuple[Right, ...] = ()
    hours: tuple[Right, ...] = ()
    sessions: tuple[Right, ...] = ()

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
            # Missing from servers of before wire version 7, and where there are none.
            _rights_in(row, "pauses"),
            # Missing from servers of before wire version 8, and where there are none.
            _rights_in(row, "hours"),
            _rights_in(row, "sessions"),
        )

    def to_json(self) -> dict[str, Any]:
        return {
            "holder": self.holder,
            "keys": [key.to_json() for key in self.keys],
            "rights": [right.to_json() for right in self.rights],
            "slots": [slot.to_json() for slot in self.slots],
            "suspended": self.suspended,
            **({"more_time": True} if self.more_time else {}),
            **{
                name: [one.to_json() for one in rights]
                for name, rights in (
                    ("pauses", self.pauses),
                    ("hours", self.hours),
                    ("sessions", self.sessions),
                )
                if rights
            },
        }

    def spoken(self, wire: int) -> "Holder":
        """This person in the words of version `wire`."""
        # Without them a door says another reason, as before: it lets in the same people.
        pauses = self.pauses if wire >= version.PAUSE_WIRE else ()
        if wire >= version.LIMITS_WIRE:
            return self
        return replace(self, pauses=pauses, hours=(), sessions=())


def _rights_in(row: Mapping[str, Any], name: str) -> tuple[Right, ...]:
    return tuple(Right.from_json(one) for one in fields.items(row, name)) if name in row else ()
