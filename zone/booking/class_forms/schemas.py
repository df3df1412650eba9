"""The choice of a space in the forms of classes and sessions."""

from typing import Any, Final

from marshmallow import Schema, pre_load

from zone.core.i18n import translatable
from zone.web.fields import UUID

ONLINE: Final = "online"
"""The choice of the form in the place of a space."""


class SpaceChoice(Schema):
    """The space in a form. `ONLINE` stands for none: a form with nothing chosen is refused."""

    space = UUID(
        required=True,
        allow_none=True,
        error_messages={"required": translatable("Choose a space.")},
    )

    @pre_load
    def read_online(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"space": None} if data.get("space") == ONLINE else data
