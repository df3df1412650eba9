"""Remote door commands from staff, sent to the bridge in the answer of the change feed.

The server sends a command until it is answered or expired. The bridge executes it at most once and
answers with an entry of kind `opened_by_desk` or `order_refused` whose `ref` is the command's UUID.
It refuses a command whose `kind` it does not know.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.version import COMMAND_KINDS

KINDS: Final = tuple(COMMAND_KINDS)


@dataclass(frozen=True, slots=True)
class DoorCommand:
    """A command to open `door` once, before `expires` (UTC seconds). `order` is its UUID.

    `kind` is one of KINDS, or a word of a newer server, which the bridge refuses.
    """

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
            fields.text(row, "kind"),
            fields.seconds(row, "expires"),
        )

    def to_json(self) -> dict[str, Any]:
        return {"order": self.order, "door": self.door, "kind": self.kind, "expires": self.expires}
