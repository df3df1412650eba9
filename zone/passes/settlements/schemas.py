"""JSON of settlements of payment providers."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.passes.settlements.settlement_file import MOST_BYTES
from zone.web import fields
from zone.web.schemas import ListSchema


class SettlementFileSchema(Schema):
    content = fields.Verbatim(
        required=True,
        validate=validate.Length(1, MOST_BYTES),
        metadata={"description": "The CSV file of the provider, as text"},
        example="automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,"
        "currency,gross,fee,payment_metadata[reference]\npo_1,2026-12-01,txn_1,eur,45.00,0.93,r",
    )
    good_only = fields.Boolean(
        load_default=False,
        metadata={"description": "Store the good rows although others are wrong"},
    )
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Only say what it would do"}
    )


class SettlementFaultSchema(Schema):
    line = fields.Integer(example=7)
    code = fields.String(example="row_day")
    detail = fields.String(example="The day of the payout is none: 31.12.")


class SettlementResultSchema(Schema):
    stored = fields.Integer(example=120)
    known = fields.Integer(metadata={"description": "Stored before, and left alone"}, example=0)
    unmatched = fields.Integer(
        metadata={"description": "New rows whose payment is not here"}, example=0
    )
    gross_cents = fields.Integer(metadata={"description": "Of the new rows"}, example=540000)
    fee_cents = fields.Integer(metadata={"description": "Of the new rows"}, example=11160)
    faults = fields.List(Nested(SettlementFaultSchema))


class SettlementDifferenceSchema(Schema):
    kind = fields.String(
        metadata={"description": "unknown_here, other_sum or twice"}, example="other_sum"
    )
    reference = fields.String(example="4f7d2c")
    there = fields.Integer(metadata={"description": "What the provider paid out"}, example=4400)
    here = fields.Integer(allow_none=True, example=4500)
    order_id = fields.UUID(allow_none=True)


class PayoutSchema(Schema):
    provider = fields.String(example="stripe")
    payout = fields.String(example="po_1")
    paid_on = fields.Date()
    rows = fields.Integer(example=120)
    gross_cents = fields.Integer(example=540000)
    fee_cents = fields.Integer(example=11160)
    net_cents = fields.Integer(metadata={"description": "What came to the bank"}, example=528840)
    differences = fields.List(Nested(SettlementDifferenceSchema))


class MissingPaymentSchema(Schema):
    provider = fields.String(example="stripe")
    reference = fields.String(example="4f7d2c")
    cents = fields.Integer(example=4500)
    paid_at = fields.AwareDateTime()
    order_id = fields.UUID()


class SettlementsSchema(ListSchema):
    payouts = fields.List(Nested(PayoutSchema))
    not_paid_out = fields.List(
        Nested(MissingPaymentSchema),
        metadata={"description": "Paid here more than two weeks ago, and in no payout"},
    )
