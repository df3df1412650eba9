"""The JSON of the desk. Every reason and every word that is typed is bounded; unknown fields are refused."""

from typing import Any, Final

from marshmallow import Schema, fields, post_load, validate

from zone.core.time import EARLIEST, LATEST
from zone.desk.rules import Remedy
from zone.http.schemas import ListSchema
from zone.passes.counter import METHODS
from zone.passes.schemas import HeldPassSchema

_REASON: Final = (validate.Length(1, 500), validate.Regexp(r".*\S", error="Say why."))
_DAY: Final = validate.Range(EARLIEST.date(), LATEST.date())


class SearchSchema(Schema):
    words = fields.String(
        required=True,
        validate=validate.Length(1, 254),
        metadata={"description": "A part of the name or of the address, a receipt's number, or a scanned printed code"},
    )


class FoundPersonSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    email = fields.String()
    eligible_until = fields.Date(allow_none=True, metadata={"description": "The last day, included; null: not proven"})
    pass_until = fields.AwareDateTime(allow_none=True, metadata={"description": "Not included; null: no pass"})


class FoundPeopleSchema(ListSchema):
    people = fields.List(fields.Nested(FoundPersonSchema))
    hint = fields.String(allow_none=True, metadata={"description": "What to do where nobody was found"})


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


class DeskEntrySchema(Schema):
    id = fields.UUID()
    at = fields.AwareDateTime()
    campus = fields.String()
    area = fields.String()
    door = fields.UUID()
    door_name = fields.String()
    granted = fields.Boolean()
    reason = fields.String(allow_none=True)
    detail = fields.String(metadata={"description": "What the door said, in the reader's language"})
    remedy = fields.Enum(Remedy, by_value=True, allow_none=True, metadata={"description": "What solves a refusal"})
    person = fields.UUID(allow_none=True, metadata={"description": "Named only where they were refused"})
    name = fields.String(allow_none=True)


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
    marks = fields.Nested(MarksSchema)
    devices = fields.List(fields.Nested(DeskDeviceSchema))
    suspensions = fields.List(fields.Nested(DeskSuspensionSchema))
    entries = fields.List(fields.Nested(DeskEntrySchema))
    check_ins = fields.List(fields.Nested(DeskCheckInRowSchema))
    looked = fields.List(fields.Nested(LookedSchema))


class DeskReasonSchema(Schema):
    reason = fields.String(required=True, validate=_REASON)


class SeenProofSchema(Schema):
    affiliation = fields.UUID(required=True)
    source = fields.String(
        required=True, validate=validate.Length(1, 200), metadata={"description": "For example: term sticker"}
    )
    valid_from = fields.Date(required=True, validate=_DAY)
    valid_until = fields.Date(required=True, validate=_DAY)


class WithdrawnProofSchema(DeskReasonSchema):
    affiliation = fields.UUID(required=True)


class CounterSaleSchema(Schema):
    product = fields.String(required=True, validate=validate.Length(1, 64))
    method = fields.String(required=True, validate=validate.OneOf(METHODS))
    cents = fields.Integer(
        required=True, validate=validate.Range(0, 10_000_000),
        metadata={"description": "The price that was shown; another one now is a 409"},
    )  # fmt: skip
    starts_on = fields.Date(required=True, validate=_DAY, metadata={"description": "The first day that was shown"})


class ReplacedPhoneSchema(Schema):
    devices = fields.Integer(metadata={"description": "How many keys were revoked"})


class CheckInSchema(Schema):
    door = fields.UUID(required=True)
    override = fields.String(
        load_default=None, allow_none=True, validate=_REASON,
        metadata={"description": "Why the person is let in against the rule; managers only"},
    )  # fmt: skip


class CheckedInSchema(Schema):
    granted = fields.Boolean()
    reason = fields.String(metadata={"description": "The rule's answer, one of the reasons of a door"})
    detail = fields.String()
    remedy = fields.Enum(Remedy, by_value=True, allow_none=True)
    overridden = fields.Boolean()
    again = fields.Boolean(metadata={"description": "The person had come in less than a minute ago: the same visit"})


class OpenOnceSchema(DeskReasonSchema):
    door = fields.UUID(required=True)


class CheckInFormSchema(CheckInSchema):
    """`open`: the door is opened too."""

    open = fields.Boolean(load_default=False)


class SaleFormSchema(Schema):
    """`offer` is what was chosen on the screen: product, cents and first day, as they were shown."""

    offer = fields.String(required=True, validate=validate.Regexp(r"[\w-]{1,64}:\d{1,8}:\d{4}-\d\d-\d\d\Z"))
    method = fields.String(required=True, validate=validate.OneOf(METHODS))

    @post_load
    def apart(self, given: dict[str, str], **_: Any) -> dict[str, Any]:
        """The three parts, each judged as in the API."""
        product, cents, starts_on = given["offer"].split(":")
        parts = {"product": product, "cents": cents, "starts_on": starts_on, "method": given["method"]}
        sale: dict[str, Any] = CounterSaleSchema().load(parts)
        return sale


class DeviceFormSchema(DeskReasonSchema):
    kid = fields.String(required=True, validate=validate.Regexp(r"([0-9a-f]{2}){1,32}\Z"))


class SuspensionFormSchema(DeskReasonSchema):
    last_day = fields.Date(load_default=None, validate=_DAY)


class LiftingFormSchema(DeskReasonSchema):
    suspension = fields.UUID(required=True)


class SilentBridgeSchema(Schema):
    id = fields.UUID()
    name = fields.String()
    campus = fields.String()
    since = fields.AwareDateTime(allow_none=True, metadata={"description": "Last heard; null: never"})


class LiveDoorsSchema(Schema):
    waiting = fields.List(fields.Nested(DeskEntrySchema), metadata={"description": "Refusals not dealt with yet"})
    newest = fields.List(fields.Nested(DeskEntrySchema))
    silent = fields.List(fields.Nested(SilentBridgeSchema), metadata={"description": "Bridges that are not heard"})
