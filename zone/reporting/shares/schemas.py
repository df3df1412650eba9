"""JSON and forms of cost shares."""

from datetime import date
from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.core.i18n import translatable
from zone.core.money import cents_typed
from zone.reporting.shares import rules
from zone.reporting.shares.queries import CostReport
from zone.reporting.shares.rules import CostShare, DatedWeights, Weights
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_CENTS: Final = 99_999_999
_AMOUNT: Final = translatable("Give an amount in euros, for example 45,00.")
_WHOLE: Final = translatable("Give three percentages that make 100 together.")
_MONTHS: Final = translatable("Give a first and a last month, at most twelve.")
_month: Final = validate.Regexp(rf"{rules.MONTH.pattern}\Z")


def _cents(euros: str) -> int:
    cents = cents_typed(euros)
    if not cents:
        raise ValidationError(_AMOUNT)
    return cents


def _basis_points(percent: str) -> int:
    """Return the basis points of a percentage as people type it, which has two decimals at most."""
    points = cents_typed(percent.strip().removesuffix("%"))
    if points is None or points > rules.WHOLE_BP:
        raise ValidationError(_WHOLE)
    return points


class PeriodSchema(Schema):
    """Months, both included."""

    first_month = fields.String(required=True, validate=_month, example="2026-01")
    last_month = fields.String(required=True, validate=_month, example="2026-06")

    @post_load
    def check_months(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Refuse months in the wrong order, and more than a year."""
        first, last = rules.month_of(data["first_month"]), rules.month_of(data["last_month"])
        if not 1 <= sum(1 for _month in rules.months_of(first, last)) <= rules.MOST_MONTHS:
            raise ValidationError(_MONTHS, "last_month")
        return data | {"first_month": first, "last_month": last}


class CostSchema(Schema):
    cents = fields.Integer(required=True, validate=validate.Range(1, MOST_CENTS), example=7_000_000)


class NewPeriodSchema(PeriodSchema):
    """Months whose cost is shared, and the cost."""

    cents = fields.Integer(required=True, validate=validate.Range(1, MOST_CENTS), example=7_000_000)


class NewPeriodFormSchema(PeriodSchema):
    """The form of a period: its cost as it is typed."""

    euros = fields.String(required=True, validate=_cents, example="70000,00")


class CostFormSchema(Schema):
    euros = fields.String(required=True, validate=_cents, example="70000,00")


class FixFormSchema(Schema):
    """The button that fixes a report."""


class WeightsSchema(Schema):
    """Basis points that make 10,000."""

    visits_bp = fields.Integer(required=True, validate=validate.Range(0, 10_000), example=6000)
    sales_bp = fields.Integer(required=True, validate=validate.Range(0, 10_000), example=3000)
    holders_bp = fields.Integer(required=True, validate=validate.Range(0, 10_000), example=1000)


class NewWeightsSchema(WeightsSchema):
    """Weights from a day on."""

    valid_from = fields.Date(required=True, example="2026-01-01")

    @post_load
    def check_whole(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Refuse weights that do not make the whole."""
        points = data["visits_bp"], data["sales_bp"], data["holders_bp"]
        return _whole(data["valid_from"], Weights(*points), "holders_bp")


class WeightsFormSchema(Schema):
    """The form of weights: percentages as they are typed."""

    valid_from = fields.Date(required=True)
    visits = fields.String(required=True, validate=_basis_points, example="60")
    sales = fields.String(required=True, validate=_basis_points, example="30")
    holders = fields.String(required=True, validate=_basis_points, example="10")

    @post_load
    def check_whole(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Refuse percentages that do not make 100."""
        points = [_basis_points(data[name]) for name in ("visits", "sales", "holders")]
        return _whole(data["valid_from"], Weights(*points), "holders")


def _whole(valid_from: date, weights: Weights, last_field: str) -> dict[str, Any]:
    if not weights.is_whole:
        raise ValidationError(_WHOLE, last_field)
    return {"valid_from": valid_from, "weights": weights}


class DatedWeightsSchema(WeightsSchema):
    """Weights and the day from which they hold."""

    valid_from = fields.Date()


class WeightsListSchema(ListSchema):
    """The rows of the weights, in the order in which they were recorded."""

    weights = fields.List(Nested(DatedWeightsSchema))


class CostShareSchema(Schema):
    """The share of an institution. The counts are null where they are of fewer than five people."""

    institution = fields.String(
        metadata={"description": "Its code; empty: all that are not told of alone"}
    )
    cents = fields.Integer()
    visits = fields.Integer(allow_none=True)
    sales_cents = fields.Integer(allow_none=True)
    holders = fields.Integer(allow_none=True)


class SharesReceiptSchema(Schema):
    """When a report was fixed, and of which rows it was counted."""

    fixed_at = fields.AwareDateTime()
    definition = fields.String(example=rules.DEFINITION)
    visit_rows = fields.Integer()
    sale_rows = fields.Integer()
    pass_rows = fields.Integer()
    digest = fields.String(metadata={"description": "SHA-256 of the rows"})


class CostReportSchema(Schema):
    """The cost of a period and its shares; none while its state is `waiting`."""

    first_month = fields.String(example="2026-01")
    last_month = fields.String(example="2026-06")
    as_of = fields.AwareDateTime()
    state = fields.String(validate=validate.OneOf(("waiting", "counted", "fixed")))
    cents = fields.Integer()
    weights = Nested(WeightsSchema)
    shares = fields.List(Nested(CostShareSchema))
    receipt = Nested(SharesReceiptSchema, allow_none=True)


class CostReportsSchema(ListSchema):
    """Every period, the newest first, without its shares."""

    reports = fields.List(Nested(CostReportSchema))


def report_json(report: CostReport) -> dict[str, Any]:
    """Return a report in the shape of CostReportSchema."""
    return {
        "first_month": rules.written(report.first_month),
        "last_month": rules.written(report.last_month),
        "as_of": report.as_of,
        "state": report.state,
        "cents": report.cents,
        "weights": report.weights,
        "shares": [_share_json(one) for one in report.shares],
        "receipt": report.receipt,
    }


def _share_json(one: CostShare) -> dict[str, Any]:
    counts = one.counts
    return {
        "institution": one.code,
        "cents": one.cents,
        "visits": counts.visits if counts else None,
        "sales_cents": counts.sales_cents if counts else None,
        "holders": counts.holders if counts else None,
    }


def weights_json(row: DatedWeights) -> dict[str, Any]:
    """Return a row of the weights in the shape of DatedWeightsSchema."""
    one = row.weights
    return {
        "valid_from": row.valid_from,
        "visits_bp": one.visits_bp,
        "sales_bp": one.sales_bp,
        "holders_bp": one.holders_bp,
    }
