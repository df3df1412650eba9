"""The JSON and the forms by which public holidays are planned."""

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.booking.closures.schemas import HitsSchema
from zone.booking.holiday_plans.rules import PLANS, choice_of, plan_of
from zone.core.errors import DomainError
from zone.core.i18n import translatable
from zone.places.holidays.schemas import CampusPlanSchema
from zone.places.opening_hours.schemas import CLOCK, LONGEST_REASON, ReasonsSchema
from zone.web.fields import Boolean, Date, List, String, Time

CHOOSE_PLAN: Final = translatable("Choose a plan for one holiday or more.")


class HolidayPlanSchema(Schema):
    """`closed`, `normal` for the ordinary hours, or `hours` with both times.

    Without a reason it is the name of the holiday.
    """

    plan = String(required=True, validate=validate.OneOf(PLANS), example="hours")
    opens = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=CLOCK, example="10:00"
    )
    closes = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=CLOCK, example="15:00"
    )
    reason = String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, LONGEST_REASON),
        example="Christmas Eve",
    )
    reasons = Nested(ReasonsSchema)


class HolidayPlanRequest(HolidayPlanSchema):
    """`cancel`: call off what falls outside and tell who booked. `replace`: other hours that the
    day has already. `preview`: change nothing, and tell what it would affect.
    """

    cancel = Boolean(load_default=False)
    replace = Boolean(load_default=False)
    preview = Boolean(load_default=False)


class HolidayPlannedSchema(CampusPlanSchema, HitsSchema):
    """How the campus plans the holiday now, and what stands or would stand outside of its hours."""

    day = Date(example="2026-12-24")
    cancelled = Boolean()


class HolidayPlanForm(HolidayPlanSchema):
    """The form of a plan, with the answer to what happens to sessions outside the hours."""

    campuses = List(String(validate=validate.Length(1, 60)), required=True)
    confirm = String(load_default=None, validate=validate.OneOf(["keep", "cancel"]))


class HolidaysForm(Schema):
    """The part of `holidays_form` that all days share. `days`: the holidays in it."""

    days: ClassVar[Sequence[date]] = ()

    confirm = String(load_default=None, validate=validate.OneOf(["keep", "cancel"]))

    @validates_schema(skip_on_field_errors=True)
    def _check_plans(self, data: dict[str, Any], **_: Any) -> None:
        """Find out at which holidays the times do not fit the plan."""
        wrong: dict[str, list[str]] = {}
        for day in self.days:
            choice = choice_of(day, data)
            if not choice["plan"]:
                # Times without a plan were meant for other hours.
                if choice["opens"] or choice["closes"]:
                    wrong[f"plan-{day}"] = [CHOOSE_PLAN]
                continue
            try:
                plan_of(day, choice)
            except DomainError as refusal:
                wrong[f"opens-{day}"] = [reason.english for reason in refusal.reasons]
        if not wrong and not any(data[f"plan-{day}"] for day in self.days):
            wrong = {f"plan-{day}": [CHOOSE_PLAN] for day in self.days[:1]}
        if wrong:
            raise ValidationError(wrong)


def holidays_form(days: Sequence[date]) -> Schema:
    """Return the form that plans several holidays, each or not; at least one.

    Its fields end in the day, as `plan-2026-12-24`.
    """
    fields: dict[str, Any] = {}
    for day in days:
        fields[f"plan-{day}"] = String(load_default=None, validate=validate.OneOf(PLANS))
        for part in ("opens", "closes"):
            fields[f"{part}-{day}"] = Time(format="%H:%M", load_default=None, validate=CLOCK)
    form: Any = HolidaysForm.from_dict(fields)
    form.days = days
    return form()  # type: ignore[no-any-return]
