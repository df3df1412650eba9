"""Every mail with values such as it has in use."""

from typing import Any, Final

from zone.core.mail.templates import MailText, render
from zone.core.service_profile.rules import DEFAULT_ACCENT, DEFAULT_ACCENT_DARK

WHAT: Final = {
    "name": "Yoga for the back",
    "when": "Tue 1 Dec 17.30",
    "where": "Metropolia Myllypuro, Studio",
    "other_times": "/classes",
}
PLACE: Final = WHAT | {"cancel_until": "Tue 1 Dec 15.30"}
CANCELLED: Final = WHAT | {"reason": "The instructor is ill"}
MISSED: Final = (
    WHAT
    | {"marks": 2, "limit": 3, "days": 14, "until": "Tue 15 Dec 17.30"}
    | {"evidence": ["Places that could be booked: 14. Booked: 14.", "Nobody waited for a place."]}
)
DECIDED: Final = WHAT | {"reason": "The class was full.", "until": "Tue 15 Dec 17.30"}
ROLE: Final = {
    "name": "Aino Virtanen",
    "person": "Matti Meikäläinen (matti@zone.example)",
    "role": "desk",
    "by": "Liisa Laine",
    "reason": "Summer help",
}
RECEIPT: Final = {
    "number": "2026-1204",
    "day": "1 Dec 2026",
    "seller": "Campus sports ry\nKampuskatu 1, 00900 Helsinki\n1234567-8",
    "lines": [("Pass for the term", "45,00 €"), ("incl. VAT 13,5 %", "5,35 €")],
    "names": "Pass for the term",
    "total": "45,00 €",
    "has_pass": True,
    "way": "The money goes back to the card or account that it was paid from.",
    "reason": "The order was already paid, so the second payment is given back.",
}
OUTAGE: Final = {
    "title": "The lock's relay does not answer",
    "keeps_out": "everybody",
    "steps": ["Open the door once to try it.", "Check the power of the board."],
    "campus": "Metropolia Myllypuro",
    "bridge": "Myllypuro 1",
    "doors": "Gym: Gym door, Hall: Hall door",
    "since": WHAT["when"],
    "until": "",
}
SAMPLES: Final[dict[str, dict[str, Any]]] = {
    "access/door_out": WHAT
    | {
        "sentence": "The door does not work now: Gym door. Use another one: Back door.",
        "lockdown": False,
        "phone": "+358 9 123 4567",
    },
    "access/outage_began": OUTAGE,
    "access/outage_over": OUTAGE | {"until": "Tue 1 Dec 18.10"},
    "booking/appeal_turned_down": DECIDED,
    "booking/ban_ended": {},
    "booking/booked": PLACE,
    "booking/booking_cancelled": CANCELLED,
    "booking/first_right": CANCELLED
    | {
        "old_when": "Mon 30 Nov 17.30",
        "until": "Tue 1 Dec 18.10",
        "offer_path": "/queue/x/offer/y",
    },
    "booking/given_up": WHAT,
    "booking/given_up_late": WHAT,
    "booking/late_cancellation": MISSED,
    "booking/late_cancellation_paused": MISSED,
    "booking/mark_lifted": DECIDED,
    "booking/no_show": MISSED,
    "booking/no_show_paused": MISSED,
    "booking/queue_expired": WHAT,
    "booking/queue_moved": CANCELLED | {"old_when": "Mon 30 Nov 17.30"},
    "booking/queue_promoted": PLACE,
    "booking/queue_offer": WHAT | {"until": "Tue 1 Dec 18.10", "offer_path": "/queue/x/offer/y"},
    "booking/queue_offer_ended": WHAT,
    "booking/queue_passed_over": CANCELLED,
    "booking/queue_removed": CANCELLED,
    "booking/reminder": PLACE,
    "booking/reminder_late": PLACE,
    "booking/right_ended": CANCELLED,
    "booking/session_cancelled": CANCELLED,
    "booking/session_changed": CANCELLED | {"give_up_path": "/bookings/x/give-up/y"},
    "booking/session_moved": CANCELLED
    | {
        "new_name": "Yoga flow",
        "new_when": "Wed 2 Dec 18.30",
        "new_where": "Myyrmäki, Hall 2",
        "new_path": "/classes/c0ffee",
    },
    "booking/session_not_held": CANCELLED,
    "booking/session_reinstated": CANCELLED | {"class_path": "/classes/c0ffee"},
    "desk/phone_replaced": {"name": "Aino Virtanen"},
    "feedback/accessibility_answer": {"day": WHAT["when"], "answer": "Thank you.\n\nIt is mended."},
    "feedback/accessibility_received": {"day": "Tue 15 Dec"},
    "members/email_change_code": {"code": "204816", "minutes": 10},
    "members/email_changed": {"name": "Aino Virtanen"},
    "members/password_changed": {"name": "Aino Virtanen"},
    "members/role_given": ROLE,
    "members/role_of_other_given": ROLE,
    "members/role_of_other_taken": ROLE,
    "members/role_taken": ROLE,
    "members/sign_in_code": {"code": "204816", "minutes": 10},
    "passes/pass_ends": {"product": "Pass for the term", "day": "Tue 15 Dec"},
    "passes/receipt": RECEIPT,
    "passes/refund": RECEIPT,
    "passes/refund_refused": {
        "total": "45,00 €",
        "order": "0f1e2d3c-4b5a-4678-8796-a5b4c3d2e1f0",
    },
    "passes/returned": RECEIPT,
}
IN_LINES: Final = frozenset({"seller", "names", "answer"})
"""Values that may have several lines."""


def a_mail(template: str, language: str = "en", **values: Any) -> MailText:
    """Return a mail with its sample's values, some of them given."""
    mark = {"service": "Zone", "accent": DEFAULT_ACCENT, "accent_dark": DEFAULT_ACCENT_DARK}
    return render(template, language, mark | SAMPLES[template] | values)
