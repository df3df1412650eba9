"""The JSON of the live doors, and the fields that other forms of the desk share."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.desk.live_doors.rules import Remedy
from zone.web import fields

REASON_RULES: Final = (validate.Length(1, 500), validate.Regexp(r".*\S", error="Say why."))
DAY_RANGE: Final = validate.Range(EARLIEST.date(), LATEST.date())


class DeskEntrySchema(Schema):
    id = fields.UUID()
    at = fields.AwareDateTime()
    campus = fields.String(example="myllypuro")
    area = fields.String()
    door = fields.UUID()
    door_name = fields.String()
    granted = fields.Boolean()
    reason = fields.String(allow_none=True, example="The instructor is ill")
    detail = fields.String(
        metadata={"description": "What the door said, in the reader's language"},
        example="Sign in first.",
    )
    remedy = fields.Enum(
        Remedy, by_value=True, allow_none=True, metadata={"description": "What solves a refusal"}
    )
    person = fields.UUID(
        allow_none=True, metadata={"description": "Named only where they were refused"}
    )
    name = fields.String(allow_none=True, example="Aino Esimerkki")


class DeskReasonSchema(Schema):
    reason = fields.String(required=True, validate=REASON_RULES, example="The instructor is ill")


class OpenDoorFormSchema(DeskReasonSchema):
    door = fields.UUID(required=True)


class SilentBridgeSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Aino Esimerkki")
    campus = fields.String(example="myllypuro")
    since = fields.AwareDateTime(
        allow_none=True, metadata={"description": "Last heard; null: never"}
    )


class LiveDoorsSchema(Schema):
    waiting = fields.List(
        Nested(DeskEntrySchema), metadata={"description": "Refusals not dealt with yet"}
    )
    newest = fields.List(Nested(DeskEntrySchema))
    silent = fields.List(
        Nested(SilentBridgeSchema),
        attribute="offline",
        metadata={"description": "Bridges that are not heard"},
    )
