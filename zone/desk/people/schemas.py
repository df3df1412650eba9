"""The JSON and the forms of a person's record."""

from marshmallow import Schema, fields, validate

from zone.desk.live_doors.rules import Remedy
from zone.desk.live_doors.schemas import DAY_RANGE, REASON_RULES, DeskEntrySchema, DeskReasonSchema
from zone.passes.passes.schemas import HeldPassSchema
from zone.web.schemas import ListSchema


class DeskClaimSchema(Schema):
    id = fields.UUID(attribute="public_id")
    institution = fields.String(attribute="institution_code")
    role = fields.String()
    admitted = fields.Boolean()
    proven_until = fields.Date(allow_none=True)


class DeskProofSchema(Schema):
    affiliation = fields.UUID()
    source = fields.String()
    valid_from = fields.Date()
    valid_until = fields.Date()
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String(allow_none=True)
    withdrawn = fields.Boolean()


class DeskProofsSchema(ListSchema):
    proofs = fields.List(fields.Nested(DeskProofSchema))


class DeskBookingSchema(Schema):
    id = fields.UUID()
    state = fields.String()
    name = fields.Dict(keys=fields.String(), values=fields.String(), attribute="session.name")
    starts_at = fields.AwareDateTime(attribute="session.starts_at")
    ends_at = fields.AwareDateTime(attribute="session.ends_at")
    campus = fields.String(attribute="session.campus", allow_none=True)


class DeskDeviceSchema(Schema):
    kid = fields.String()
    label = fields.String()
    created_at = fields.AwareDateTime()


class DeskSuspensionSchema(Schema):
    id = fields.UUID()
    reason = fields.String()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime(allow_none=True)


class DeskCheckInRowSchema(Schema):
    at = fields.AwareDateTime()
    campus = fields.String()
    area = fields.String()


class MarksSchema(Schema):
    missed = fields.List(fields.AwareDateTime())
    limit = fields.Integer(metadata={"description": "So many make a pause"})
    paused_until = fields.AwareDateTime(allow_none=True)


class LookedSchema(Schema):
    at = fields.AwareDateTime()
    name = fields.String(allow_none=True)


class PersonSheetSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    email = fields.String()
    language = fields.String()
    since = fields.AwareDateTime()
    eligible = fields.Boolean()
    affiliations = fields.List(fields.Nested(DeskClaimSchema))
    proofs = fields.List(fields.Nested(DeskProofSchema))
    passes = fields.List(fields.Nested(HeldPassSchema))
    bookings = fields.List(fields.Nested(DeskBookingSchema))
    marks = fields.Nested(MarksSchema, attribute="no_shows")
    devices = fields.List(fields.Nested(DeskDeviceSchema))
    suspensions = fields.List(fields.Nested(DeskSuspensionSchema))
    entries = fields.List(fields.Nested(DeskEntrySchema))
    check_ins = fields.List(fields.Nested(DeskCheckInRowSchema))
    looked = fields.List(fields.Nested(LookedSchema), attribute="access_log")


class SeenProofSchema(Schema):
    affiliation = fields.UUID(required=True)
    source = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "For example: term sticker"},
    )
    valid_from = fields.Date(required=True, validate=DAY_RANGE)
    valid_until = fields.Date(required=True, validate=DAY_RANGE)


class WithdrawnProofSchema(DeskReasonSchema):
    affiliation = fields.UUID(required=True)


class ReplacedPhoneSchema(Schema):
    devices = fields.Integer(metadata={"description": "How many keys were revoked"})


class CheckInSchema(Schema):
    door = fields.UUID(required=True)
    override = fields.String(
        load_default=None,
        allow_none=True,
        validate=REASON_RULES,
        metadata={"description": "Why the person is let in against the rule; managers only"},
    )


class CheckedInSchema(Schema):
    granted = fields.Boolean()
    reason = fields.String(
        metadata={"description": "The rule's answer, one of the reasons of a door"}
    )
    detail = fields.String()
    remedy = fields.Enum(Remedy, by_value=True, allow_none=True)
    overridden = fields.Boolean()
    again = fields.Boolean(
        metadata={"description": "The person had come in less than a minute ago: the same visit"}
    )


class CheckInFormSchema(CheckInSchema):
    """`open`: the door is opened too."""

    open = fields.Boolean(load_default=False)


class DeviceFormSchema(DeskReasonSchema):
    kid = fields.String(required=True, validate=validate.Regexp(r"([0-9a-f]{2}){1,32}\Z"))


class SuspensionFormSchema(DeskReasonSchema):
    last_day = fields.Date(load_default=None, validate=DAY_RANGE)


class LiftingFormSchema(DeskReasonSchema):
    suspension = fields.UUID(required=True)
