"""Refusals of taking a visit off a pass by hand, and of giving one back."""

from typing import Final

from zone.core.errors import declare

VISITS_NOT_COUNTED: Final = declare(
    "visits_not_counted",
    409,
    "The visits of this pass are not counted, so none can be taken or given back.",
)
NO_VISIT_LEFT: Final = declare(
    "no_visit_left",
    409,
    "This pass has no visit left. Sell the person a new one.",
)
VISIT_JUST_TAKEN: Final = declare(
    "visit_just_taken",
    409,
    "A visit was taken off this pass at the same moment. Look at what is left, and then try again.",
    constraints=("uq_pass_visit_pass_id_number", "uq_pass_visit_pass_id_occurred_at"),
)
VISIT_GIVEN_BACK: Final = declare(
    "visit_given_back",
    409,
    "This visit has been given back already, perhaps by a colleague. Look at what is left.",
    constraints=("uq_pass_visit_return_visit_id",),
    fields=("number",),
)
