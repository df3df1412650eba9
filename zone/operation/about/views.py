"""What the privacy page says, made from what the features declare about people. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from zone.core.personal_data import PersonalData

SUBJECT_OF: Final[Mapping[str, str]] = {
    "member": "account",
    "affiliation": "account",
    "eligibility_proof": "account",
    "proof_withdrawal": "account",
    "name_trigram": "account",
    "email_change": "sign_in",
    "sign_in_code": "sign_in",
    "sign_in_session": "sign_in",
    "staff_password": "sign_in",
    "api_token": "sign_in",
    "credential": "passes",
    "pass": "passes",
    "pass_event": "passes",
    "pass_visit": "passes",
    "pass_visit_return": "passes",
    "pass_origin": "passes",
    "refund_line": "purchases",
    "taken_over_pass": "passes",
    "taken_over_card": "passes",
    "pass_rule": "staff",
    "sale_terms": "staff",
    "bookkeeping_rule": "staff",
    "bulk_extension": "staff",
    "phone_replacement": "passes",
    "roster_mark": "passes",
    "basket_line": "purchases",
    "basket_voucher": "purchases",
    "orders": "purchases",
    "payment": "purchases",
    "receipt": "purchases",
    "receipt_line": "purchases",
    "refund": "purchases",
    "refund_request": "purchases",
    "refund_decision": "staff",
    "booking": "bookings",
    "queue_entry": "bookings",
    "lottery_entry": "bookings",
    "lottery": "staff",
    "lottery_end": "staff",
    "calendar_feed": "bookings",
    "attendance_mark": "bookings",
    "attendance_mark_event": "staff",
    "booking_ban": "bookings",
    "booking_ban_event": "staff",
    "suspension": "bookings",
    "entry": "doors",
    "used_code": "doors",
    "visit": "doors",
    "sighting": "doors",
    "head_count": "staff",
    "attendance": "doors",
    "survey_participation": "surveys",
    "accessibility_feedback": "feedback",
    "outbox": "mail",
    "push_subscription": "mail",
    "push_message": "mail",
    "audit": "staff",
    "kept_answer": "sign_in",
    "bridge_alarm": "staff",
    "class_session": "staff",
    "reservation": "staff",
    "allocation_event": "staff",
    "session_rule": "staff",
    "door_conflict": "staff",
    "door_order": "staff",
    "door_shutdown": "staff",
    "difference_note": "staff",
    "difference_fix": "staff",
    "difference_fix_request": "staff",
    "difference_fix_decision": "staff",
    "invoice_payment": "staff",
    "settlement_row": "staff",
    "invoice_mail": "staff",
    "payer": "staff",
    "seller_account": "staff",
    "share_weights": "staff",
    "cost_period": "staff",
    "period_cost": "staff",
    "fixed_shares": "staff",
    "handled_denial": "staff",
    "voucher": "staff",
    "provider_switch": "staff",
    "provider_trial": "staff",
    "role_grant": "staff",
    "service_profile": "staff",
    "survey_draft": "staff",
    "account_rule": "staff",
    "till": "staff",
    "till_day": "staff",
    "cash_movement": "staff",
    "till_close": "staff",
}
"""Table → the subject under which people read about it."""

SUBJECTS: Final = tuple(dict.fromkeys(SUBJECT_OF.values()))
ACCOUNTING: Final = "accounting: 6 years after the accounting year"
WITH_ACCOUNT: Final = "account"
"""The period of what has none of its own: as long as the account."""


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject of personal data, with the periods for which its tables name people."""

    name: str
    periods: tuple[str, ...]


def subjects(declared: Iterable[PersonalData]) -> list[SubjectView]:
    """Return every subject with its periods, as the features declare them.

    Raises:
        KeyError: a table has no subject.
    """
    periods: dict[str, dict[str, None]] = {name: {} for name in SUBJECTS}
    for data in declared:
        periods[SUBJECT_OF[data.table]][period_of(data)] = None
    return [SubjectView(name, tuple(found)) for name, found in periods.items() if found]


def period_of(data: PersonalData) -> str:
    """Return how long a table names its people: as declared, by accounting, or with the account."""
    if data.retention:
        return data.retention.kept
    return WITH_ACCOUNT
