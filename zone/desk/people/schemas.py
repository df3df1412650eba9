"""The JSON and the forms of a person's record."""

from typing import Any

from marshmallow import Schema, validate, validates_schema
from marshmallow.fields import Nested

from zone.desk.live_doors.rules import Remedy
from zone.desk.live_doors.schemas import DAY_RANGE, REASON_RULES, DeskEntrySchema, DeskReasonSchema
from zone.passes.orders.schemas import ReturnedPaymentSchema
from zone.passes.passes.schemas import HeldPassSchema
from zone.web import fields
from zone.web.schemas import ListSchema


class DeskClaimSchema(Schema):
    id = fields.UUID(attribute="public_id")
    institution = fields.String(attribute="institution_code", example="metropolia")
    role = fields.String(example="student")
    admitted = fields.Boolean()
    proven_until = fields.Date(allow_none=True)


class DeskProofSchema(Schema):
    affiliation = fields.UUID()
    source = fields.String(example="term sticker")
    valid_from = fields.Date()
    valid_until = fields.Date(example="2026-12-31")
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String(allow_none=True)
    withdrawn = fields.Boolean()


class DeskProofsSchema(ListSchema):
    proofs = fields.List(Nested(DeskProofSchema))


class DeskBookingSchema(Schema):
    id = fields.UUID()
    state = fields.String(example="open")
    excused = fields.Boolean(metadata={"description": "A no-show that does not count"})
    name = fields.Dict(keys=fields.String(), values=fields.String(), attribute="session.name")
    starts_at = fields.AwareDateTime(
        attribute="session.starts_at", example="2026-09-22T14:30:00+00:00"
    )
    ends_at = fields.AwareDateTime(attribute="session.ends_at", example="2026-09-22T15:25:00+00:00")
    campus = fields.String(attribute="session.campus", allow_none=True, example="myllypuro")


class DeskDeviceSchema(Schema):
    kid = fields.String(example="6b1f0c9de2a47358")
    label = fields.String(example="Phone")
    created_at = fields.AwareDateTime()


class DeskSuspensionSchema(Schema):
    id = fields.UUID()
    reason = fields.String(example="Lent the pass to others")
    starts_at = fields.AwareDateTime(example="2026-09-22T14:30:00+00:00")
    ends_at = fields.AwareDateTime(allow_none=True, example="2026-09-22T15:25:00+00:00")


class DeskCheckInRowSchema(Schema):
    at = fields.AwareDateTime()
    campus = fields.String(example="myllypuro")
    area = fields.String()


class MarksSchema(Schema):
    missed = fields.List(fields.AwareDateTime())
    limit = fields.Integer(metadata={"description": "So many make a pause"})
    paused_until = fields.AwareDateTime(allow_none=True)


class LookedSchema(Schema):
    at = fields.AwareDateTime()
    name = fields.String(allow_none=True, example="Aino Esimerkki")


class PersonSheetSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Aino Esimerkki")
    email = fields.String(example="aino@example.org")
    language = fields.String(example="fi")
    since = fields.AwareDateTime()
    eligible = fields.Boolean()
    affiliations = fields.List(Nested(DeskClaimSchema))
    proofs = fields.List(Nested(DeskProofSchema))
    passes = fields.List(Nested(HeldPassSchema))
    returned_payments = fields.List(
        Nested(ReturnedPaymentSchema),
        metadata={"description": "Given back without being asked for, such as a second payment"},
    )
    bookings = fields.List(Nested(DeskBookingSchema))
    marks = Nested(MarksSchema, attribute="no_shows")
    devices = fields.List(Nested(DeskDeviceSchema))
    suspensions = fields.List(Nested(DeskSuspensionSchema))
    entries = fields.List(Nested(DeskEntrySchema))
    check_ins = fields.List(Nested(DeskCheckInRowSchema))
    looked = fields.List(Nested(LookedSchema), attribute="access_log")


class SeenProofSchema(Schema):
    affiliation = fields.UUID(required=True)
    source = fields.String(
        required=True,
        validate=validate.Length(1, 200),
        metadata={"description": "For example: term sticker"},
        example="term sticker",
    )
    valid_from = fields.Date(required=True, validate=DAY_RANGE)
    valid_until = fields.Date(required=True, validate=DAY_RANGE, example="2026-12-31")


class WithdrawnProofSchema(DeskReasonSchema):
    affiliation = fields.UUID(required=True)


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
        metadata={"description": "The rule's answer, one of the reasons of a door"},
        example="no_right",
    )
    detail = fields.String(
        example="Your pass does not include this space. See the passes that do in the web shop."
    )
    remedy = fields.Enum(Remedy, by_value=True, allow_none=True)
    overridden = fields.Boolean()
    again = fields.Boolean(
        metadata={"description": "The person had come in less than a minute ago: the same visit"}
    )


class CheckInFormSchema(CheckInSchema):
    """`open`: the door is opened too."""

    open = fields.Boolean(load_default=False)


class DeviceFormSchema(DeskReasonSchema):
    kid = fields.String(
        required=True,
        validate=validate.Regexp(r"([0-9a-f]{2}){1,32}\Z"),
        example="6b1f0c9de2a47358",
    )


class SuspensionFormSchema(DeskReasonSchema):
    last_day = fields.Date(load_default=None, validate=DAY_RANGE)


class BookingFormSchema(DeskReasonSchema):
    """A booking of the person, and why something is done with it."""

    booking = fields.UUID(required=True)


class PresenceFormSchema(Schema):
    """A session that the person has booked."""

    session = fields.UUID(required=True)


class CourtFormSchema(Schema):
    """A court for the person, by the wall clock."""

    space = fields.UUID(required=True)
    day = fields.Date(required=True, validate=DAY_RANGE)
    at = fields.Time(required=True, validate=fields.whole_minute)
    minutes = fields.Integer(required=True, validate=validate.Range(5, 24 * 60))
    companions = fields.Integer(load_default=0, validate=validate.Range(0, 99))

    @validates_schema
    def check_clock(self, data: dict[str, Any], **_: Any) -> None:
        fields.refuse_skipped(at=(data["day"], data["at"]))


class LiftingFormSchema(DeskReasonSchema):
    suspension = fields.UUID(required=True)
