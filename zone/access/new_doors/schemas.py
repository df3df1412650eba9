"""The form of a new door, and of what it leads to."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema

from zone.core.i18n import translatable
from zone.passes.catalogue.rules import ENTITLEMENTS
from zone.web import fields

_TOO_LONG: Final = translatable("Give it a name of at most 120 characters.")


class NewDoorForm(Schema):
    """A door into an area that there is, or into a new one with its own name."""

    name = fields.String(required=True, validate=validate.Length(1, 120, error=_TOO_LONG))
    area = fields.UUID(load_default=None, allow_none=True)
    area_name = fields.String(load_default="", validate=validate.Length(max=120, error=_TOO_LONG))
    campus = fields.String(load_default="", validate=validate.Length(max=120))
    kinds = fields.List(fields.String(validate=validate.OneOf(ENTITLEMENTS)), load_default=list)
    bridge = fields.UUID(load_default=None, allow_none=True)
    direction = fields.String(required=True, validate=validate.OneOf(("in", "out")))

    @validates_schema
    def _lead_somewhere(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("area") is not None:
            return
        if not data.get("area_name"):
            raise ValidationError(
                translatable("Choose what the door leads to, or give a new place a name."), "area"
            )
        if not data.get("kinds"):
            raise ValidationError(translatable("Choose whom it opens to."), "kinds")
