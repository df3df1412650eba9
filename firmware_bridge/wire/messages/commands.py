"""Remote door commands from staff, sent to the bridge in the answer of the change feed.

The server sends a command until it is answered or expired. The bridge executes it at most once and
answers with an entry of kind `opened_by_desk` or `order_refused` whose `ref` is the command's UUID.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.wire.messages import fields

KINDS: Final = ("open_once",)


@dataclass(frozen=True, slots=True)
class DoorCommand:
    """A command to open `door` once, before `expires` (UTC seconds). `order` is its UUID."""

    order: str
    door: str
    kind: str
    expires: int

    @classmethod
    def from_json(cls, raw: object) -> "DoorCommand":
        """Parse a row.

        Raises:
            MessageError: the row does not have this shape.
        """
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
