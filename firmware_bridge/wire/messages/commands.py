"""Orders to a door: what staff have done from afar, carried to the bridge in the feed's answer.

An order is sent until it is settled or too old; the bridge carries it out at most once, and an entry of kind
`opened_by_desk` or `order_refused`, whose `ref` is the order, tells what came of it.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.wire.messages import fields

KINDS: Final = ("open_once",)


@dataclass(frozen=True, slots=True)
class DoorCommand:
    """Open `door` once, before `expires` (UTC seconds). `order` is its UUID."""

    order: str
    door: str
    kind: str
    expires: int

    @classmethod
    def from_json(cls, raw: object) -> "DoorCommand":
        """Raises MessageError when the row is not of this shape."""
        row = fields.mapping(raw, "order")
        name = fields.text(row, "order", longest=36)
        try:
            order = str(uuid.UUID(name))
        except ValueError as error:
            raise fields.MessageError("order: not a UUID") from error
        return cls(
            order,
            fields.text(row, "door"),
            fields.choice(row, "kind", KINDS),
            fields.seconds(row, "expires"),
        )

    def to_json(self) -> dict[str, Any]:
        return {"order": self.order, "door": self.door, "kind": self.kind, "expires": self.expires}
