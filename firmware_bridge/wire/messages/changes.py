"""The change feed: pages of holders' rows, the site where it differs, and grants of other boxes.

The server numbers every change (`version`). A bridge asks for the changes after its own version and
gets them page by page until `more` is false:

- A row carries the whole state of one holder. Applying a row twice, or only the newest of several,
  gives the same roster.
- `epoch` identifies the history of the server's data. After a restore from a backup it is new, and
  the server answers with a snapshot: rows that replace the whole roster.
- `site` is sent only when its digest differs from the one that the bridge sent.
- A word that this version does not know, or a field out of range, concerns one door or one holder:
  `site.read_site` and `holder_row.read_holder` take its safe side (wire/version.py) and say so in a
  `Fault`. A row that does not even say whose it is, is set aside. What stands beside the roster
  (orders, grants of other boxes, what the server has stored) and cannot be read is left out with a
  `Fault`. None of these blocks the others: a page that is refused is asked for again and again,
  until the roster is too old to let anybody in.

Times are UTC seconds since 1970.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.faults import Fault, items_of, readable, readable_or
from firmware_bridge.wire.messages.site import Site, read_site

# How long a bridge without contact to the server grants entry on its roster.
FRESH_SECONDS: Final = 7 * 24 * 3600
# The same for an area that is marked sensitive.
SENSITIVE_FRESH_SECONDS: Final = 24 * 3600


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
class StoredEnd:
    """The last entry of a bridge that the server has, and the chain's hash after it, if known."""

    seq: int
    head: bytes | None

    @classmethod
    def from_json(cls, raw: object) -> "StoredEnd":
        row = fields.mapping(raw, "stored")
        head = None if row.get("head") is None else fields.hexadecimal(row, "head", 32)
        return cls(fields.whole(row, "seq", 1, 2**53), head)

    def to_json(self) -> dict[str, Any]:
        return {"seq": self.seq, "head": None if self.head is None else self.head.hex()}


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of the feed. `snapshot`: its rows begin a new roster that replaces the old one.

    `site` is None when it has not changed, or could not be read. `faults` are those of the site
    and of what stands beside the rows.
    `rows` and `orders` stay unparsed, so that the bridge can set aside a bad one and apply the
    others. `grants` are those of other boxes, up to `grants_seen`, which the next request names as
    `grants_after`; None from a server that sends none. `stored` is the last entry that the server
    has of this bridge; None from an older one, or where it has none.
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
    stored: StoredEnd | None = None

    @classmethod
    def from_json(cls, raw: object) -> "Changes":
        row = fields.mapping(raw, "changes")
        site, found = (None, ()) if row.get("site") is None else read_site(row["site"])
        faults = list(found)
        grants = items_of(row, "grants", faults) if row.get("grants") is not None else ()
        seen = partial(fields.whole, row, "grants_seen", 0, 2**62)
        stored = partial(StoredEnd.from_json, row.get("stored"))
        return cls(
            fields.text(row, "epoch"),
            fields.whole(row, "version", 0, 2**62),
            fields.flag(row, "snapshot"),
            fields.flag(row, "more"),
            tuple(fields.items(row, "rows")),
            site,
            fields.text(row, "site_digest"),
            orders=tuple(items_of(row, "orders", faults)),
            grants=readable(SharedGrant.from_json, grants, faults),
            # Missing from servers of before wire version 5.
            grants_seen=readable_or(seen, None, faults) if "grants_seen" in row else None,
            stored=readable_or(stored, None, faults) if row.get("stored") is not None else None,
            faults=tuple(faults),
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
            **({} if self.stored is None else {"stored": self.stored.to_json()}),
        }

    def _grants_to_json(self) -> dict[str, Any]:
        if self.grants_seen is None:
            return {}
        grants = [grant.to_json() for grant in self.grants]
        return {"grants": grants, "grants_seen": self.grants_seen}
